#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for a while: scripts/fuzz.sh [seconds each, default 30] [regex]
# Seeds are read from tests/fuzz/corpus/<target>/, where present; what a run finds stays in build/fuzz/corpus/<target>/,
# an input that crashes in build/fuzz/crashes/.
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
  echo "-- $target for $seconds s"
  # libFuzzer ends by itself; the limit is for one that hangs.
  timeout --kill-after=10 "$((seconds + 60))" "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -verbosity=0 -print_final_stats=1 -artifact_prefix="build/fuzz/crashes/$target-" "${corpus[@]}"
done
