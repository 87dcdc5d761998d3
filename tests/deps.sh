#!/usr/bin/env bash
# deps.sh [PROGRAM…]: installs the Debian packages that the tests need and this machine lacks, or those of these programs and of
# Python. Does nothing, and asks nobody, when all are there.
set -euo pipefail

python=${PYTHON:-python3}
packages=()

. "$(dirname "$0")/say.sh"
has() { command -v "$1" >/dev/null 2>&1; }
wanted=" $* "
need() { # program package
  [[ $wanted == "  " || $wanted == *" $1 "* ]] || return 0
  has "$1" || packages+=("$2")
}

need redis-server redis-server
need redis-sentinel redis-sentinel
need redis-cli redis-tools
need setpriv util-linux
need tmux tmux
need zsh zsh
need fish fish
need zstd zstd
need jq jq
need systemd-analyze systemd
if ! has "$python"; then
  [ "$python" = python3 ] || fail "there is no $python here" "install it, or leave PYTHON unset"
  packages+=(python3 python3-venv)
elif ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  packages+=(python3-venv)
fi

[ "${#packages[@]}" -gt 0 ] || exit 0

has apt-get ||
  fail "programs are missing, and there is no apt-get here to install them" \
    "install what your system calls these Debian packages, then run this again: ${packages[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  has sudo || fail "programs are missing, and only root can install them" "as root, run: apt-get install ${packages[*]}"
  as_root=(sudo)
fi

echo "== Installing with apt-get: ${packages[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
  "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}"
} 2>&1 | tee "$log" || {
  case $(<"$log") in
    *resolv* | *onnect* | *'to fetch'* | *'Unable to locate'*) hint="is there a network? If so, as root, run:" ;;
    *) hint="by hand, as root, run:" ;;
  esac
  is_full /var/cache/apt && hint="make room on the disk; then, as root, run:"
  fail "apt-get has not installed what is missing" "$hint apt-get update && apt-get install ${packages[*]}"
}

# The tests start servers of their own. What a package that was not here before has just started is not wanted.
for package in "${packages[@]}"; do
  case $package in
    redis-server | redis-sentinel)
      if has service; then
        "${as_root[@]}" service "$package" stop >/dev/null 2>&1 || true
      fi
      ;;
  esac
done
