#!/usr/bin/env bash
# What is given away, under target/dist: for each target a tarball, a .deb and the list of what the binary is made of (an SBOM, in
# CycloneDX's JSON), and the checksums of them all. Needs what `make release` installs: cargo-zigbuild, zig and cargo-cyclonedx.
#
# Everything is linked against musl, by zig, which has the C compiler, linker and libc of every target on every machine.
# RELEASE_TARGETS names other targets.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
out=target/dist
read -ra targets <<<"${RELEASE_TARGETS:-x86_64-unknown-linux-musl aarch64-unknown-linux-musl}"

. tests/say.sh
has_std() { [ -d "$(rustc --print target-libdir --target "$1" 2>/dev/null)" ]; }

for target in "${targets[@]}"; do
  has_std "$target" && continue
  echo "== Adding the target $target to rustc"
  { command -v rustup >/dev/null && rustup target add "$target"; } ||
    fail "rustc here has no standard library for $target" \
      "'rustup target add $target' brings it, with a network; RELEASE_TARGETS='…' makes packages for other targets alone"
done

version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# Packed twice, the same commit gives the same packages.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
# No binary tells in whose home it was built.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates --remap-path-prefix=$PWD=."
# cyclonedx writes it beside Cargo.toml.
sbom=cacheme_bin.cdx.json
trap 'rm -f "$sbom"' EXIT
rm -rf "$out"
mkdir -p "$out"
for target in "${targets[@]}"; do
  HINT="the network, or a target that zig does not know: RELEASE_TARGETS='…' leaves it out" \
    bash tests/step.sh "Building for $target" "$cargo" zigbuild --release --locked --target "$target" --target-dir target/static
  echo "== Packing for $target"
  bash packaging/pack.sh "target/static/$target/release/cacheme" "$target" "$version" "$out"
  # It names the folder that it was made in.
  "$cargo" cyclonedx --quiet --format json --spec-version 1.5 --describe binaries --target "$target"
  sed "s|path+file://$PWD|path+file://.|" "$sbom" >"$out/cacheme-$version-$target.cdx.json"
done
(cd "$out" && sha256sum -- *.* >SHA256SUMS)
echo "== What was made is in $out"
ls -l "$out"
