#!/usr/bin/env bash
# pack.sh BINARY TARGET VERSION DIRECTORY: the tarball of that binary, which was built for that target of rustc, and where dpkg-deb
# is installed its Debian package. What they bring stands in contents.sh.
set -euo pipefail
binary=$(realpath "$1") target=$2 version=$3 out=$(realpath "$4")
cd "$(dirname "$0")/.."

name=cacheme-$version-$target
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
install -Dm755 "$binary" "$root/$name/cacheme"
contents=$(bash packaging/contents.sh)
while read -r file _; do
  install -Dm644 "$file" "$root/$name/$file"
done <<<"$contents"
tar -C "$root" --owner=0 --group=0 --numeric-owner --mode=go=u-w --sort=name --mtime="@${SOURCE_DATE_EPOCH:-$(date +%s)}" -c "$name" |
  gzip -9n >"$out/$name.tar.gz"

if command -v dpkg-deb >/dev/null; then
  bash packaging/deb.sh "$binary" "$target" "$version" "$out"
else
  echo "warning: no .deb was made: dpkg-deb is not installed" >&2
fi
