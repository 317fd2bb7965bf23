# Whether this machine can pull from each registry. What it pulls it has put there itself: an image without a layer.

if ! command -v curl >/dev/null; then
    echo "$NODE has no curl: whether it reaches the registry is not known" >&2
    echo unknown
    exit 0
fi

fail() {
    echo "host.nodes: $NODE $1" >&2
    exit 1
}

# ask CURL-ARGUMENT...
ask() {
    if [ "$SCHEME" = https ]; then set -- "$@" --cacert "$work/roots.crt"; fi
    curl --silent --show-error --max-time 15 --config "$work/curl" "$@" </dev/null
}

# code CURL-ARGUMENT...: what it is answered. Silent where nobody answers.
code() { ask --output /dev/null --write-out '%{http_code}' "$@" || true; }

# put URL FILE TYPE
put() {
    put_code=$(code --request PUT --header "Content-Type: $3" --data-binary "@$2" "$1")
    [ "$put_code" = 201 ] || fail "gets $put_code from ${1%%\?*}, not 201: see the registry's log, and whether its disk is full"
}

# pulls URL FILE
pulls() {
    if ! ask --fail --header "Accept: $MANIFEST_TYPE" --output "$work/got" "$1" || ! cmp -s "$work/got" "$2"; then
        fail "cannot pull $1"
    fi
}

for host in $HOSTS; do
    url=$SCHEME://$host/v2/
    answer=$(code "$url")
    [ "$answer" = 200 ] || fail "gets $answer from $url, not 200: see that it resolves the name and reaches the port"
    repository=$url$REPOSITORY
    at=$(ask --output /dev/null --dump-header - --request POST "$repository/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    case $at in /*) at=$SCHEME://$host$at ;; esac
    put "$at&digest=$DIGEST" "$work/config" application/octet-stream
    put "$repository/manifests/$TAG" "$work/manifest" "$MANIFEST_TYPE"
    pulls "$repository/manifests/$TAG" "$work/manifest"
    pulls "$repository/blobs/$DIGEST" "$work/config"
done
echo reached
