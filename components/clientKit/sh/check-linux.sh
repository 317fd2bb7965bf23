# What can be wrong with the docker daemon of a Linux machine.

check_platform() {
    tell_hints
    case " $clients " in
        *" docker-rootless "*) check_rootless ;;
        *" docker-snap "*) check_snap ;;
        *" docker "*) check_socket ;;
    esac
}

check_socket() {
    if [ -n "$root" ]; then return; fi
    socket=/var/run/docker.sock
    case ${DOCKER_HOST:-} in
        '') ;;
        unix://*) socket=${DOCKER_HOST#unix://} ;;
        *)
            note "docker's daemon is elsewhere (DOCKER_HOST is $DOCKER_HOST): run this script there, too"
            return
            ;;
    esac
    if [ ! -S "$socket" ]; then
        bad "docker's daemon does not run: there is no socket $socket" "sudo systemctl enable --now docker"
        return
    fi
    if [ -r "$socket" ] && [ -w "$socket" ]; then
        ok "docker's socket is open to $(id -un)"
    else
        socket_permission
    fi
    if [ -e "$HOME/.docker" ] && [ ! -w "$HOME/.docker" ]; then
        bad "$HOME/.docker belongs to somebody else, as after a login with sudo" \
            "sudo chown -R \"\$(id -un):\$(id -gn)\" \"\$HOME/.docker\""
    fi
}

socket_permission() {
    # Who is in that group is root on this machine, in all but name.
    # shellcheck disable=SC2012 # its group's name, which find cannot print everywhere
    socket_group=$(ls -ld "$socket" | awk '{ print $4 }')
    socket_user=$(id -un)
    if ! grep -q '^docker:' /etc/group && ! { tool getent && getent group docker >/dev/null; }; then
        bad "docker's socket belongs to the group $socket_group, and there is no group docker" \
            "sudo groupadd docker && sudo usermod -aG docker $socket_user && sudo systemctl restart docker, then log out and in. Who is in that group is as good as root"
    elif [ "$socket_group" != docker ]; then
        bad "docker's socket belongs to the group $socket_group instead of docker" \
            "sudo systemctl restart docker, or at once: sudo chown root:docker $socket"
    elif id -nG "$socket_user" | tr ' ' '\n' | grep -qx docker; then
        bad "$socket_user is in the group docker, but this session began before that" \
            "log out and in, or: newgrp docker"
    else
        bad "$socket_user may not use docker's socket: it is open to the group docker" \
            "sudo usermod -aG docker $socket_user, then log out and in, or: newgrp docker. Who is in that group is as good as root; rootless docker and podman need no such group"
    fi
}

check_rootless() {
    socket=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock
    if [ -S "$socket" ]; then
        ok "the rootless docker daemon runs"
    else
        bad "the rootless docker daemon does not run: there is no socket $socket" "systemctl --user start docker"
    fi
    case ${DOCKER_HOST:-} in
        '' | "unix://$socket") ;;
        *) note "DOCKER_HOST is $DOCKER_HOST: docker talks to that daemon, which may be another one" ;;
    esac
}

check_snap() {
    note "docker is a snap: it reads /var/snap/docker/current/etc/docker/certs.d and nothing of /etc/docker, and sees files below /home only"
    if ! grep -q '^docker:' /etc/group && ! is_root; then
        bad "there is no group docker, so only root may use the snap's socket" \
            "sudo addgroup --system docker && sudo adduser $(id -un) docker && sudo snap disable docker && sudo snap enable docker, then log out and in"
        return
    fi
    check_socket
}
