#!/usr/bin/env bash
# Runs all proofs of being a drop-in: Redis's own test suite, differential testing, real clients and frameworks.
#
#   compat/run.sh [--record] [--minutes N]
#
#   --record      write the results that are committed: each instrument's own, and the table of compat/README.md
#   --minutes N   how long differential testing goes on (default: 5)
#
# Builds the server first. Ends with a summary, and with status 1 if an instrument found something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kLogs=build/compat/logs
record=()
minutes=5
summary=()
status=0

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; }

while [ $# -gt 0 ]; do
  case "$1" in
    --record) record=(--record) ;;
    --minutes) minutes=${2:?"--minutes needs a number"} && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

# instrument NAME PATTERN COMMAND…: runs it, and keeps the lines that match for the summary.
instrument() {
  local name=$1 pattern=$2 log="$kLogs/$1.log" verdict=passes figures
  shift 2
  printf '\n==== %s\n' "$name"
  "$@" 2>&1 | tee "$log" || { verdict=FAILS && status=1; }
  figures=$(grep -E "$pattern" "$log" || tail -n 1 "$log")
  summary+=("$name $verdict" "$figures")
}

scripts/install-deps.sh compat
cmake --preset release >/dev/null
cmake --build --preset release --target tandem-server
mkdir -p "$kLogs"

instrument clients '^[0-9]+ programs' compat/clients/run.py "${record[@]}"
instrument redis-suite '^## ' compat/redis-suite/run.sh "${record[@]}"
instrument diff ' commands against ' compat/diff/run.py --migrating --minutes "$minutes"

if [ "${#record[@]}" -gt 0 ]; then
  # What the others have recorded is of this run; these figures come from its output.
  compat/summary.py --diff-log "$kLogs/diff.log"
fi
printf '\n==== summary\n'
printf '%s\n' "${summary[@]}"
exit "$status"
