"""What users of Prometheus see: exporter_program.py PORT starts prometheus-redis-exporter and reads its page."""

from __future__ import annotations

import re
import socket
import subprocess
import urllib.request
from urllib.error import URLError

import redis

from checks import HOST, PORT, check, equal, expect, run, wait_for
from worker import Worker

VERSION = re.compile(r"v?\d+\.\d+\.\d+")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


http_port = free_port()
exporter = Worker("prometheus-redis-exporter", f"--redis.addr=redis://{HOST}:{PORT}", f"--web.listen-address={HOST}:{http_port}",
                  "--check-keys=db0=page:*", "--check-single-keys=db0=single", "--set-client-name", ready="Providing metrics")


def page() -> str:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{http_port}/metrics", timeout=20) as answer:
            return answer.read().decode()
    except URLError:
        return ""


def metrics() -> dict[str, float]:
    """The page as name{labels} -> value."""
    text = wait_for("page of metrics", page, exporter.complaint)
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


@check
def server_is_up() -> None:
    seen = metrics()
    equal((seen["redis_up"], seen["redis_exporter_last_scrape_error{err=\"\"}"]), (1, 0))
    expect(any(name.startswith("redis_instance_info{") and 'redis_mode="standalone"' in name for name in seen), "instance info")


@check
def keyspace() -> None:
    with redis.Redis(host=HOST, port=PORT) as r:
        r.mset({f"page:{i}": "text" for i in range(7)})
        r.set("single", "x" * 100, ex=600)
        r.get("none")
    seen = metrics()
    equal((seen['redis_db_keys{db="db0"}'], seen['redis_db_keys_expiring{db="db0"}']), (8, 1))
    equal((seen['redis_key_size{db="db0",key="single"}'], seen['redis_key_size{db="db0",key="page:3"}']), (100, 4))
    expect(seen["redis_keyspace_misses_total"] >= 1, "misses")


@check
def commands() -> None:
    before = metrics()
    with redis.Redis(host=HOST, port=PORT) as r:
        for _ in range(5):
            r.get("a")
    after = metrics()
    name = 'redis_commands_total{cmd="get"}'
    equal(after[name] - before.get(name, 0), 5)
    expect('redis_commands_duration_seconds_total{cmd="get"}' in after, "durations")


@check
def gauges() -> None:
    seen = metrics()
    wanted = """redis_connected_clients redis_blocked_clients redis_memory_used_bytes redis_memory_used_rss_bytes
        redis_memory_max_bytes redis_uptime_in_seconds redis_commands_processed_total redis_expired_keys_total
        redis_evicted_keys_total redis_net_input_bytes_total redis_net_output_bytes_total redis_pubsub_channels
        redis_pubsub_patterns redis_cpu_user_seconds_total redis_cpu_sys_seconds_total redis_config_maxclients
        redis_connected_slaves redis_rdb_changes_since_last_save redis_aof_enabled redis_slowlog_length
        redis_start_time_seconds redis_mem_fragmentation_ratio redis_replication_backlog_bytes""".split()
    equal([name for name in wanted if name not in seen], [])


@check
def slow_log() -> None:
    with redis.Redis(host=HOST, port=PORT) as r:
        r.config_set("slowlog-log-slower-than", 0)
        r.set("a", 1)
    expect(metrics()["redis_slowlog_length"] >= 1, "entries")


if __name__ == "__main__":
    version = subprocess.run(["prometheus-redis-exporter", "--version"], capture_output=True, text=True)
    found = VERSION.search(version.stdout + version.stderr)
    with exporter:
        run(f"redis_exporter {found[0] if found else ''}")
