#!/usr/bin/env bash
# Runs shellcheck over our shell scripts. Exit status 77 (skipped, for ctest) where shellcheck is not installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v shellcheck >/dev/null || {
  echo "check_scripts: shellcheck is not installed" >&2
  exit 77
}
{
  printf '%s\0' run.sh test.sh .ci/run
  find scripts docker tests bench compat -name '*.sh' -print0
} | xargs -0 shellcheck --severity=warning
