#!/usr/bin/env bash
# deb.sh BINARY DIRECTORY: a Debian package of that binary. Needs dpkg-deb, nothing else; no scripts run on installation,
# and the timer stays off until somebody enables it. DEB_COMPRESSION=none is quick, for tests.
set -euo pipefail
binary=$(realpath "$1")
out=$(realpath "$2")
cd "$(dirname "$0")/.."

version=$("$binary" -V)
version=${version#cacheme }
arch=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -Dm755 "$binary" "$root/usr/bin/cacheme"
for page in man/*.1; do
  install -Dm644 "$page" "$root/usr/share/man/man1/$(basename "$page")"
done
gzip -9n "$root"/usr/share/man/man1/*.1
install -Dm644 completions/cacheme-live.bash "$root/usr/share/bash-completion/completions/cacheme"
install -Dm644 completions/cacheme-live.zsh "$root/usr/share/zsh/vendor-completions/_cacheme"
install -Dm644 completions/cacheme-live.fish "$root/usr/share/fish/vendor_completions.d/cacheme.fish"
for unit in examples/systemd/cacheme-*.service examples/systemd/cacheme-*.timer; do
  install -Dm644 "$unit" "$root/lib/systemd/system/$(basename "$unit")"
done
doc=$root/usr/share/doc/cacheme
install -Dm644 examples/systemd/config.toml "$doc/examples/config.toml"
install -Dm644 README.md "$doc/README.md"
for page in docs/*.md docs/screens/*.svg benches/RESULTS.md; do
  install -Dm644 "$page" "$doc/$page"
done
install -Dm644 CHANGELOG.md "$doc/changelog"
gzip -9n "$doc/changelog"
{
  echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
  echo
  echo "Files: *"
  echo "Copyright: the cacheme maintainers"
  echo "License: MIT or Apache-2.0"
  sed 's/^$/./; s/^/ /' LICENSE-MIT
} >"$doc/copyright"
chmod 644 "$doc/copyright"

# A static binary needs nothing; one that is not says so itself.
depends=
if ldd "$binary" 2>/dev/null | grep -q '=>'; then
  depends="Depends: libc6, libgcc-s1"
fi
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: cacheme
Version: $version
Architecture: $arch
Maintainer: the cacheme maintainers <maintainers@cacheme.invalid>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
${depends:+$depends
}Section: admin
Priority: optional
Description: operate the Redis caches of the Python library cacheme
 Shows what is cached (tags, invalid keys, logical keys, decoded values),
 invalidates by the library's own rules beside running applications, and
 gives the memory of expired entries back, from a terminal or from cron.
CONTROL
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group ${DEB_COMPRESSION:+-Z$DEB_COMPRESSION} --build "$root" "$out/cacheme_${version}_$arch.deb"
