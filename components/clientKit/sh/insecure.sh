# Registries without trust, each named by hand. Whoever is between this machine and such a registry can read the
# passwords and change the images.

insecure=

plan_insecure() {
    for insecure_host in $insecure; do
        insecure_taken=
        for insecure_client in $clients; do
            insecure_file=$(daemon_file "$insecure_client")
            if [ -n "$insecure_file" ]; then
                plan_daemon "$insecure_file"
            else
                case $insecure_client in
                    podman | buildah | skopeo) plan_registries ;;
                    *) continue ;;
                esac
            fi
            insecure_taken=yes
        done
        if [ -z "$insecure_taken" ]; then
            problem "--insecure-registry: only docker, podman, buildah and skopeo are told of one, and none of them is selected"
        fi
    done
}

# plan_daemon FILE: docker's configuration is merged, never overwritten.
plan_daemon() {
    daemon_key=$(printf '%s' "$1" | tr '/' '_')
    daemon_new=$work/edit$daemon_key
    if [ ! -f "$daemon_new" ]; then
        if [ -e "$1" ]; then cat "$1" >"$daemon_new"; else : >"$daemon_new"; fi
        printf '%s\t%s\n' "$daemon_new" "$1" >>"$work/edits"
        if ! may_write "$1"; then problem "$1 cannot be written: run this script with sudo"; fi
        if [ -e "$1$backup_suffix" ] && ! owned edit "$1"; then
            problem "$1 was changed since this script changed it, and $1$backup_suffix is there still: move that away"
        fi
    fi
    if lists_insecure "$daemon_new" "$insecure_host"; then return; fi
    if ! merge_insecure "$daemon_new" "$insecure_host"; then
        problem "$1 cannot be merged: neither jq nor python3 is installed, or it is not a JSON object. Add by hand: \"insecure-registries\": [\"$insecure_host\"]"
    fi
}

# lists_insecure FILE HOST: whether the file names that registry already, however it is laid out.
lists_insecure() {
    tr -d ' \t\r\n' <"$1" | grep -Fq '"insecure-registries":[' || return 1
    tr -d ' \t\r\n' <"$1" | sed 's/.*"insecure-registries":\[\([^]]*\).*/\1/' | grep -Fq "\"$2\""
}

# merge_insecure FILE HOST
merge_insecure() {
    if [ ! -s "$1" ]; then
        printf '{\n  "insecure-registries": ["%s"]\n}\n' "$2" >"$1"
    elif tool jq; then
        jq --arg host "$2" '."insecure-registries" |= ((. // []) | if index([$host]) then . else . + [$host] end)' \
            "$1" >"$1.merged" 2>/dev/null && mv "$1.merged" "$1"
    elif tool python3; then
        python3 -c '
import json, sys
path, host = sys.argv[1:]
with open(path) as file:
    settings = json.load(file)
known = settings.setdefault("insecure-registries", [])
if host not in known:
    known.append(host)
with open(path, "w") as file:
    json.dump(settings, file, indent=2)
    file.write("\n")
' "$1" "$2" 2>/dev/null
    else
        return 1
    fi
}

plan_registries() {
    registries_source=$work/insecure-$(printf '%s' "$insecure_host" | tr ':' '_').conf
    printf '# Written by trust-registry.sh, asked for by --insecure-registry.\n[[registry]]\nlocation = "%s"\ninsecure = true\n' \
        "$insecure_host" >"$registries_source"
    registries_folder=$root/etc/containers/registries.conf.d
    if [ -z "$root" ] && ! is_root; then registries_folder=$HOME/.config/containers/registries.conf.d; fi
    want "$registries_source" "$registries_folder/siteregistry-insecure-$(printf '%s' "$insecure_host" | tr ':' '_').conf"
}

write_insecure() {
    if [ -z "$insecure" ]; then return; fi
    printf '%s\n' "WARNING: without TLS, or without a check of its certificate, is trusted:$insecure" \
        "WARNING: whoever is between this machine and it can read passwords and change images." >&2
    if [ ! -f "$work/edits" ]; then return; fi
    while IFS=$tab read -r edit_source edit_path; do
        if cmp -s "$edit_source" "$edit_path"; then
            say "is there: $edit_path"
        elif [ -n "$dry_run" ]; then
            say "would merge into $edit_path"
        else
            make_folder "$(dirname "$edit_path")"
            if [ -e "$edit_path" ] && [ ! -e "$edit_path$backup_suffix" ] && ! owned edit "$edit_path"; then
                cp -p "$edit_path" "$edit_path$backup_suffix"
            fi
            record edit "$(sha256 <"$edit_source")" "$edit_path"
            replace "$edit_source" "$edit_path"
            say "merged into $edit_path; what it was before is in $edit_path$backup_suffix, if it was there"
            edited_hint "$edit_path"
        fi
    done <"$work/edits"
}
