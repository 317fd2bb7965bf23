# The unit, and whether the registry behind it answers.

# Quadlets are enabled by their own text.
enable_unit() {
    systemctl daemon-reload
    if [ "$RUNTIME" != podman ]; then systemctl --quiet "$1" "$UNIT.service"; fi
}

# 200, or 401 where one has to log in. Without curl, that somebody listens has to be enough.
answers() {
    if ! command -v curl >/dev/null; then
        active && listening "$PORT"
        return
    fi
    set -- --silent --output /dev/null --max-time 5 --noproxy '*' --connect-to '::127.0.0.1:' --write-out '%{http_code}'
    if [ "$SCHEME" = https ]; then set -- "$@" --cacert "$FOLDER/roots.crt"; fi
    code=$(curl "$@" "$SCHEME://$HOST/v2/" </dev/null) || true
    case $code in
        200 | 401) active ;;
        *) return 1 ;;
    esac
}

wait_until_it_answers() {
    tries=0
    until answers; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || return 1
        sleep 0.5
    done
}

# The folder changes whole, so that no file of one state meets one of another.
put_folder() {
    mkdir -p "${UNIT_FILE%/*}"
    mv "$1" "$FOLDER"
    cp "$FOLDER/unit" "$UNIT_FILE.new"
    chmod 644 "$UNIT_FILE.new"
    mv "$UNIT_FILE.new" "$UNIT_FILE"
}

stop_unit() {
    if [ "$RUNTIME" != podman ]; then systemctl --quiet disable "$UNIT.service" 2>/dev/null || true; fi
    systemctl stop "$UNIT.service" 2>/dev/null || true
    if active; then fail "the registry cannot be stopped: systemctl stop $UNIT failed"; fi
}

# Takes everything away but the images.
take_away() {
    if [ -e "$FOLDER/owner" ] && [ "$(cat "$FOLDER/owner")" != "$OWNER" ]; then return; fi
    stop_unit
    rm -f "$UNIT_FILE" "$UNIT_FILE.new"
    systemctl daemon-reload
    systemctl reset-failed "$UNIT.service" 2>/dev/null || true
    for mark in "$LIBRARY"/loaded-*; do drop_image "$mark" ''; done
    rm -rf "$FOLDER" "$FOLDER.new" "$FOLDER.old" "$LIBRARY"
    drop_empty
}

drop_empty() {
    for one in "${FOLDER%/*}" "${LIBRARY%/*}"; do
        if [ -d "$one" ]; then rmdir "$one" 2>/dev/null || true; fi
    done
}

delete_data() {
    if [ "$(cat "$MARKER" 2>/dev/null)" != "$OWNER" ]; then return; fi
    rm -rf "$DATA/docker" "$MARKER"
    rmdir "$DATA" 2>/dev/null || true
}
