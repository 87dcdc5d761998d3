#!/usr/bin/env bash
# bare.sh: the README followed on a bare Debian, by readme.sh: a new root with nothing in it but what the README asks for
# (build-essential, git, and this machine's Rust). Needs root, debootstrap and the network; takes minutes.
#
# BARE_MIRROR: where Debian's packages come from. CARGO_TARGET_DIR: where the program was built before.
set -euo pipefail
project=$(realpath "$(dirname "$0")/..")
mirror=${BARE_MIRROR:-http://deb.debian.org/debian}
rustup=${RUSTUP_HOME:-$HOME/.rustup} cargo=${CARGO_HOME:-$HOME/.cargo}
target=${CARGO_TARGET_DIR:-$project/target/bare}

. "$project/tests/say.sh"
[ "$(id -u)" -eq 0 ] || fail "only root can make a new root" "run 'make test-bare' as root"
command -v debootstrap >/dev/null || fail "debootstrap is not installed" "as root, run: apt-get install debootstrap"
if [ $# -eq 0 ]; then
  # Mounts are made in a namespace that ends first: where the folder is removed, nothing was ever mounted in it.
  root=$(mktemp -d)
  trap 'rm -rf --one-file-system "$root" "$root.log"' EXIT
  unshare --mount --propagation private --pid --fork --kill-child bash "$0" "$root"
  exit
fi

root=$1
echo "== Making a bare Debian in $root (this takes minutes)"
debootstrap --variant=minbase --include=build-essential,ca-certificates,git bookworm "$root" "$mirror" >"$root.log" ||
  fail "debootstrap has not made a Debian: $(tail -n 1 "$root.log")" \
    "is there a network, and room in ${TMPDIR:-/tmp}? BARE_MIRROR=… takes the packages from elsewhere"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [ -f /etc/pip.conf ]; then
  cp /etc/pip.conf "$root/etc/"
fi
mkdir -p "$root/project" "$root/rustup" "$root/cargo" "$root/target" "$target"
git -C "$project" ls-files -z --cached --others --exclude-standard --deduplicate |
  (cd "$project" && xargs -0 ls -d 2>/dev/null | tar -cT - | tar -xC "$root/project")
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$rustup" "$root/rustup"
mount --bind "$cargo" "$root/cargo"
mount --bind "$target" "$root/target"

echo "== Following the README in it, from cargo install on (this takes minutes)"
chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  RUSTUP_HOME=/rustup CARGO_HOME=/cargo CARGO_TARGET_DIR=/target bash -euc '
    cd /project
    git init --quiet && git add --all
    bash tests/readme.sh'
