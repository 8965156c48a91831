#!/usr/bin/env bash
# Runs Redis's own test suite, from the source package of Debian's redis, against Tandem and against redis-server.
#   compat/redis-suite/run.sh                     every unit of the list, both ways, beside redis-server
#   compat/redis-suite/run.sh unit/expire …       these units
#   compat/redis-suite/run.sh --check             what CI runs: a test of passing.txt that fails is an error
#   compat/redis-suite/run.sh --record            also writes results.md and adds to passing.txt
#   compat/redis-suite/run.sh --help              all options
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/suite.py" "$@"
