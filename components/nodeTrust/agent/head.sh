#!/bin/sh
# Keeps this machine's trust as the bundle says. One of:
#   agent.sh apply    write what differs, then report
#   agent.sh watch    put back what is changed by hand, for as long as this pod answers for the machine
#   agent.sh leave    have the watching process take everything back, unless a newer agent answers for the machine
#   agent.sh remove   take everything back, whoever answers, then report
#   agent.sh rest     do nothing until the end, after a removal
#   agent.sh status   print the last report
# The bundle is $BUNDLE/files/<path on the machine>, and $BUNDLE/hosts for lines of /etc/hosts. What was written and what
# stood there before is kept on the machine in /var/lib/siteregistry/<owner>, so that nothing of anyone else's is lost.
# A report is one line of JSON. Everything else that is said goes to stderr.
set -eu
export LC_ALL=C
# What stood there before may be secret. What others must read is opened to them file by file.
umask 077

bundle=${BUNDLE:-/bundle}
# What comes before every path of the machine: where it is mounted. Empty on the machine itself.
root=${ROOT-/host}
owner=${OWNER:?the name of the trust}
# A machine without pods has one agent only, which nobody watches.
pod=${POD_UID:-machine}
bundle_id=${BUNDLE_ID:-}
runtime=${RUNTIME:-containerd}
config=${CONFIG:-}
foreign=${FOREIGN:-merge}
mend=${MEND:-none}
report=${REPORT:-/dev/termination-log}
interval=${INTERVAL:-20}
patience=${PATIENCE:-5}
watcher=${WATCHER:-1}
label_file=${SELINUX_LABEL:-/proc/self/attr/current}

base=$root/var/lib/siteregistry
state=$base/$owner
work=$state/work
hosts_path=/etc/hosts
owner_line="# Written by the node trust agent of siteregistry"
suffix=.siteregistry-new
tab=$(printf '\t')
