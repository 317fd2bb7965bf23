# What the registry runs from: a program, or an image that the runtime has loaded. It arrived by SFTP, and is believed by its digest.

fits() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$CONTENT_SHA" ]; }

# Where the login's SFTP puts it.
UPLOAD=$(getent passwd "${SUDO_USER:-root}" | cut -d : -f 6)/$UPLOAD

# Who logs in could change it while it is read: what is checked is a copy of our own.
take_upload() {
    [ -f "$UPLOAD" ] || fail "$CONTENT_KEY: the file has not arrived at $UPLOAD; run: npx pulumi up --replace of the resource that copies it"
    mkdir -p "$LIBRARY"
    cp "$UPLOAD" "$LIBRARY/arrived"
    if ! fits "$LIBRARY/arrived"; then
        rm -f "$LIBRARY/arrived"
        fail "$CONTENT_KEY.sha256: what arrived at $UPLOAD has another SHA-256; send it again with: npx pulumi up --replace of the resource that copies it"
    fi
}

place_content() {
    case $RUNTIME in
        systemd)
            if ! fits "$LIBRARY/registry-$CONTENT_SHA"; then
                take_upload
                chmod 755 "$LIBRARY/arrived"
                mv "$LIBRARY/arrived" "$LIBRARY/registry-$CONTENT_SHA"
            fi
            ;;
        *)
            if [ ! -e "$LIBRARY/loaded-$CONTENT_SHA" ] || ! "$RUNTIME" image inspect "$IMAGE" >/dev/null 2>&1; then
                take_upload
                # One that was there before stays at the end.
                loaded=$IMAGE
                if [ -n "$(loaded_by_us "$IMAGE")" ]; then :; elif "$RUNTIME" image inspect "$IMAGE" >/dev/null 2>&1 </dev/null; then loaded=; fi
                "$RUNTIME" load -i "$LIBRARY/arrived" >&2 </dev/null || fail "host.image: $RUNTIME cannot load the archive"
                rm -f "$LIBRARY/arrived"
                "$RUNTIME" image inspect "$IMAGE" >/dev/null 2>&1 </dev/null ||
                    fail "host.image.reference: the archive holds no image of that name, $IMAGE"
                printf '%s\n' "$loaded" >"$LIBRARY/loaded-$CONTENT_SHA"
            fi
            ;;
    esac
}

# loaded_by_us REFERENCE: the marks of it, of which there is one for each archive.
loaded_by_us() { grep -Flx -- "$1" "$LIBRARY"/loaded-* 2>/dev/null || true; }

# Those of the versions before, and what has arrived.
drop_content() {
    rm -f "$UPLOAD"
    for one in "$LIBRARY"/registry-* "$LIBRARY"/loaded-*; do
        case $one in
            *"-$CONTENT_SHA") ;;
            *)
                drop_image "$one" "$IMAGE"
                rm -f "$one"
                ;;
        esac
    done
}

# drop_image MARK KEPT: takes the image of a mark out of the runtime, unless it is the kept one, or not ours.
drop_image() {
    case $1 in *"/loaded-"*) ;; *) return 0 ;; esac
    drop_reference=$(cat "$1" 2>/dev/null) || return 0
    if [ -z "$drop_reference" ] || [ "$drop_reference" = "$2" ]; then return; fi
    "$RUNTIME" image rm "$drop_reference" >/dev/null 2>&1 </dev/null || true
}
