# Logs in. The password comes by standard input and goes on by standard input: a command line can be read by every
# user of a machine. It is kept in one variable of this process and nowhere else of ours; where the client
# keeps it, it says itself.

login_user=

read_password() {
    case $(command -v printf) in
        # A printf that is a program would show the password in its command line.
        /*) fail 5 "this shell has no printf of its own: run this script with another one" ;;
    esac
    { set +x; } 2>/dev/null
    if [ -t 0 ]; then
        printf 'Password of %s: ' "$login_user" >&2
        trap 'stty echo; exit 1' HUP INT TERM
        stty -echo
        IFS= read -r password || true
        stty echo
        trap 'exit 1' HUP INT TERM
        printf '\n' >&2
    else
        IFS= read -r password || true
    fi
    if [ -z "$password" ]; then fail 5 "--login reads the password from standard input, which was empty"; fi
}

# login_file CLIENT: where the client keeps its logins.
login_file() {
    case $1 in
        docker-snap) printf '%s' "$HOME/snap/docker/current/.docker/config.json" ;;
        docker | docker-rootless | docker-desktop | nerdctl) printf '%s' "${DOCKER_CONFIG:-$HOME/.docker}/config.json" ;;
        *)
            if [ -n "${REGISTRY_AUTH_FILE:-}" ]; then
                printf '%s' "$REGISTRY_AUTH_FILE"
            elif [ -n "${XDG_RUNTIME_DIR:-}" ]; then
                printf '%s' "$XDG_RUNTIME_DIR/containers/auth.json"
            elif [ "$kit_platform" = macOS ]; then
                printf '%s' "$HOME/.config/containers/auth.json"
            else
                printf '%s' "/run/containers/$(id -u)/auth.json"
            fi
            ;;
    esac
}

# login_command CLIENT
login_command() {
    case $1 in
        docker | docker-*) printf 'docker' ;;
        *) printf '%s' "$1" ;;
    esac
}

log_in() {
    if [ -z "$login_user" ]; then return; fi
    # Clients that keep their logins in one file need one login.
    login_clients=
    login_files=
    for login_client in $(login_order); do
        login_path=$(login_file "$login_client")
        case $login_files in *"|$login_path|"*) continue ;; esac
        login_files="$login_files|$login_path|"
        login_clients="$login_clients $login_client"
    done
    if [ -z "$login_clients" ]; then
        fail 5 "--login: none of the selected clients ($clients) keeps a login. containerd is given one with each pull: ctr images pull --user, or a pull secret"
    fi
    if [ -n "$dry_run" ]; then
        for login_client in $login_clients; do
            say "would log in as $login_user with $login_client, kept in $(login_file "$login_client")"
        done
        return
    fi
    if is_root && [ -n "${SUDO_USER:-}" ]; then
        hint "this login is root's. $SUDO_USER logs in without sudo: sh $0 --login $login_user"
    fi
    read_password
    for login_host in $hosts; do
        for login_client in $login_clients; do log_in_with "$login_client" "$login_host"; done
    done
}

# The quick ones first: skopeo and buildah need no storage of images to log in.
login_order() {
    for order_client in docker docker-snap docker-rootless docker-desktop nerdctl skopeo buildah podman; do
        case " $clients " in *" $order_client "*) printf '%s ' "$order_client" ;; esac
    done
}

# ask_login CLIENT HOST
ask_login() {
    printf '%s' "$password" |
        "$(login_command "$1")" login --username "$login_user" --password-stdin "$2" >"$work/login" 2>&1
}

# log_in_with CLIENT HOST
log_in_with() {
    with_path=$(login_file "$1")
    with_before=absent
    if [ -e "$with_path" ]; then with_before=present; fi
    # A login that follows one of ours finds our file: what counts is what was there before all of them.
    case $(recorded login | grep "$tab$with_path\$" | head -n 1 || true) in
        *":absent$tab"*) with_before=absent ;;
    esac
    missing_folders "$(dirname "$with_path")" >"$work/login-folders"
    with_done=
    if ask_login "$1" "$2"; then
        with_done=yes
    elif [ -n "$hosts_written" ]; then
        # A daemon that has looked a name up just now remembers the hosts file for five seconds.
        sleep 6
        hosts_written=
        if ask_login "$1" "$2"; then with_done=yes; fi
    fi
    if [ -z "$with_done" ]; then
        sed 's/^/  /' "$work/login" >&2
        fail 5 "$1 could not log in to $2 as $login_user. The trust is installed; --check tells more."
    fi
    while read -r with_folder; do
        if [ -d "$with_folder" ]; then record dir - "$with_folder"; fi
    done <"$work/login-folders"
    if [ -e "$with_path" ]; then record login "$1:$2:$with_before" "$with_path"; fi
    say "logged in to $2 as $login_user with $1, which keeps it in $with_path"
    case $with_path in
        /run/*) hint "$with_path does not outlive a restart of the machine: log in again, or set REGISTRY_AUTH_FILE" ;;
    esac
}

# undo_login CLIENT:HOST:BEFORE PATH
undo_login() {
    undo_client=${1%%:*}
    undo_host=${1#*:}
    undo_before=${undo_host##*:}
    undo_host=${undo_host%:*}
    if [ ! -e "$2" ]; then return; fi
    if [ -n "$dry_run" ]; then
        say "would log out of $undo_host with $undo_client"
        return
    fi
    if grep -Fq "\"$undo_host\"" "$2"; then
        if log_out_with "$undo_client" "$undo_host" "$2"; then
            say "logged out of $undo_host with $undo_client"
        else
            left "the login for $undo_host in $2"
        fi
    fi
    case $undo_before:$(tr -d ' \t\n' <"$2") in
        'absent:{}' | 'absent:{"auths":{}}')
            rm -f "$2"
            say "removed $2, which was empty and not there before"
            ;;
    esac
}

# log_out_with CLIENT HOST PATH: from that very file, wherever the client would look today.
log_out_with() {
    case $1 in
        docker | docker-* | nerdctl)
            DOCKER_CONFIG=$(dirname "$3") "$(login_command "$1")" logout "$2" </dev/null >/dev/null 2>&1
            ;;
        *)
            # They share the file, and not each of them works without its storage.
            for out_client in "$1" skopeo buildah podman; do
                if tool "$out_client" && "$out_client" logout --authfile "$3" "$2" </dev/null >/dev/null 2>&1; then
                    return 0
                fi
            done
            return 1
            ;;
    esac
}
