# The options, and the order of things.

action=install
chosen=
hosts=$kit_hosts
offline=
restart=

# value OPTION VALUE...: the value that goes with an option.
value() {
    if [ $# -lt 2 ]; then fail 2 "$1: a value is missing"; fi
    printf '%s' "$2"
}

# known_host HOST: one of the kit's.
choose_host() {
    case " $kit_hosts " in
        *" $1 "*) printf '%s' "$1" ;;
        *) fail 2 "--host: $1 is not in this kit; it has: $kit_hosts" ;;
    esac
}

choose_client() {
    case " $known_clients " in
        *" $1 "*) printf '%s' "$1" ;;
        *) fail 2 "--client: there is no $1; known are: $known_clients" ;;
    esac
}

parse() {
    parse_hosts=
    while [ $# -gt 0 ]; do
        case $1 in
            --*=*)
                parse_option=$1
                shift
                set -- "${parse_option%%=*}" "${parse_option#*=}" "$@"
                ;;
        esac
        case $1 in
            --client | --host | --address | --login | --root | --fingerprint | --insecure-registry)
                parse_value=$(value "$@")
                parse_one "$1" "$parse_value"
                shift
                ;;
            --system) system=yes ;;
            --check) action=check ;;
            --undo) action=undo ;;
            --dry-run) dry_run=yes ;;
            --offline) offline=yes ;;
            --restart-docker) restart=yes ;;
            -h | --help) action=help ;;
            *) fail 2 "there is no option $1; --help lists them" ;;
        esac
        shift
    done
    if [ -n "$parse_hosts" ]; then hosts=${parse_hosts# }; fi
}

# parse_one OPTION VALUE
parse_one() {
    case $1 in
        --client) chosen="$chosen $(choose_client "$2")" ;;
        --host) parse_hosts="$parse_hosts $(choose_host "$2")" ;;
        --address)
            case $2 in
                '' | *[!0-9a-fA-F.:]*) fail 2 "--address: $2 is not an IP address" ;;
            esac
            address=$2
            ;;
        --login)
            case $2 in
                '' | -* | *[!A-Za-z0-9._-]*) fail 2 "--login: allowed are letters, digits, '.', '_' and '-'. The password comes by standard input" ;;
            esac
            login_user=$2
            ;;
        --root)
            if [ ! -d "$2" ]; then fail 2 "--root: $2 is not a directory"; fi
            root=$(cd "$2" && pwd)
            # The root of the machine is no image.
            if [ "$root" = / ]; then root=; fi
            ;;
        --fingerprint) add_expected "$2" ;;
        --insecure-registry)
            case $2 in
                '' | -* | *[!A-Za-z0-9.:-]*) fail 2 "--insecure-registry: allowed is host or host:port" ;;
            esac
            insecure="$insecure $2"
            ;;
    esac
}

help() {
    cat <<END
usage: sh ${0##*/} [options]

Makes the container clients of this machine trust: $kit_hosts
Without options it installs trust for the clients it finds. It may be run again at any time.

  --client NAME         only this client; may be repeated. One of: $known_clients
  --host HOST           only this registry of the kit; may be repeated
  --fingerprint HEX     the CA's SHA-256 as you were told it by another way; anything else is refused
  --system              also the system's own store of roots, which every program believes
  --address IP          also a line in /etc/hosts, where there is no DNS
  --login USER          then log in; the password is read from standard input, never from the command line
  --check               look for what is wrong; change nothing
  --undo                remove what was installed here, and nothing else; log out
  --dry-run             say what would be done
  --offline             do not ask the server for its certificate first
  --root DIR            install into the image or chroot in DIR instead of this machine (needs no root)
  --insecure-registry HOST   let docker, podman, buildah and skopeo use HOST without TLS. Last resort
  --restart-docker      restart docker at the end, with the containers it runs
$platform_help
For the whole machine run it with sudo. As a user it writes to your home directory, where the client reads it.

exit codes: 0 done; 1 something is wrong; 2 wrong usage; 3 the CA or the server's certificate is not the right one;
  4 somebody else's file or a missing right is in the way; 5 the login failed; 6 undone, but something was left
Nothing was changed when the code is 2, 3 or 4.
END
}

plan_clients() {
    if [ -z "$kit_roots" ]; then return; fi
    for plan_host in $hosts; do
        for plan_client in $clients; do want_client "$plan_client" "$plan_host"; done
    done
}

install() {
    if [ -z "$clients" ] && [ -z "$system" ]; then
        fail 4 "none of these is on this machine: $known_clients. Choose one with --client, or use --system"
    fi
    if [ -n "$root" ] && [ -n "$login_user" ]; then fail 2 "--login: an image below --root cannot log in"; fi
    show_roots
    if [ -n "$kit_roots" ] && [ -z "$offline" ] && [ -z "$root" ]; then check_servers; fi
    plan_clients
    plan_system
    plan_insecure
    plan_hosts
    stop_on_problems
    write_plan
    apply_system
    write_insecure
    write_hosts
    if [ -n "$restart" ]; then restart_docker; fi
    log_in
    tell_hints
}

parse "$@"
if [ "$action" = help ]; then
    help
    exit 0
fi
# Registries without TLS have no roots to believe: clients are told that they have none.
if [ -z "$kit_roots" ]; then
    insecure="$insecure $hosts"
    if [ "$action" = check ] || [ -n "$system$expected" ]; then
        fail 2 "$hosts has no TLS and so no CA: there is no --check, no --system and no --fingerprint"
    fi
fi
make_work
verify_roots
find_ledger
clients=${chosen:-$(detect_clients)}
clients=${clients# }
case $action in
    install) install ;;
    check) check ;;
    undo) undo ;;
esac
