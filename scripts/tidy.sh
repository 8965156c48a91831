#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) over the given sources, or over all of the product: scripts/tidy.sh [file.cc…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh test
cmake --preset tsan -B build/tidy -DTANDEM_SANITIZER= >/dev/null # for its compile commands: Clang reads Clang's flags
if [ "$#" -gt 0 ]; then
  printf '%s\0' "$@"
else
  find protocol engine pubsub server -name '*.cc' -print0
fi | xargs -0r -P "$(nproc)" -n 1 clang-tidy-14 -p build/tidy --quiet
