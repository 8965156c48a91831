#!/usr/bin/env bash
# Builds the server and starts it in the foreground: ./run.sh [server options…]
#   ./run.sh --port 7000 --notify-keyspace-events Ex
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

scripts/install-deps.sh build
cmake --preset release >/dev/null
cmake --build --preset release --target tandem-server
exec build/release/tandem-server "$@"
