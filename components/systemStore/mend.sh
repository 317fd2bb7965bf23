# shellcheck shell=sh disable=SC2154 # it follows service.sh, $directory and $config, and the agent's config.sh
# Has containerd read $directory: sets config_path in $config where nothing sets it, and restarts it. One of:
#   apply    do so; where it is set already, nothing is touched and nothing is restarted
#   remove   put back what stood there, byte for byte
# A drop-in file would not do: containerd takes the whole table of a plugin from the last file that has one. What stood there,
# and whether a restart is owed still, is kept on the machine.

state=$root/var/lib/siteregistry/$owner-config
work=$state/work
file=$root$config
begin_line="# begin siteregistry $owner"
end_line="# end siteregistry $owner"

sum() {
    if [ -f "$1" ]; then sha256sum <"$1"; else echo none; fi
}

# What stood there before us, as far as others have left it alone since: in $work/base. There is none where there was no file.
find_base() {
    if ! { rm -rf "$work" && mkdir -p "$work"; }; then
        fail "cannot write to ${state#"$root"}: its file system is full or read-only"
    fi
    if [ ! -f "$state/written" ]; then
        if [ -f "$file" ]; then cp -p "$file" "$work/base"; fi
    elif [ "$(sum "$file")" = "$(cat "$state/written")" ] || [ ! -f "$file" ]; then
        if [ -f "$state/before" ]; then cp -p "$state/before" "$work/base"; fi
    elif ! grep -Fqx -- "$begin_line" "$file"; then
        cp -p "$file" "$work/base"
    else
        # Somebody has changed it since: that stays, and our lines go.
        cp -p "$file" "$work/base"
        awk -v begin="$begin_line" -v end="$end_line" -v line="$(cat "$state/line" 2>/dev/null || true)" '
            $0 == begin { inside = 1; if (line != "") { print line } }
            !inside { print }
            $0 == end { inside = 0 }' "$file" >"$work/base"
    fi
}

# place FILE: moves it to where the configuration is, which is the old one or the new one at any time.
place() {
    if ! { cp -p "$1" "$file.siteregistry-new" && sync && mv "$file.siteregistry-new" "$file"; }; then
        rm -f "$file.siteregistry-new" 2>/dev/null || true
        fail "cannot write $config: its file system is full or read-only"
    fi
}

place_base() {
    if [ -f "$work/base" ]; then place "$work/base"; else rm -f "$file"; fi
}

