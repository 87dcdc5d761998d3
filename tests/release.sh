#!/usr/bin/env bash
# release.sh: what `make release` has made is whole, and each of its binaries runs: the README is followed with it, on a real
# Redis. One for another processor is run by QEMU, where qemu-user-static is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

. tests/say.sh
[ -f target/dist/SHA256SUMS ] || fail "there is nothing in target/dist" "run 'make release' first"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== Comparing the checksums"
(cd target/dist && sha256sum --quiet --check SHA256SUMS)
for tarball in target/dist/*.tar.gz; do
  name=$(basename "$tarball" .tar.gz)
  target=${name#cacheme-*-}
  arch=${target%%-*}
  tar -C "$work" -xf "$tarball"
  binary=$work/$name/cacheme
  if [ "$arch" != "$(uname -m)" ]; then
    qemu=$(command -v "qemu-$arch-static") ||
      fail "a program for $arch cannot be run here" "as root, run: apt-get install qemu-user-static"
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$qemu" "$binary" >"$work/$arch"
    chmod +x "$work/$arch"
    binary=$work/$arch
  fi
  echo "== Running $name"
  "$binary" --version
  "$binary" --help >"$work/help"
  grep -q '^Usage: cacheme' "$work/help" || fail "--help of $name has no usage" "look at it: $binary --help"
  bash tests/readme.sh "$binary"
done
