# The container clients of Linux, and where each looks for the roots of one registry.

known_clients="docker docker-snap docker-rootless podman buildah skopeo nerdctl containerd"

detect_clients() {
    detect_found=
    if has docker; then
        case $(command -v docker 2>/dev/null || true) in
            /snap/*) detect_found=docker-snap ;;
            *) detect_found=docker ;;
        esac
        if [ -n "$root" ] && [ -x "$root/snap/bin/docker" ]; then detect_found=docker-snap; fi
        if rootless_docker; then detect_found=docker-rootless; fi
    fi
    for detect_client in podman buildah skopeo nerdctl; do
        if has "$detect_client"; then detect_found="$detect_found $detect_client"; fi
    done
    # Docker brings a containerd along, which pulls nothing by itself.
    if has containerd && { has nerdctl || has crictl || has kubelet; } && { [ -n "$root" ] || is_root; }; then
        detect_found="$detect_found containerd"
    fi
    printf '%s' "$detect_found"
}

# A user whose own docker daemon runs, or is set up to run.
rootless_docker() {
    [ -z "$root" ] && ! is_root && {
        [ -S "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock" ] ||
            [ -f "${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/docker.service" ]
    }
}

# want_client CLIENT HOST
want_client() {
    client_config=${XDG_CONFIG_HOME:-${HOME:-}/.config}
    if [ -n "$root" ] || is_root; then client_wide=yes; else client_wide=; fi
    case $1 in
        docker) want "$work/ca.crt" "$root/etc/docker/certs.d/$2/ca.crt" ;;
        # A snap sees nothing of /etc: this is its own.
        docker-snap) want "$work/ca.crt" "$root/var/snap/docker/current/etc/docker/certs.d/$2/ca.crt" ;;
        docker-rootless)
            if [ -n "$client_wide" ]; then problem "docker-rootless: run this script as the user whose daemon it is"; fi
            want "$work/ca.crt" "$client_config/docker/certs.d/$2/ca.crt"
            ;;
        podman | buildah | skopeo)
            if [ -n "$client_wide" ]; then
                want "$work/ca.crt" "$root/etc/containers/certs.d/$2/ca.crt"
            else
                want "$work/ca.crt" "$HOME/.config/containers/certs.d/$2/ca.crt"
            fi
            ;;
        nerdctl | containerd)
            if [ -n "$client_wide" ]; then
                client_folder=$root/etc/containerd/certs.d/$2
            elif [ "$1" = nerdctl ]; then
                client_folder=$client_config/containerd/certs.d/$2
            else
                problem "containerd: its trust is the whole machine's: run this script with sudo"
                return
            fi
            client_toml=$work/hosts.$(printf '%s' "$2" | tr ':' '_').toml
            hosts_toml "$2" >"$client_toml"
            # The CA first: a hosts.toml that names a file which is not there fails every pull.
            want "$work/ca.crt" "$client_folder/ca.crt"
            want "$client_toml" "$client_folder/hosts.toml"
            if [ "$1" = containerd ]; then containerd_hint; fi
            ;;
    esac
}

hosts_toml() {
    cat <<END
# Written by trust-registry.sh.
server = "https://$1"
capabilities = ["pull", "resolve", "push"]
ca = ["ca.crt"]

[host."https://$1"]
capabilities = ["pull", "resolve", "push"]
ca = ["ca.crt"]
END
}

# containerd's image service looks into certs.d only where its configuration names the directory.
containerd_hint() {
    containerd_file=$root/etc/containerd/config.toml
    containerd_path=
    if [ -r "$containerd_file" ]; then
        containerd_path=$(sed -n 's/^[[:space:]]*config_path[[:space:]]*=[[:space:]]*["'\'']\([^"'\'']*\).*/\1/p' \
            "$containerd_file" | grep -v '^$' | head -n 1 || true)
    fi
    case $containerd_path in
        /etc/containerd/certs.d) ;;
        '') hint "$containerd_file names no config_path (containerd 2.2 and newer have a default): set it to \"/etc/containerd/certs.d\" in the registry section and restart containerd. ctr needs --hosts-dir /etc/containerd/certs.d in any case" ;;
        *:*) hint "$containerd_file names two directories in config_path ($containerd_path), which some versions take for one: name /etc/containerd/certs.d alone" ;;
        *) hint "$containerd_file has config_path $containerd_path: what was written to /etc/containerd/certs.d is not read" ;;
    esac
}

# restart_command CLIENT: what makes that docker daemon read its configuration again.
restart_command() {
    case $1 in
        docker) printf 'systemctl restart docker' ;;
        docker-snap) printf 'snap restart docker' ;;
        docker-rootless) printf 'systemctl --user restart docker' ;;
    esac
}

# Only when --restart-docker asks for it: containers end with their daemon, unless live-restore is set.
restart_docker() {
    for restart_client in $clients; do
        restart_with=$(restart_command "$restart_client")
        if [ -z "$restart_with" ]; then continue; fi
        if [ -n "$dry_run" ] || [ -n "$root" ]; then
            say "would run: $restart_with"
        else
            say "restarting docker, as --restart-docker asks: $restart_with"
            # shellcheck disable=SC2086 # words of a command
            $restart_with || fail 1 "docker could not be restarted: $restart_with"
        fi
    done
}

# daemon_file CLIENT: the configuration of that docker daemon.
daemon_file() {
    case $1 in
        docker) printf '%s' "$root/etc/docker/daemon.json" ;;
        docker-snap) printf '%s' "$root/var/snap/docker/current/config/daemon.json" ;;
        docker-rootless) printf '%s' "${XDG_CONFIG_HOME:-$HOME/.config}/docker/daemon.json" ;;
    esac
}

# edited_hint FILE
edited_hint() {
    case $1 in
        */var/snap/*) hint "docker reads $1 again when it is restarted: sudo $(restart_command docker-snap)" ;;
        */etc/docker/*) hint "docker reads $1 again on: sudo systemctl reload docker (containers go on running)" ;;
        *) hint "docker reads $1 again on: systemctl --user reload docker" ;;
    esac
}
