#!/usr/bin/env bash
# Builds what is given away: a static binary with man pages and completions as a tarball, a .deb, and their checksums.
# With the musl target of rustc (rustup target add x86_64-unknown-linux-musl) it is linked against musl; without it,
# statically against the glibc of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
out=target/dist
arch=$(uname -m)
libs=$(rustc --print sysroot)/lib/rustlib
if [ -d "$libs/$arch-unknown-linux-musl" ]; then
  target=$arch-unknown-linux-musl
else
  target=$arch-unknown-linux-gnu
  echo "The musl target is not installed: linking statically against glibc" >&2
fi
# An explicit target keeps the flag away from build scripts and procedural macros, which cannot be static.
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" \
  "$cargo" build --release --locked --target "$target" --target-dir target/static

binary=target/static/$target/release/cacheme
version=$("$binary" --version)
version=${version#cacheme }
name=cacheme-$version-$target
rm -rf "$out"
mkdir -p "$out/$name"
cp "$binary" LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$out/$name/"
cp -r man completions "$out/$name/"
tar -C "$out" --owner=0 --group=0 --sort=name -czf "$out/$name.tar.gz" "$name"
rm -r "${out:?}/$name"
if command -v dpkg-deb >/dev/null; then
  bash packaging/deb.sh "$binary" "$out"
fi
(cd "$out" && sha256sum -- *.tar.gz *.deb >SHA256SUMS)
ls -l "$out"
