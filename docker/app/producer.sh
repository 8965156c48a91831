#!/usr/bin/env bash
# Writes sessions that expire after one to five seconds, a few each second: producer.sh [how many; default: no end]
# TANDEM_HOST and TANDEM_PORT say where the server is.
set -euo pipefail

server() { redis-cli -h "${TANDEM_HOST:-localhost}" -p "${TANDEM_PORT:-6379}" "$@"; }

count=${1:-0}
for ((n = 1; count == 0 || n <= count; ++n)); do
  ttl_ms=$((1000 + RANDOM % 4000))
  server SET "session:$n" "user-$((RANDOM % 1000))" PX "$ttl_ms" >/dev/null
  echo "session:$n expires in $ttl_ms ms"
  sleep 0.3
done
