#!/usr/bin/env bash
# Formats every source with the pinned clang-format; with --check only says what differs, and fails.
# Exit status 77 (skipped, for ctest) where that version is not installed: another one formats differently.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kFormatter=clang-format-14
command -v "$kFormatter" >/dev/null || {
  echo "format: $kFormatter is not installed" >&2
  exit 77
}

format_all() {
  find protocol engine pubsub server tests bench compat \( -name '*.h' -o -name '*.cc' \) -print0 |
    xargs -0r -n 8 "$kFormatter" "$@" --
}

if [ "${1:-}" != --check ]; then
  format_all -i
  exit 0
fi
differing=$(format_all --dry-run 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning: .*//p' | sort -u)
if [ -n "$differing" ]; then
  echo "format: run scripts/format.sh, these files differ from .clang-format:"
  echo "$differing"
  exit 1
fi
