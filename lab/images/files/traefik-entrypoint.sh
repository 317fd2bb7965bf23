#!/bin/sh
# What follows the image's name may be flags of traefik, one of its commands, or any other program.
set -e

case "$1" in
-*) exec traefik "$@" ;;
esac
if traefik "$1" --help >/dev/null 2>&1; then
    exec traefik "$@"
fi
exec "$@"
