#!/bin/sh
# Logs in to the internal registry of an OKD cluster from one of its nodes, with everything verified: for finding out where a
# fault is, the way in from outside or the registry itself. The service's own CA is believed; verification is never switched off,
# and the token goes by standard input, never in a command line.
#
# usage: sh internal-registry.sh NODE [NAMESPACE/STREAM:TAG]
# With an image it is pulled as well. Needs oc, logged in with a token (not with a client certificate), and the right to debug nodes.
set -eu

host=image-registry.openshift-image-registry.svc:5000

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

node=${1:-}
image=${2:-}
case $node in '' | -* | *[!a-z0-9.-]*) fail "usage: sh ${0##*/} NODE [NAMESPACE/STREAM:TAG]" ;; esac
case $image in *[!A-Za-z0-9/:._-]*) fail "no image: $image" ;; esac
command -v oc >/dev/null || fail "oc is not installed"

{ set +x; } 2>/dev/null
token=$(oc whoami --show-token 2>/dev/null) || token=
[ -n "$token" ] || fail "this login has no token, which the registry asks for: oc login --token=... or with a password"
# Every namespace has it: what the cluster's services show is signed by it.
ca=$(oc get configmap openshift-service-ca.crt --namespace openshift-image-registry --output 'jsonpath={.data.service-ca\.crt}')
case $ca in *'BEGIN CERTIFICATE'*) ;; *) fail "the ConfigMap openshift-image-registry/openshift-service-ca.crt holds no CA" ;; esac

# Runs on the node. Standard input: the token in the first line, then the CA.
on_node='
set -eu
host=$1
image=$2
IFS= read -r token
work=$(mktemp -d)
trap "rm -rf $work" EXIT
mkdir "$work/certs"
cat >"$work/certs/ca.crt"
say() { printf "%s\n" "$*"; }
code=$(curl --silent --show-error --cacert "$work/certs/ca.crt" --output /dev/null --write-out "%{http_code}" "https://$host/healthz") ||
    { say "the registry does not answer with a certificate of the service CA"; exit 1; }
say "the registry answers on $host, verified with the service CA (healthz: $code)"
printf "%s" "$token" | podman login --authfile "$work/auth.json" --cert-dir "$work/certs" --username unused --password-stdin "$host"
if [ -n "$image" ]; then
    podman pull --quiet --authfile "$work/auth.json" --cert-dir "$work/certs" "$host/$image"
    say "pulled $host/$image"
fi
'
printf '%s\n%s\n' "$token" "$ca" |
    oc debug "node/$node" --quiet --stdin=true --tty=false -- chroot /host sh -c "$on_node" sh "$host" "$image"
