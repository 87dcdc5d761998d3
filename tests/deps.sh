#!/usr/bin/env bash
# deps.sh [PROGRAM…]: installs the Debian packages that the tests need and this machine lacks, or those of these programs and of
# Python. Does nothing, and asks nobody, when all are there.
set -euo pipefail

python=${PYTHON:-python3}
packages=()

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
  if [ "$python" != python3 ]; then
    echo "error: there is no $python here: install it, or leave PYTHON unset" >&2
    exit 1
  fi
  packages+=(python3 python3-venv)
elif ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  packages+=(python3-venv)
fi

[ "${#packages[@]}" -gt 0 ] || exit 0

if ! has apt-get; then
  echo "error: these Debian packages are missing here, or what your system calls them: ${packages[*]}" >&2
  echo "       there is no apt-get here; install them, then run this again" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! has sudo; then
    echo "error: packages are missing; as root, run: apt-get install ${packages[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing with apt-get: ${packages[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${packages[@]}"

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
