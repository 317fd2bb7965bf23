# $1: apply or remove.

# The folder of the images, if it was made here and now.
made=
# A failure leaves neither files of its own nor, where there was no registry, anything of one.
clean() {
    rm -rf "$work" "$FOLDER.new"
    rm -f "$LIBRARY/arrived"
    if [ -d "$FOLDER" ] || [ -d "$FOLDER.old" ]; then return; fi
    rm -rf "$LIBRARY"
    drop_empty
    if [ -n "$made" ]; then
        rm -rf "$MARKER" "$made/docker"
        rmdir "$made" 2>/dev/null || true
    fi
}
trap clean EXIT

# An update that was killed has left the folder of before beside its own.
recover() {
    if [ -d "$FOLDER.old" ]; then
        rm -rf "$FOLDER"
        put_folder "$FOLDER.old"
    fi
    rm -rf "$FOLDER.new"
}

prepare() {
    check_machine
    check_data
    mkdir -p "${FOLDER%/*}" "$LIBRARY"
    place_content
    cp -R "$work/files" "$FOLDER.new"
    if [ "$RUNTIME" = systemd ]; then ln -s "$LIBRARY/registry-$CONTENT_SHA" "$FOLDER.new/registry"; fi
    if [ -d "$FOLDER" ] && [ "$(cat "$FOLDER/data")" != "$DATA" ]; then
        printf '%s\n' "$MACHINE: host.dataDirectory: the images so far stay in $(cat "$FOLDER/data"); copy them to $DATA by hand, or seed them again" >&2
    fi
    if [ ! -e "$DATA" ]; then made=$DATA; fi
    mkdir -p "$DATA"
    chmod 700 "$DATA"
    # A file of which nothing could be written would name an owner of no name.
    if ! printf '%s\n' "$OWNER" >"$MARKER.new"; then
        rm -f "$MARKER.new"
        fail "host.dataDirectory: $DATA cannot be written to; see whether its disk is full: df $DATA"
    fi
    mv "$MARKER.new" "$MARKER"
}

unchanged() { [ "$(cat "$FOLDER/revision" 2>/dev/null)" = "$(cat "$work/files/revision")" ]; }

run() {
    check_machine
    check_port
    if unchanged && active && answers; then return; fi
    prepare
    if [ -d "$FOLDER" ]; then mv "$FOLDER" "$FOLDER.old"; fi
    put_folder "$FOLDER.new"
    enable_unit enable
    systemctl restart "$UNIT.service" || true
    if wait_until_it_answers; then
        rm -rf "$FOLDER.old"
        drop_content
        return
    fi
    journalctl --unit "$UNIT.service" --lines 15 --no-pager --output cat >&2 || true
    if [ -d "$FOLDER.old" ]; then
        rm -rf "$FOLDER"
        put_folder "$FOLDER.old"
        systemctl daemon-reload
        systemctl restart "$UNIT.service" || true
        fail "the registry does not answer at $SCHEME://$HOST/v2/ with what was changed; what there was before runs again"
    fi
    take_away
    fail "the registry does not answer at $SCHEME://$HOST/v2/; nothing of it was left on the machine"
}

rest() {
    check_machine
    prepare
    stop_unit
    rm -rf "$FOLDER"
    put_folder "$FOLDER.new"
    systemctl daemon-reload
    drop_content
}

case $1 in
    apply)
        recover
        case $STATE in
            running) run ;;
            stopped) rest ;;
            absent)
                take_away
                if [ "$DELETE_DATA" = true ]; then delete_data; fi
                ;;
        esac
        echo "$STATE"
        ;;
    remove) take_away ;;
esac