# Where the line goes: in the place of an empty one, below the header of its table, or with a header at the end.
with_path() {
    awk -v table="$1" -v path="$directory" -v begin="$begin_line" -v end="$end_line" -v line_file="$work/line" '
        function ours(indent) { print begin; print indent "config_path = \"" path "\""; print end; done = 1 }
        FNR == 1 { run++ }
        {
            text = $0; sub(/^[ \t]+/, "", text)
            if (text ~ /^\[/) {
                now = text; gsub(/[ \t"\047]/, "", now); sub(/^\[+/, "", now); sub(/\].*/, "", now)
            }
            is_header = text ~ /^\[/ && now == table
            is_line = text !~ /^\[/ && now == table && text ~ /^config_path[ \t]*=/
        }
        run == 1 { if (is_line) { has_line = 1 } else if (is_header) { has_header = 1 } next }
        is_line && !done { print $0 >line_file; ours(substr($0, 1, length($0) - length(text))); next }
        { print }
        is_header && !has_line && !done { ours("  ") }
        END {
            if (!done) {
                print begin; quoted = table; sub(/^plugins\./, "", quoted); sub(/\.registry$/, "", quoted)
                print "[plugins.\"" quoted "\".registry]"; print "  config_path = \"" path "\""; print end
            }
        }' "$work/old" "$work/old"
}

# The whole configuration as containerd understands it, with what it imports, must name the directory.
check_candidate() {
    command -v containerd >/dev/null 2>&1 || fail "the program containerd is not found, which could check the new $config"
    if ! containerd --config "$file.siteregistry-check" config dump >"$work/dump" 2>"$work/words"; then
        fail "containerd does not take $config with config_path set: $(tail -n 1 "$work/words")"
    fi
    grep -Eq "config_path = [\"']${directory}[\"']" "$work/dump" ||
        fail "config_path set in $config has no effect, since a file that it imports has the same table: set it there, and restart $service"
}

make_candidate() {
    if [ -f "$work/base" ]; then cp -p "$work/base" "$work/old"; else printf 'version = 2\n' >"$work/old"; fi
    table=plugins.io.containerd.grpc.v1.cri.registry
    if [ "$version" -ge 3 ]; then table=plugins.io.containerd.cri.v1.images.registry; fi
    # A last line without an end would swallow ours.
    if [ -n "$(tail -c 1 "$work/old")" ]; then echo >>"$work/old"; fi
    cp -p "$work/old" "$work/new"
    with_path "$table" >"$work/new"
    mkdir -p "${file%/*}"
    cp -p "$work/new" "$file.siteregistry-check" || fail "cannot write beside $config: its file system is full or read-only"
    code=0
    (check_candidate) || code=$?
    rm -f "$file.siteregistry-check"
    if [ "$code" != 0 ]; then exit 1; fi
}

apply() {
    find_service
    find_base
    version=2
    path=
    if [ -f "$work/base" ]; then
        # Its imports are found from where it is.
        cp -p "$work/base" "$file.siteregistry-base" || fail "cannot write beside $config: its file system is full or read-only"
        mended=$config
        config=$config.siteregistry-base
        found=$(configured_path)
        config=$mended
        rm -f "$file.siteregistry-base"
        version=${found%% *}
        path=${found#* * }
        while read -r imported; do
            name=${imported%.siteregistry-base}
            case $imported in *.siteregistry-base) imported=$work/base ;; esac
            if grep -Eq '^[[:space:]]*\[.*registry\.(mirrors\.|configs\..*\.tls)' "$imported"; then
                fail "${name#"$root"} has registry.mirrors or registry.configs with tls, which containerd takes no config_path beside: make hosts.toml files of them first"
            fi
        done <"$work/config-files"
        if [ "$version" -lt 2 ]; then fail "$config has no version, or the first: it is too old to be mended; write it with version = 2"; fi
    fi
    if [ -n "$path" ]; then
        # The site has set it itself by now, whatever it is: then it is the site's.
        if [ -f "$state/written" ]; then remove; else rm -rf "$work"; tidy; fi
        return 0
    fi
    make_candidate
    if ! cmp -s "$work/new" "$file"; then
        if [ -f "$work/base" ]; then cp -p "$work/base" "$state/before"; else rm -f "$state/before"; fi
        if [ -f "$work/line" ]; then cp "$work/line" "$state/line"; else rm -f "$state/line"; fi
        # Known before it is there: whoever dies in between still knows what to take back.
        sum "$work/new" >"$state/written"
        touch "$state/owed"
        place "$work/new"
        echo "set config_path in $config"
    fi
    if [ -e "$state/owed" ]; then
        if ! (restart); then
            place_base
            (restart) || true
            rm -rf "$state"
            fail "$service did not start with config_path set in $config: the old one is back"
        fi
        rm -f "$state/owed"
        echo "restarted $service"
    fi
    rm -rf "$work"
}

tidy() {
    rmdir "$state" "$root/var/lib/siteregistry" 2>/dev/null || true
}

remove() {
    [ -d "$state" ] || return 0
    find_service
    if [ -f "$state/written" ]; then
        find_base
        touch "$state/owed"
        place_base
        rm -f "$state/written"
        echo "put back $config"
    fi
    if [ -e "$state/owed" ]; then
        restart
        rm -f "$state/owed"
        echo "restarted $service"
    fi
    rm -rf "$state"
    tidy
}

case ${1:-} in
    apply) apply ;;
    remove) remove ;;
    *) fail "usage: apply|remove" ;;
esac
