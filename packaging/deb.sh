#!/usr/bin/env bash
# deb.sh BINARY TARGET VERSION DIRECTORY: a Debian package of that binary. Needs dpkg-deb, beside what every Linux has; no scripts run on
# installation, and the timer stays off until somebody enables it. DEB_COMPRESSION=none is quick, for tests.
set -euo pipefail
binary=$(realpath "$1") target=$2 version=$3 out=$(realpath "$4")
cd "$(dirname "$0")/.."

case $target in
  x86_64-*) arch=amd64 ;;
  aarch64-*) arch=arm64 ;;
  *) echo "error: deb.sh does not know what Debian calls ${target%%-*}" >&2; exit 1 ;;
esac
# What is linked against musl is static and needs nothing.
depends=
case $target in
  *-gnu) depends="Depends: libc6, libgcc-s1" ;;
esac
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -Dm755 "$binary" "$root/usr/bin/cacheme"
contents=$(bash packaging/contents.sh)
while read -r file place; do
  [ "$place" = - ] || install -Dm644 "$file" "$root/$place"
done <<<"$contents"
doc=$root/usr/share/doc/cacheme
gzip -9n "$root"/usr/share/man/man1/*.1 "$doc/changelog"
{
  echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
  echo
  echo "Files: *"
  echo "Copyright: the cacheme maintainers"
  echo "License: MIT or Apache-2.0"
  sed 's/^$/./; s/^/ /' LICENSE-MIT
} >"$doc/copyright"
chmod 644 "$doc/copyright"

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
