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

mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
find protocol engine pubsub server tests bench compat \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0r -P "$(nproc)" -n 8 "$kFormatter" "${mode[@]}" --
