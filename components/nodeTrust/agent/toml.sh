# hosts.toml files of others. See https://github.com/containerd/containerd/blob/main/docs/hosts.md

begin_mark="# begin siteregistry; changes made by hand are undone"
end_mark="# end siteregistry"

# tables FILE: the headers of its tables without blanks, one a line, quotes as in JSON.
tables() {
    sed -n 's/[[:space:]]//g; y/'"'"'/"/; s/^\(\[[^#]*\]\).*/\1/p' "$1"
}

# check_mergeable FILE OURS PATH: whether our tables can stand after those of FILE.
check_mergeable() {
    if grep -Eq '^[[:space:]]*host[[:space:]]*=' "$1" || [ "$(grep -Ec "\"\"\"|'''" "$1")" != 0 ]; then
        fail "$3 on the node is somebody else's and of a form that cannot be added to: remove it, write its hosts as [host.\"...\"] tables, or set foreign to replace"
    fi
    tables "$2" >"$work/tables"
    while read -r check_table; do
        if tables "$1" | grep -Fqx -- "$check_table"; then
            fail "$3 on the node is somebody else's and has a table $check_table already: remove it, or set foreign to replace"
        fi
    done <"$work/tables"
}

# merged FILE OURS: FILE and then the tables of OURS, between marks.
merged() {
    cat "$1"
    if [ -n "$(tail -c 1 "$1")" ]; then echo; fi
    echo "$begin_mark"
    sed -n '/^\[host\./,$p' "$2"
    echo "$end_mark"
}

# without_block FILE BEGIN END: FILE without what stands between these lines.
without_block() {
    awk -v begin="$2" -v end="$3" '$0 == begin { inside = 1 } !inside { print } $0 == end { inside = 0 }' "$1"
}

# with_docker_files OURS PATH: OURS, and what containerd reads of a host's directory while there is no hosts.toml in it:
# *.crt are roots, *.cert and *.key pairs of a client.
with_docker_files() {
    docker_roots=
    docker_pairs=
    for docker_file in "$root${2%/*}"/*.crt "$root${2%/*}"/*.cert; do
        docker_name=${docker_file##*/}
        case $docker_name in *[!-._A-Za-z0-9]*) continue ;; esac
        docker_path=${2%/*}/$docker_name
        entry "$docker_path"
        if [ ! -f "$docker_file" ] || [ -n "$entry_kind" ] || grep -Fq -- "$tab$docker_path" "$work/wanted" ||
            other_entry "$docker_path"; then
            continue
        fi
        case $docker_name in
            # Ours, from a time whose ledger was lost: a root of then is not to be believed for ever.
            siteregistry-????????????.crt) printf 'own\t-\t-\t-\t%s\n' "$docker_path" >>"$work/strays" ;;
            *.crt) docker_roots="$docker_roots, \"$docker_name\"" ;;
            *)
                if [ -f "${docker_file%.cert}.key" ]; then
                    docker_pairs="$docker_pairs${docker_pairs:+, }[\"$docker_name\", \"${docker_name%.cert}.key\"]"
                fi
                ;;
        esac
    done
    sed "s|^\\(ca = \\[.*\\)\\]\$|\\1$docker_roots]${docker_pairs:+\\
client = [$docker_pairs]}|" "$1"
}
