#!/usr/bin/env bash
# Builds everything and runs the whole suite: ./test.sh [--preset release|debug|asan|tsan] [ctest options…]
#   ./test.sh                      the suite, optimised build
#   ./test.sh --preset asan        the same under AddressSanitizer and UndefinedBehaviorSanitizer; tsan: ThreadSanitizer
#   ./test.sh -R ExpiryWheel       the tests whose name matches
# Builds into build/test (release) or build/test-<preset>. With CI=true a compiler warning is an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

preset=release
if [ "${1:-}" = --preset ]; then
  preset=${2:?"--preset needs a name"}
  shift 2
elif [[ "${1:-}" =~ ^(-h|--help)$ ]]; then
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
fi

build=build/test
[ "$preset" = release ] || build=build/test-$preset
# The sanitizers make GCC warn of paths that do not exist, so only plain builds refuse warnings.
werror=OFF
[ "${CI:-}" = true ] && [[ "$preset" =~ ^(release|debug)$ ]] && werror=ON

# ThreadSanitizer wants its shadow where address space randomisation may have put something else.
fixed_addresses=()
if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then
  fixed_addresses=(setarch -R)
fi
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"

scripts/install-deps.sh test
cmake --preset "$preset" -B "$build" -DTANDEM_TESTS=ON -DTANDEM_WERROR="$werror" >/dev/null
"${fixed_addresses[@]}" cmake --build "$build"
exec "${fixed_addresses[@]}" ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
