#!/bin/sh
# Unpacks the program that came with a bundle, with its npm packages, engine and plugins. Needs no network.
set -eu
umask 022

machine=MACHINE

if [ $# -ne 1 ]; then
    echo "usage: sh program/unpack.sh FOLDER" >&2
    exit 2
fi
fail() {
    echo "error: $1" >&2
    echo "  $2" >&2
    exit 1
}
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
[ "$(uname -s) $(uname -m)" = "$machine" ] ||
    fail "the program in this bundle is for $machine, and this machine is $(uname -s) $(uname -m)" \
        "make the bundle with --program on a machine like this one"
(cd "$here" && grep ' program/' SHA256SUMS | sha256sum -c --quiet -) ||
    fail "the program in this bundle is not what its SHA256SUMS says" "copy the bundle anew, and unpack all of it"

mkdir -p "$1"
into=$(CDPATH='' cd -- "$1" && pwd)
[ ! -e "$into/siteregistry" ] || fail "$into/siteregistry is there already" "name another folder, or move it away"

unfinished=$into/.unfinished-$$
trap 'rm -rf "$unfinished"' EXIT
mkdir "$unfinished"
tar -xzf "$here/program/siteregistry.tar.gz" -C "$unfinished"
tar -xzf "$here/program/pulumi-home.tar.gz" -C "$unfinished"
mkdir -p "$into/pulumi-home"
cp -R "$unfinished/pulumi-home/." "$into/pulumi-home/"
cat >"$into/env.sh" <<END
# Read by a shell: . $into/env.sh
export PULUMI_HOME='$into/pulumi-home'
export PULUMI_SKIP_UPDATE_CHECK=true
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
export PATH='$into/siteregistry/bin:$into/siteregistry/node_modules/.bin':"\$PATH"
END
mv "$unfinished/siteregistry" "$into/siteregistry"

cat <<END
The program is in $into/siteregistry. To use it:
  . $into/env.sh
  cd $into/siteregistry
  pulumi preview
END
