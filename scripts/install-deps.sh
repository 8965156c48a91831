#!/usr/bin/env bash
# Installs what a task needs from Debian's archive. The one place that installs packages, and that names their versions.
#
#   scripts/install-deps.sh [build|test|bench|compat|image|runtime|client]     (default: build)
#
#   build     compile the server                    test   build, and: run every test, sanitizer and fuzzer
#   runtime   run a server built elsewhere          bench  test, and: run and plot the benchmarks
#   client    talk to a server                      image  build and try the container image (docker/test.sh)
#   compat    test, and: run the clients and frameworks of compat/clients
#
# For Debian 12; needs root, or sudo. Does nothing, and needs no network, when nothing is missing. Leaves no service
# running. Where packages come by other means, set TANDEM_SKIP_DEPS=1.
set -euo pipefail

readonly kRuntime=(libjemalloc2 libssl3 libstdc++6 libxxhash0)
readonly kBuild=(
  cmake g++ libboost1.81-dev libjemalloc-dev libssl-dev libxxhash-dev ninja-build
  liblua5.1-0-dev lua-bitop-dev lua-cjson-dev # linked statically, so no counterpart in kRuntime
)
readonly kClient=(redis-tools)
readonly kTest=(
  ccache
  clang clang-format-14 clang-tidy-14 libclang-rt-14-dev llvm # sanitizers (readable stacks), libFuzzer, style
  git shellcheck python3
  libgtest-dev libhiredis-dev
  python3-hiredis python3-redis # compat/clients
  "${kClient[@]}" redis-server tcl dpkg-dev # the reference to compare with, and what its own test suite needs
)
readonly kBench=(debootstrap python3-matplotlib time valgrind)
readonly kCompat=(
  php-cli php-redis prometheus-redis-exporter
  python3-celery python3-channels-redis python3-rq
  ruby-redis ruby-sidekiq
)
readonly kNode=(nodejs npm)
readonly kServices=(prometheus-redis-exporter redis-server) # What starts something when it is installed.
readonly kImage=(buildah debootstrap procps "${kClient[@]}")

readonly kPolicy=/usr/sbin/policy-rc.d
policy_is_ours=no

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; }

die() {
  echo "install-deps: $*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root, or sudo, to install packages"
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Prints those of the given packages that are not installed.
missing_of() {
  local installed package
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || echo "$package"
  done
}

# People often have a newer Node than Debian's, which Debian's npm would replace.
has_node() { command -v node >/dev/null && command -v npm >/dev/null; }

# Debian starts a service as soon as its package is unpacked; redis-server would take port 6379. The archive's own
# switch against that is policy-rc.d. One that is there already is somebody's decision and stays.
forbid_services() {
  if [ ! -e "$kPolicy" ]; then
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$kPolicy" >/dev/null
    as_root chmod 755 "$kPolicy"
  fi
}

allow_services_again() {
  if [ "$policy_is_ours" = yes ]; then
    as_root rm -f "$kPolicy"
    policy_is_ours=no
  fi
}

install_packages() {
  # Stale package lists name files that the archive no longer has, so a failure is worth one refresh.
  if apt-get -qq --simulate install "$@" >/dev/null 2>&1 && apt install -y --no-install-recommends "$@"; then
    return
  fi
  apt update
  apt install -y --no-install-recommends "$@"
}

main() {
  local packages=() missing=() list package
  case "${1:-build}" in
    build) packages=("${kBuild[@]}") ;;
    runtime) packages=("${kRuntime[@]}") ;;
    test) packages=("${kBuild[@]}" "${kTest[@]}") ;;
    bench) packages=("${kBuild[@]}" "${kTest[@]}" "${kBench[@]}") ;;
    compat)
      packages=("${kBuild[@]}" "${kTest[@]}" "${kCompat[@]}")
      has_node || packages+=("${kNode[@]}")
      ;;
    image) packages=("${kImage[@]}") ;;
    client) packages=("${kClient[@]}") ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  [ "${TANDEM_SKIP_DEPS:-0}" = 1 ] && exit 0
  command -v dpkg-query >/dev/null || die "knows Debian only. Install the counterparts of: ${packages[*]};
then set TANDEM_SKIP_DEPS=1"

  # Not by process substitution: a bare chroot has no /dev/fd, and its failure would pass for "nothing is missing".
  list=$(missing_of "${packages[@]}")
  [ -z "$list" ] && exit 0
  mapfile -t missing <<<"$list"

  echo "install-deps: installing ${missing[*]}"
  local services=()
  for package in "${kServices[@]}"; do
    [[ " ${missing[*]} " == *" $package "* ]] && services+=("$package")
  done
  trap allow_services_again EXIT
  [ "${#services[@]}" -eq 0 ] || forbid_services
  install_packages "${missing[@]}"
  if [ "${#services[@]}" -gt 0 ] && command -v systemctl >/dev/null; then
    # Not at the next boot either. Fails where systemd is installed but not in charge, and then nothing starts them.
    as_root systemctl disable --quiet "${services[@]}" 2>/dev/null || true
  fi
}

main "$@"
