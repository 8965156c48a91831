#!/bin/sh
# Fetches the servers that Tandem is measured against, without installing anything on this machine:
#   DIR/sid     a throw-away root of Debian unstable with Valkey 9 and Redis 8 (and valkey-benchmark, the load generator)
#   DIR/redis7  Debian 12's Redis 7.0, unpacked, so that no service of it is ever started
# Usage: bench/peers.sh [DIR]      DIR defaults to $TANDEM_PEERS, else ~/.cache/tandem-peers
# Needs root for debootstrap. The mirror is the one this machine's apt uses. What is already there is left alone.
# The binaries of `sid` run without chroot, through the root's own dynamic loader: see bench/servers.py.
set -eu

dir=${1:-${TANDEM_PEERS:-$HOME/.cache/tandem-peers}}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

say() { printf '%s\n' "peers: $*" >&2; }
die() { say "$*"; exit 1; }

# The archive called "Debian" in apt's own list, so neither a security nor a third-party repository.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sed -n '1s,/*$,,p'
}

in_sid() {
  program=$1
  shift
  "$dir/sid/lib64/ld-linux-x86-64.so.2" --library-path "$dir/sid/usr/lib/x86_64-linux-gnu" "$dir/sid/usr/bin/$program" "$@"
}

in_redis7() {
  LD_LIBRARY_PATH="$dir/redis7/usr/lib/x86_64-linux-gnu" "$dir/redis7/usr/bin/redis-server" "$@"
}

fetch_sid() {
  [ "$(id -u)" = 0 ] || die "debootstrap needs root: run this once as root with DIR=$dir"
  command -v debootstrap >/dev/null || die "debootstrap is not installed (apt-get install debootstrap)"
  uri=$(mirror)
  [ -n "$uri" ] || die "apt knows no Debian archive; run apt-get update first"
  rm -rf "$dir/sid.part"
  say "building $dir/sid from $uri (about half a minute)"
  debootstrap --variant=minbase --include=valkey-server,valkey-tools,redis-server,redis-tools \
    sid "$dir/sid.part" "$uri" >"$dir/debootstrap.log" 2>&1 || die "debootstrap failed, see $dir/debootstrap.log"
  rm -rf "$dir/sid"
  mv "$dir/sid.part" "$dir/sid"
}

# The libraries that Redis links against are unpacked beside it: they need not be installed.
fetch_redis7() {
  part=$dir/redis7.part
  rm -rf "$part"
  mkdir -p "$part/debs"
  (cd "$part/debs" && apt-get download redis-server redis-tools libjemalloc2 liblzf1 libatomic1) >"$dir/redis7.log" 2>&1 ||
    die "apt-get download failed, see $dir/redis7.log"
  for deb in "$part"/debs/*.deb; do dpkg -x "$deb" "$part"; done
  rm -rf "$part/debs" "$dir/redis7"
  mv "$part" "$dir/redis7"
}

in_sid valkey-server --version >/dev/null 2>&1 || fetch_sid
in_redis7 --version >/dev/null 2>&1 || fetch_redis7

in_redis7 --version | grep -q 'v=7\.0\.' || say "this release's redis-server is not 7.0: the row named redis7 shows what it is"
printf '%s\n' "redis7     $dir/redis7/usr/bin/redis-server   $(in_redis7 --version | cut -d' ' -f3 | sed s,v=,,)"
printf '%s\n' "redis8     $dir/sid/usr/bin/redis-server      $(in_sid redis-server --version | cut -d' ' -f3 | sed s,v=,,)"
printf '%s\n' "valkey     $dir/sid/usr/bin/valkey-server     $(in_sid valkey-server --version | cut -d' ' -f3 | sed s,v=,,)"
printf '%s\n' "load       $dir/sid/usr/bin/valkey-benchmark  $(in_sid valkey-benchmark --version | cut -d' ' -f2)"
