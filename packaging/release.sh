#!/usr/bin/env bash
# Builds what is given away: a static binary with man pages and completions as a tarball, a .deb, and their checksums.
# It is linked against musl, whose target rustup is asked to add where it is missing, and whose C compiler Debian has in
# musl-tools. Where one of them cannot be had, it is linked statically against the glibc of this machine, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
out=target/dist
arch=$(uname -m)
musl=$arch-unknown-linux-musl
has_musl() { [ -d "$(rustc --print sysroot)/lib/rustlib/$musl" ]; }
has_compiler() { command -v "$arch-linux-musl-gcc" >/dev/null; }
if ! has_musl && command -v rustup >/dev/null; then
  echo "Adding rustc's target $musl" >&2
  rustup target add "$musl" >&2 || true
fi
if has_musl && ! has_compiler && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing musl-tools" >&2
  apt-get install -y -qq musl-tools >&2 || true
fi
if has_musl && has_compiler; then
  target=$musl
else
  target=$arch-unknown-linux-gnu
  echo "warning: there is no musl to link against: linking statically against glibc" >&2
  echo "hint: 'rustup target add $musl' and 'apt-get install musl-tools' bring it" >&2
fi
# An explicit target keeps the flag away from build scripts and procedural macros, which cannot be static.
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" \
  "$cargo" build --release --locked --target "$target" --target-dir target/static

binary=target/static/$target/release/cacheme
version=$("$binary" -V)
version=${version#cacheme }
name=cacheme-$version-$target
rm -rf "$out"
mkdir -p "$out/$name"
cp "$binary" LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$out/$name/"
cp -r man completions docs "$out/$name/"
install -Dm644 benches/RESULTS.md "$out/$name/benches/RESULTS.md"
tar -C "$out" --owner=0 --group=0 --sort=name -czf "$out/$name.tar.gz" "$name"
rm -r "${out:?}/$name"
if command -v dpkg-deb >/dev/null; then
  bash packaging/deb.sh "$binary" "$out"
fi
(cd "$out" && sha256sum -- *.tar.gz *.deb >SHA256SUMS)
ls -l "$out"
