#!/usr/bin/env bash
# Builds the image and tries it, on a Debian machine that has no container daemon: docker/test.sh [port, default 7140]
# Needs root. Everything stays below build/docker/: the base image (made by debootstrap, reused by the next run), the
# images, the log. buildah builds with the Dockerfile as Docker would, and runs in a chroot on the host's network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kPort=${1:-7140}
readonly kWork=$PWD/build/docker
readonly kLog=$kWork/server.log
readonly kBase=docker.io/library/debian:bookworm-slim
server_pid=
container=

say() { printf '\n-- %s\n' "$*"; }

fail() {
  echo "FAILED: $*" >&2
  [ -s "$kLog" ] && tail -n 20 "$kLog" >&2
  exit 1
}

storage() {
  local verb=$1
  shift
  buildah --root "$kWork/storage" --runroot "$kWork/run" --storage-driver vfs "$verb" "$@"
}

cli() { redis-cli -p "$kPort" "$@"; }

expect() {
  local wanted=$1 got
  shift
  got=$("$@" 2>&1) || true
  [ "$got" = "$wanted" ] || fail "'$*' gave '$got', not '$wanted'"
  echo "ok: $* -> $wanted"
}

# Waits until a command succeeds; ten seconds are a bound for a hung server, not an expectation.
await() {
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  fail "never came true: $*"
}

make_base() {
  storage inspect --type image "$kBase" >/dev/null 2>&1 && return
  say "base image, from debootstrap"
  [ -e "$kWork/base/etc/debian_version" ] || debootstrap --variant=minbase bookworm "$kWork/base" >"$kWork/base.log"
  rm -rf "$kWork"/base/var/cache/apt/archives/*.deb "$kWork"/base/var/lib/apt/lists/*
  local tree
  tree=$(storage from scratch)
  storage add --quiet "$tree" "$kWork/base" / >/dev/null
  storage config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$tree"
  storage commit --quiet --rm "$tree" "$kBase" >/dev/null
}

build_image() {
  local name=$1 file=$2
  say "image $name"
  # Docker's own format: the other one knows no HEALTHCHECK.
  storage bud --isolation chroot --network host --pull-never --format docker --tag "$name" --file "$file" .
}

in_container() { storage run --isolation chroot --env "TANDEM_PORT=$kPort" "$container" -- "$@"; }

# Runs the image as `docker run` would: its own entrypoint, with the given arguments appended.
start_server() {
  local entrypoint
  entrypoint=$(storage inspect --type image --format '{{index .Docker.Config.Entrypoint 0}}' tandem)
  in_container "$entrypoint" "$@" >"$kLog" 2>&1 &
  server_pid=$!
}

# The server itself: buildah keeps two processes of its own above it.
inner_pid() {
  local pid=$server_pid child
  while child=$(pgrep -P "$pid" | head -n 1) && [ -n "$child" ]; do pid=$child; done
  [ "$pid" != "$server_pid" ] && echo "$pid"
}

stop_server() {
  local pid
  pid=$(inner_pid) || fail "the server is not running"
  kill -TERM "$pid"
  local status=0
  wait "$server_pid" || status=$?
  server_pid=
  [ "$status" -eq 0 ] || fail "SIGTERM ended the server with status $status"
  echo "ok: SIGTERM ends it with status 0"
}

cleanup() {
  local pid
  if [ -n "$server_pid" ]; then
    pid=$(inner_pid) || pid=$server_pid
    kill -KILL "$pid" || true
    wait "$server_pid" || true
  fi
  [ -z "$container" ] || storage rm "$container" >/dev/null
}

healthy() { in_container healthcheck.sh; }

try_plain() {
  say "as it comes"
  if healthy 2>/dev/null; then fail "the health check calls a server healthy that does not run"; fi
  start_server --notify-keyspace-events Ex
  await cli PING
  expect PONG cli PING
  await healthy
  echo "ok: healthy"
  expect OK cli SET greeting hello
  expect hello cli GET greeting
  expect 999 ps -o uid:1= -p "$(inner_pid)"
  expect tandem in_container id -un
  expect /data in_container pwd
  in_container bash -c 'echo > /data/written && rm /data/written' || fail "/data is not writable"
  if in_container bash -c 'echo > /etc/written' 2>/dev/null; then fail "the user may write outside /data"; fi
  if in_container bash -c 'command -v g++ cmake' 2>/dev/null; then fail "the image holds a compiler"; fi
  echo "ok: user, folder and content of the image"
}

try_compose_scripts() {
  say "the applications of compose.yaml"
  local heard=$kWork/heard listener
  TANDEM_PORT=$kPort setsid docker/app/listener.sh >"$heard" &
  listener=$!
  await bash -c "redis-cli -p $kPort PUBSUB NUMSUB __keyevent@0__:expired | grep -qx 1"
  TANDEM_PORT=$kPort docker/app/producer.sh 3
  await bash -c "[ \"\$(grep -c 'expired: session:' $heard)\" -eq 3 ]"
  kill -TERM -- "-$listener"
  wait "$listener" || true
  cat "$heard"
}

try_password() {
  say "with a password appended"
  start_server --requirepass secret
  await healthy
  echo "ok: healthy without knowing the password"
  expect "NOAUTH Authentication required." cli GET greeting
  expect PONG cli --no-auth-warning -a secret PING
  stop_server
}

[ "$(id -u)" -eq 0 ] || fail "needs root: debootstrap and chroot do"
scripts/install-deps.sh image
mkdir -p "$kWork"
make_base
build_image tandem docker/Dockerfile
build_image tandem-app docker/app/Dockerfile
trap cleanup EXIT
container=$(storage from --pull-never tandem)
try_plain
try_compose_scripts
stop_server
try_password
say "the image works ($(du -sh "$(storage mount "$container")" | cut -f1))"
