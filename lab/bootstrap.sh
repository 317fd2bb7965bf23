#!/bin/sh
# Installs what package-lock.json names, unless that is what is there. Everything else is then run by the Node in it.
set -eu
cd "$(dirname "$0")/.."

command -v sha256sum >/dev/null || { echo "error: sha256sum is missing: install coreutils" >&2; exit 1; }
want=$(sha256sum package-lock.json | cut -d ' ' -f 1)
have=$(cat node_modules/.siteregistry-installed 2>/dev/null || true)
[ "$want" = "$have" ] && exit 0

echo "  install the packages of package-lock.json ..." >&2
# Scripts stay off: one of the packages would otherwise try to download a plugin.
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || {
    echo "error: npm could not install the packages: is its registry reachable?" >&2
    exit 1
}
echo "$want" >node_modules/.siteregistry-installed
