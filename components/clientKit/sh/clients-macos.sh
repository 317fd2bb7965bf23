# The container clients of macOS. Docker Desktop and podman run in virtual machines of their own.
# UNPROVEN: this part follows the clients' documentation and has run on no Mac.

known_clients="docker-desktop skopeo podman"
platform_help="
UNPROVEN: this script follows the documentation of macOS and Docker Desktop; it was tried on no Mac.
--system means the keychain: that of the machine with sudo, your own without."

detect_clients() {
    detect_found=
    if has docker || [ -d "$root/Applications/Docker.app" ]; then detect_found=docker-desktop; fi
    for detect_client in skopeo podman; do
        if has "$detect_client"; then detect_found="$detect_found $detect_client"; fi
    done
    printf '%s' "$detect_found"
}

# want_client CLIENT HOST
want_client() {
    case $1 in
        docker-desktop)
            refuse_root "$1"
            want "$work/ca.crt" "$HOME/.docker/certs.d/$2/ca.crt"
            hint "Docker Desktop takes up certs.d and the keychain when it is restarted (--restart-docker)"
            ;;
        skopeo)
            refuse_root "$1"
            want "$work/ca.crt" "$HOME/.config/containers/certs.d/$2/ca.crt"
            ;;
        podman)
            hint "podman pulls inside its machine. Give it ca.crt of this kit: podman machine ssh 'sudo mkdir -p /etc/containers/certs.d/$2 && sudo tee /etc/containers/certs.d/$2/ca.crt' <ca.crt"
            ;;
    esac
}

# The clients read the home directory of the person who uses them.
refuse_root() {
    if is_root && [ -z "$root" ]; then problem "$1: run this script without sudo, as the person who uses it"; fi
}

restart_command() {
    if [ "$1" = docker-desktop ]; then printf 'open -a Docker'; fi
}

restart_docker() {
    case " $clients " in *" docker-desktop "*) ;; *) return ;; esac
    if [ -n "$dry_run" ]; then
        say "would restart Docker Desktop"
        return
    fi
    say "restarting Docker Desktop, as --restart-docker asks"
    osascript -e 'quit app "Docker"' || fail 1 "Docker Desktop could not be ended"
    # It has left when its process has.
    restart_tries=0
    while pgrep -x 'Docker Desktop' >/dev/null && [ "$restart_tries" -lt 60 ]; do
        sleep 1
        restart_tries=$((restart_tries + 1))
    done
    open -a Docker || fail 1 "Docker Desktop could not be started"
}

daemon_file() {
    if [ "$1" = docker-desktop ]; then printf '%s' "$HOME/.docker/daemon.json"; fi
}

# edited_hint FILE
edited_hint() {
    hint "Docker Desktop reads $1 again when it is restarted (--restart-docker)"
}

check_platform() {
    tell_hints
    case " $clients " in *" docker-desktop "*) ;; *) return ;; esac
    if docker version >/dev/null 2>&1; then
        ok "Docker Desktop answers"
    else
        bad "Docker Desktop does not answer" "open -a Docker"
    fi
}
