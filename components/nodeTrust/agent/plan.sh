# From the bundle and what is on the machine to what shall be there.

# list_wanted: SOURCE PATH, with a tab between. A hosts.toml comes after the files that it names.
list_wanted() {
    : >"$work/list"
    if [ -d "$bundle/files" ]; then (cd "$bundle/files" && find -L . -type f) | sed 's,^\.,,' | sort >"$work/list"; fi
    if grep -q '[[:cntrl:]\\]' "$work/list"; then fail "a path of the bundle is none for a node"; fi
    sed -n 's,/[^/]*/hosts\.toml$,,p' "$work/list" | sort -u >"$work/folders-read"
    {
        grep -v '/hosts\.toml$' "$work/list" || true
        grep '/hosts\.toml$' "$work/list" || true
    } >"$work/sorted"
    : >"$work/wanted"
    while read -r wanted_path; do
        printf '%s\t%s\n' "$bundle/files$wanted_path" "$wanted_path" >>"$work/wanted"
        wanted_folder=${wanted_path%/*}
        wanted_backup=${wanted_folder%/*}/_backup
        # Spegel moves everything there when it starts, and reads it when it is told to.
        if [ -d "$root$wanted_backup" ] && grep -Fqx -- "${wanted_folder%/*}" "$work/folders-read"; then
            printf '%s\t%s\n' "$bundle/files$wanted_path" "$wanted_backup/${wanted_folder##*/}/${wanted_path##*/}" >>"$work/wanted"
        fi
    done <"$work/sorted"
}

plan_all() {
    list_wanted
    case $runtime in containerd | k3s | rke2) ;; *) config_path=default ;; esac
    # Old ledgers are where files were written then, which is where they are written now.
    while read -r plan_folder; do
        take_over "$plan_folder"
        check_config "$plan_folder"
    done <"$work/folders-read"
    sed "s,.*$tab,,; s,/[^/]*/[^/]*\$,," "$work/wanted" | sort -u >"$work/roots"
    while read -r plan_folder; do check_neighbours "$root$plan_folder"; done <"$work/roots"
    while IFS=$tab read -r plan_source plan_path; do
        check_shadow "${plan_path%/*}"
        plan_file "$plan_source" "$plan_path"
    done <"$work/wanted"
    plan_hosts
    grep "^old$tab" "$state/ledger" >>"$work/plan" || true
}

# check_shadow FOLDER: containerd looks for a host with a port under both names, and at the other one first.
check_shadow() {
    shadow_host=${1##*/}
    case $shadow_host in *:*) ;; *) return 0 ;; esac
    shadow_name=${shadow_host%:*}_${shadow_host##*:}_
    if [ -e "$root${1%/*}/$shadow_name" ]; then
        fail "${1%/*}/$shadow_name exists on the node, and containerd reads it instead of $shadow_host: remove it"
    fi
}

# plan_file SOURCE PATH
plan_file() {
    plan_target=$root$2
    plan_wanted=$(sum "$1")
    plan_now=$(sum "$plan_target")
    if [ -d "$plan_target" ]; then fail "$2 is a directory on the node: remove it"; fi
    entry "$2"
    plan_kind=own
    plan_before=$entry_before
    if [ -z "$entry_kind" ]; then
        first_sight "$1" "$2"
    elif [ "$plan_before" = + ] && mergeable "$2" && [ "$foreign" = merge ] && [ "$(sum "$state/before$2")" != "$plan_wanted" ]; then
        plan_kind=merge
        if [ "$entry_kind" = merge ]; then refresh_before "$2"; fi
    elif [ "$entry_kind" = own ] && [ "$plan_before" = + ] && [ "$foreign" = merge ] && [ "$(sum "$state/before$2")" != "$plan_wanted" ]; then
        refuse "$2"
    fi
    mkdir -p "$work/new${2%/*}"
    plan_new=$work/new$2
    if [ "$plan_kind" = merge ]; then
        check_mergeable "$state/before$2" "$1" "$2"
        merged "$state/before$2" "$1" >"$plan_new"
    elif mergeable "$2" && [ "$plan_before" = - ]; then
        with_docker_files "$1" "$2" >"$plan_new"
    else
        cat "$1" >"$plan_new"
    fi
    give_mode "$plan_new" "$2"
    plan "$plan_kind" "$plan_wanted" "$plan_new" "$plan_before" "$2"
}

mergeable() {
    case $1 in */hosts.toml) return 0 ;; *) return 1 ;; esac
}

refuse() {
    fail "$1 exists on the node and is not ours: remove it, leave its host out of nodeTrust, or set foreign to replace"
}

# first_sight SOURCE PATH: a path that we have not written yet. Whose is what stands there?
first_sight() {
    if other_entry "$2"; then
        if [ "$other_wanted" != "$plan_wanted" ]; then
            fail "$2 belongs to the trust ${other_state##*/} on this node, with another content: two trusts of one host must say the same"
        fi
        # The one that leaves last puts back what stood there before the first.
        plan_kind=$other_kind
        plan_before=$other_before
        if [ "$plan_before" = + ]; then keep "$other_state/before$2" "$2"; fi
    elif [ "$plan_now" = - ] && [ ! -L "$plan_target" ]; then
        plan_before=-
    elif lost "$1" "$2"; then
        plan_before=-
        list_folder "${2%/*}"
    elif [ "$foreign" = replace ] || [ "$plan_now" = "$plan_wanted" ]; then
        plan_before=+
        keep "$plan_target" "$2"
    elif mergeable "$2" && [ ! -L "$plan_target" ]; then
        plan_before=+
        plan_kind=merge
        if grep -Fqx -- "$begin_mark" "$plan_target"; then
            # Our lines are in it, of which a ledger that was lost knew.
            without_block "$plan_target" "$begin_mark" "$end_mark" >"$work/base"
            chmod "$(stat -c %a "$plan_target")" "$work/base"
            keep "$work/base" "$2"
        else
            keep "$plan_target" "$2"
        fi
    else
        refuse "$2"
    fi
}

# lost SOURCE PATH: whether it is ours from a time whose ledger was lost.
lost() {
    case $2 in
        */hosts.toml) head -n 1 "$plan_target" | grep -Fq -- "$owner_line" ;;
        *) [ "$plan_now" = "$plan_wanted" ] && { case ${2##*/} in "$owner".* | siteregistry-*) true ;; *) false ;; esac; } ;;
    esac
}

# refresh_before PATH: what others have changed in their part of a merged file since is theirs, and stays.
refresh_before() {
    if [ "$plan_now" = - ] || [ "$plan_now" = "$entry_written" ]; then return; fi
    without_block "$plan_target" "$begin_mark" "$end_mark" >"$work/base"
    if [ ! -s "$work/base" ] || same_but_end "$work/base" "$state/before$1"; then return; fi
    chmod "$(stat -c %a "$plan_target")" "$work/base"
    keep "$work/base" "$1"
}

# give_mode FILE PATH: that of what stood there. What holds a password is for root alone.
give_mode() {
    give_secret=
    if grep -Fqi authorization "$1" || { case $2 in *.key) true ;; *) false ;; esac; }; then give_secret=yes; fi
    if [ -n "$give_secret" ]; then
        chmod 600 "$1"
    elif [ "$plan_before" = + ] && [ ! -L "$state/before$2" ]; then
        chmod "$(stat -c %a "$state/before$2")" "$1"
    else
        chmod 644 "$1"
    fi
}
