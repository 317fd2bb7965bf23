# Whether the runtime reads what we write. Its configuration is looked at and never changed.

# config_files: the configuration and what it imports, in the order in which containerd reads them.
config_files() {
    echo "$root$config"
    awk '
        /^[ \t]*imports[ \t]*=/ { inside = 1 }
        inside { line = $0; sub(/#.*/, "", line); text = text line; if (line ~ /\]/) { inside = 0 } }
        END { while (match(text, /["\047][^"\047]*["\047]/)) { print substr(text, RSTART + 1, RLENGTH - 2); text = substr(text, RSTART + RLENGTH) } }
    ' "$root$config" >"$work/imports"
    while read -r config_import; do
        case $config_import in /*) ;; *) config_import=${config%/*}/$config_import ;; esac
        # shellcheck disable=SC2086 # a pattern
        for config_file in $root$config_import; do
            if [ -f "$config_file" ] && [ "$config_file" != "$root$config" ]; then echo "$config_file"; fi
        done
    done <"$work/imports"
}

# "path <config_path>" where one is set for the image service, else "version <version of the configuration>".
configured_path() {
    config_files >"$work/config-files"
    while read -r configured_file; do
        cat "$configured_file"
        # Each file begins outside of any table.
        printf '\n[]\n'
    done <"$work/config-files" | awk '
        { line = $0; sub(/^[ \t]+/, "", line) }
        line ~ /^\[/ { table = line; gsub(/[ \t"\047]/, "", table); sub(/^\[+/, "", table); sub(/\].*/, "", table); next }
        table == "" && line ~ /^version[ \t]*=/ { version = line; gsub(/[^0-9]/, "", version) }
        table ~ /^plugins\.io\.containerd\.(grpc\.v1\.cri|cri\.v1\.images)\.registry$/ && line ~ /^config_path[ \t]*=/ {
            sub(/^config_path[ \t]*=[ \t]*/, "", line)
            quote = substr(line, 1, 1)
            line = substr(line, 2)
            path = substr(line, 1, index(line, quote) - 1)
            found = 1
        }
        END { if (found) print "path " path; else print "version " (version == "" ? 1 : version) }
    '
}

# check_config FOLDER: the registry directory that we write to.
check_config() {
    if [ "$config_path" = default ] || [ -z "$config" ]; then return; fi
    if [ ! -r "$root$config" ]; then
        warn "$config cannot be read: whether the runtime reads $1 is not known"
        return
    fi
    config_found=$(configured_path)
    config_remedy="set config_path = \"$1\" there in the registry table of the image service, and restart the runtime"
    case $config_found in
        "path ") fail "$config has an empty config_path, so that nothing in $1 is read: $config_remedy" ;;
        path*) config_path=${config_found#path } ;;
        "version 3")
            config_path=default
            return
            ;;
        *) fail "$config sets no config_path, so that nothing in $1 is read: $config_remedy" ;;
    esac
    case :${config_path%/}: in
        ":$1:") ;;
        *":$1:"*) colon_list "$1" ;;
        *) fail "$config has config_path $config_path, so that nothing in $1 is read: write to that directory (registryDirectory), or $config_remedy" ;;
    esac
}

# colon_list FOLDER: a list in config_path, which pulls by the image service understand, and the transfer service takes
# for the name of one directory (https://github.com/containerd/containerd/issues/12415).
colon_list() {
    colon_text="colon-list: config_path is $config_path, which some ways to pull take for the name of one directory"
    if [ "$mend" != link ]; then
        warn "$colon_text: name $1 alone and restart the runtime, or set mend to link"
        return
    fi
    entry "$config_path"
    if [ -z "$entry_kind" ] && { [ -e "$root$config_path" ] || [ -L "$root$config_path" ]; }; then
        warn "$colon_text: something of that name is there already"
        return
    fi
    printf 'link\t%s\t-\t-\t%s\n' "$1" "$config_path" >>"$work/plan"
    warn "$colon_text: a link of that name leads to $1"
}

commit_link() {
    if [ "$(readlink "$root$2" 2>/dev/null)" = "$1" ]; then return; fi
    make_folder "${2%/*}"
    must "make the link $2" ln -s "$1" "$root$2"
    say "made the link $2"
}

# What reads FOLDER besides the runtime, or writes to it.
check_neighbours() {
    for neighbour in "$1"/image-registry.openshift-image-registry.svc* \
        "$root"/etc/docker/certs.d/image-registry.openshift-image-registry.svc*; do
        if [ ! -e "$neighbour" ]; then continue; fi
        fail "${neighbour#"$root"} is OpenShift's, whose node-ca removes what is not its own: name the CA in additionalTrustedCA of image.config.openshift.io/cluster instead"
    done
    if [ -d "$1/_backup" ]; then
        warn "Spegel keeps ${1#"$root"}/_backup and puts it back when it goes: written there as well; set its prependExisting to true"
    elif [ -f "$1/_default/hosts.toml" ]; then
        warn "${1#"$root"}/_default is a mirror for every host that has no directory of its own, so no longer for ours"
    fi
}
