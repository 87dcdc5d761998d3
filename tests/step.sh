#!/usr/bin/env bash
# step.sh TITLE COMMAND…: says what is done, and does it. Where it fails, the last line says what to do: HINT, unless the cause can
# be seen from here.
set -uo pipefail
title=$1
shift

. "$(dirname "$0")/say.sh"

echo "== $title"
if ! command -v "$1" >/dev/null; then
  case $1 in
    *cargo) fail "there is no $1 here" "install Rust, with rustup for example, and open a new shell" ;;
    *) fail "there is no $1 here" "install it, then run this again" ;;
  esac
fi
case $1 in
  *cargo)
    oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml")
    said=$("$1" --version 2>&1)
    version=$(sed -n 's/^cargo \([0-9][^ ]*\).*/\1/p' <<<"$said")
    [ -n "$version" ] ||
      fail "$1 does not run: $(head -n 1 <<<"$said")" "with rustup, 'rustup default stable' installs a Rust"
    [ "$(printf '%s\n' "$oldest" "$version" | sort -V | head -n 1)" = "$oldest" ] ||
      fail "$1 is of Rust $version, and $oldest or later is needed" "update it, with 'rustup update' for example"
    command -v cc >/dev/null ||
      fail "there is no C compiler here: 'cc' is not found" "as root, run: apt-get install build-essential"
    ;;
esac

"$@" && exit
code=$?
for folder in "${CARGO_TARGET_DIR:-target}" "${CARGO_HOME:-$HOME/.cargo}" "${TMPDIR:-/tmp}"; do
  is_full "$folder" &&
    fail "$title: the disk of $folder is full" \
      "make room ('cargo clean' empties target), or build on another disk with CARGO_TARGET_DIR=…"
done
echo "error: $title: '$1' has failed, what it said is above" >&2
[ -z "${HINT:-}" ] || echo "hint: $HINT" >&2
exit "$code"
