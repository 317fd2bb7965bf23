# What is wrong with the machine is said before anything is written there.

fail() {
    printf '%s: %s\n' "$MACHINE" "$1" >&2
    exit 1
}

active() { systemctl is-active --quiet "$UNIT.service"; }

# By the kernel's own list: state 0A is LISTEN, and a port is the last four hexadecimal digits of an address.
listening() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

check_machine() {
    [ "$(id -u)" = 0 ] || fail "the script has to run as root; give host.machines[].user sudo without a password"
    [ -d /run/systemd/system ] || fail "systemd does not run there, and every host.runtime needs it to start the registry with the machine"
    case $RUNTIME in
        systemd) ;;
        *) command -v "$RUNTIME" >/dev/null || fail "host.runtime: is $RUNTIME, which is not installed there; install it, or use systemd, which needs no runtime" ;;
    esac
    if [ "$RUNTIME" = podman ] && ! find /usr/lib/systemd /usr/local/lib/systemd /etc/systemd -name podman-system-generator 2>/dev/null | grep -q .; then
        fail "host.runtime: is podman, which knows no Quadlets there: it has to be 4.4 or newer, or use systemd, which needs no runtime"
    fi
    [ ! -e "$FOLDER/owner" ] || [ "$(cat "$FOLDER/owner")" = "$OWNER" ] ||
        fail "host.name: $UNIT is there already, of $(cat "$FOLDER/owner"); allowed is a name that no other registry has on the machine"
    [ -e "$FOLDER/owner" ] || [ ! -e "$UNIT_FILE" ] ||
        fail "host.name: $UNIT_FILE is there already and not of this stack; allowed is a name that nothing has on the machine"
}

check_port() {
    if active && [ "$(cat "$FOLDER/port" 2>/dev/null)" = "$PORT" ]; then return; fi
    if listening "$PORT"; then
        fail "host.port: something else listens on port $PORT there (ss -ltnp shows what); allowed is a free port"
    fi
}

check_data() {
    if [ -e "$MARKER" ]; then
        [ "$(cat "$MARKER")" = "$OWNER" ] ||
            fail "host.dataDirectory: $DATA is another registry's, of $(cat "$MARKER"); allowed is a folder that is empty, or not there; to take its images over, write '$OWNER' into $MARKER"
    elif [ -e "$DATA" ]; then
        [ -d "$DATA" ] || fail "host.dataDirectory: $DATA is not a folder"
        [ -z "$(find "$DATA" -mindepth 1 -maxdepth 1 ! -name lost+found)" ] ||
            fail "host.dataDirectory: $DATA is not empty and no registry of ours has it; allowed is a folder that is empty, or not there; to take a registry's folder over, write '$OWNER' into $MARKER"
    fi
}
