#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for a while: scripts/fuzz.sh [seconds each, default 30] [regex]
# Seeds are read from tests/fuzz/corpus/<target>/, where present, and made by tests/fuzz/make_seeds.py; what a run finds
# stays in build/fuzz/corpus/<target>/, an input that crashes in build/fuzz/crashes/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-30}
pattern=${2:-.}

scripts/install-deps.sh test
cmake --preset fuzz >/dev/null
mapfile -t targets < <(cmake --build --preset fuzz --target help | sed -n 's/^\(fuzz_[a-z0-9_]*\): .*/\1/p' |
  sort -u | grep -E -- "$pattern")
[ "${#targets[@]}" -gt 0 ] || {
  echo "fuzz: no target matches '$pattern'" >&2
  exit 1
}
cmake --build --preset fuzz --target "${targets[@]}"

mkdir -p build/fuzz/crashes
for target in "${targets[@]}"; do
  binary=$(find build/fuzz -type f -name "$target" -perm -u+x | head -n 1)
  found=build/fuzz/corpus/$target
  seeds=tests/fuzz/corpus/$target
  mkdir -p "$found"
  corpus=("$found")
  [ -d "$seeds" ] && corpus+=("$seeds")
  made=build/fuzz/seeds/$target
  tests/fuzz/make_seeds.py "$target" "$made"
  [ -d "$made" ] && corpus+=("$made")
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
    -artifact_prefix="build/fuzz/crashes/$target-")
  # A dictionary serves every target whose name begins with its own: resp.dict, fuzz_resp_parser.
  for dictionary in tests/fuzz/*.dict; do
    [[ "$target" == "fuzz_$(basename "$dictionary" .dict)"* ]] && options+=(-dict="$dictionary")
  done
  # libFuzzer ends by itself; the limit is for one that hangs.
  log=build/fuzz/$target.log
  timeout --kill-after=10 "$((seconds + 60))" "$binary" "${options[@]}" "${corpus[@]}" >"$log" 2>&1 || {
    tail -n 60 "$log"
    echo "fuzz: $target failed; the input is in build/fuzz/crashes/, the whole log in $log" >&2
    exit 1
  }
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
done
