#!/bin/sh
# What follows the image's name may be a configuration file, a command of the registry, or any other program.
set -e

case "$1" in
*.yml | *.yaml) exec registry serve "$@" ;;
serve | garbage-collect | help | -*) exec registry "$@" ;;
*) exec "$@" ;;
esac
