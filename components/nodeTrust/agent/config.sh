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

# Three words: the version of the configuration; "local" where the image service pulls by itself, else "transfer" (only the
# former understands a list of directories, and containerd 2 uses the latter unless told otherwise); and config_path, if any.
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
        }
        table ~ /^plugins\.io\.containerd\.cri\.v1\.images$/ && line ~ /^(use_local_image_pull|discard_unpacked_layers)[ \t]*=[ \t]*true/ {
            local = 1
        }
        END { print (version == "" ? 1 : version), (local ? "local" : "transfer"), path }
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
    config_version=${config_found%% *}
    config_found=${config_found#* }
    config_pull=${config_found%% *}
    config_path=${config_found#* }
    config_remedy="set config_path = \"$1\" there in the registry table of the image service, and restart the runtime"
    if [ -z "$config_path" ]; then
        if [ "$config_version" -lt 3 ]; then
            config_path=unknown
            config_table='plugins."io.containerd.grpc.v1.cri".registry'
            config_line="write config_path = \"$1\" below the line [$config_table] of $config, and restart the runtime"
            if [ "$config_version" -lt 2 ]; then config_line="write it with version = 2, and then $config_line"; fi
            fail "$config sets no config_path, so that nothing in $1 is read: $config_line, or set nodeTrust.mend to config, which does so on one machine after the other"
        fi
        # What containerd 2.2 and newer take when there is none.
        config_path=/etc/containerd/certs.d:/etc/docker/certs.d
    fi
    case :${config_path%/}: in
        ":$1:") ;;
        *":$1:"*) colon_list "$1" ;;
        *) fail "$config has config_path $config_path, so that nothing in $1 is read: write to that directory (registryDirectory), or $config_remedy" ;;
    esac
}

# colon_list FOLDER: a list in config_path, which pulls by the image service understand, and the transfer service takes
# for the name of one directory (https://github.com/containerd/containerd/issues/12415; tried with 2.4.2).
# A configuration of version 2 is one of containerd 1 as a rule, which has no transfer service.
colon_list() {
    if [ "$config_pull" = local ]; then return; fi
    colon_text="colon-list: config_path is $config_path, which containerd 2 takes for the name of one directory"
    if [ "$mend" != link ]; then
        if [ "$config_version" -ge 3 ]; then fail "$colon_text: $config_remedy, or set mend to link"; fi
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
