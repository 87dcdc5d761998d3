#!/usr/bin/env bash
# step.sh TITLE COMMAND…: says what is done, and does it. Where it fails, the last line says what to do: HINT, unless the cause can
# be seen from here.
set -uo pipefail
title=$1
shift

fail() { # what failed, what to do
  echo "error: $1" >&2
  echo "hint: $2" >&2
  exit 1
}

echo "== $title"
if ! command -v "$1" >/dev/null; then
  case $1 in
    *cargo) fail "there is no $1 here" "install Rust 1.88 or later, with rustup for example, and open a new shell" ;;
    *) fail "there is no $1 here" "install it, then run this again" ;;
  esac
fi
case $1 in
  *cargo)
    command -v cc >/dev/null ||
      fail "there is no C compiler here: 'cc' is not found" "as root, run: apt-get install build-essential"
    ;;
esac

"$@" && exit
code=$?
for folder in "${CARGO_TARGET_DIR:-target}" "${CARGO_HOME:-$HOME/.cargo}" "${TMPDIR:-/tmp}"; do
  [ -d "$folder" ] || continue
  free=$(df -Pk "$folder" | awk 'END { print $4 }')
  [ "$free" -ge 51200 ] ||
    fail "$title: the disk of $folder is full, $((free / 1024)) MiB are free" \
      "make room ('cargo clean' empties target), or build on another disk with CARGO_TARGET_DIR=…"
done
echo "error: $title: '$1' has failed, what it said is above" >&2
[ -z "${HINT:-}" ] || echo "hint: $HINT" >&2
exit "$code"
