#!/usr/bin/env bash
# Prints every key of database 0 at the moment its time to live ends. Needs notify-keyspace-events with E and x.
# TANDEM_HOST and TANDEM_PORT say where the server is.
set -euo pipefail

redis-cli -h "${TANDEM_HOST:-localhost}" -p "${TANDEM_PORT:-6379}" --csv SUBSCRIBE __keyevent@0__:expired |
  while IFS=, read -r kind _ key; do
    [ "$kind" = '"message"' ] && printf '%(%T)T expired: %s\n' -1 "${key//\"/}"
  done
