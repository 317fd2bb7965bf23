#!/bin/sh
# join.sh DIRECTORY... -- COMMAND...
# Moves itself into the cgroups given and becomes the command. A process of the lab is so in its group from its first
# moment: whatever happens to the program that started it, the next sweep finds it there.
set -eu
while [ "$1" != -- ]; do
    echo $$ >"$1/cgroup.procs"
    shift
done
shift
exec "$@"
