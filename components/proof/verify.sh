# Looks for the pushed image as a client would: catalog, tags, manifest by tag and by digest.
# Files as in settle.sh. Environment: SERVICE, REPOSITORY, TAG, DIGEST, READER (a login).
set -u
: "${SERVICE:?}" "${REPOSITORY:?}" "${TAG:?}" "${DIGEST:?}" "${READER:?}"

fail() {
    echo "the proof failed: $1" | tee /dev/termination-log
    exit 1
}

# The path first, then options of curl's.
get() {
    path=$1
    shift
    curl --silent --show-error --fail --max-time 60 --cacert /proof/ca.crt --config "/logins/$READER" "$@" "https://$SERVICE/v2/$path" ||
        fail "$READER cannot read $path"
}

accept="Accept: application/vnd.oci.image.index.v1+json"
# Repositories come in the order of their names, and there may be many.
get "_catalog?n=50&last=${REPOSITORY%?}" | grep -q "\"$REPOSITORY\"" ||
    fail "the catalog lacks $REPOSITORY"
get "$REPOSITORY/tags/list" | grep -q "\"$TAG\"" || fail "$REPOSITORY lacks the tag $TAG"
for reference in "$TAG" "$DIGEST"; do
    get "$REPOSITORY/manifests/$reference" --head --header "$accept" | grep -qi "^docker-content-digest: $DIGEST" ||
        fail "$REPOSITORY has no $reference with the digest $DIGEST"
done
echo "$REPOSITORY:$TAG is in the catalog, with the digest $DIGEST"
