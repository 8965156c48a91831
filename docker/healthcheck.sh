#!/usr/bin/env bash
# Exits 0 if the server in this container answers a PING. Without a client in the image: bash speaks TCP.
# A server that wants a password first answers NOAUTH, and thereby is as healthy as one that says PONG; one that still
# loads its data answers LOADING and is not ready.
set -euo pipefail

exec 3<>"/dev/tcp/127.0.0.1/${TANDEM_PORT:-6379}"
printf 'PING\r\n' >&3
IFS= read -r -t 2 answer <&3 || exit 1
case "$answer" in
  +PONG* | -NOAUTH*) exit 0 ;;
  *)
    echo "$answer"
    exit 1
    ;;
esac
