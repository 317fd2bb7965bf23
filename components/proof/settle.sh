# Waits until the registry is what the stack says: every name, the certificate, every login and its role.
# The kubelet hands a changed certificate or list of users to the pods in its own time, a minute or so.
# Files: /proof/{ca.crt,server.crt,hosts,logins} and /logins/<login> (curl's --config: no password in a command line).
# Environment: SERVICE (host:port), ROUNDS (how often in a row all must hold), PATIENCE (seconds).
set -u
: "${SERVICE:?}" "${ROUNDS:?}" "${PATIENCE:?}"

cause="nothing was tried yet"
# What this ends with tells the cause where only an exit code is shown.
reason=1

# Asks the registry; the answer's HTTP status is in $status. Ends with curl's own code.
ask() {
    status=$(curl --silent --output /dev/null --max-time 20 --cacert /proof/ca.crt --write-out '%{http_code}' "$@")
    code=$?
    case $code in
    0) return 0 ;;
    6) reason=10 cause="name: $SERVICE does not resolve in the cluster" ;;
    7 | 28 | 52 | 56) reason=11 cause="TCP: $SERVICE does not answer (curl's code $code)" ;;
    35 | 51 | 58 | 60 | 77) reason=12 cause="TLS: the certificate of $SERVICE is not one for $name signed by the stack's authority (curl's code $code)" ;;
    *) reason=11 cause="curl ended with code $code when it asked $SERVICE as $name" ;;
    esac
    return "$code"
}

# The first certificate of a file or of curl's report, as one line.
first_certificate() {
    sed -n 's/^Cert://; /-----BEGIN CERTIFICATE/,/-----END CERTIFICATE/{p; /-----END CERTIFICATE/q}' "$1" | tr -d '\r\n '
}

names_and_certificate() {
    while read -r name port; do
        ask --connect-to "$name:$port:$SERVICE" "https://$name:$port/v2/" || return 1
        [ "$status" = 401 ] || { reason=15 cause="registry: /v2/ is answered with $status instead of 401"; return 1; }
    done </proof/hosts
    name=${SERVICE%:*}
    curl --silent --output /dev/null --max-time 20 --cacert /proof/ca.crt --write-out '%{certs}' "https://$SERVICE/v2/" >/work/served
    [ "$(first_certificate /work/served)" = "$(first_certificate /proof/server.crt)" ] && return 0
    reason=12 cause="TLS: the registry does not serve the stack's certificate yet"
    return 1
}

logins_and_roles() {
    name=${SERVICE%:*}
    while read -r login role; do
        ask --config "/logins/$login" "https://$SERVICE/v2/" || return 1
        [ "$status" = 200 ] || { reason=13 cause="login: $login is answered with $status instead of 200"; return 1; }
        # The gate stops who may only pull; the registry has nothing to be posted here, and keeps nothing of it.
        ask --config "/logins/$login" --request POST "https://$SERVICE/v2/" || return 1
        case $role$status in
        push200 | pull403) ;;
        *) reason=14 cause="role: a POST as $login, who may $role, is answered with $status"; return 1 ;;
        esac
    done </proof/logins
}

# Several pods answer in turn: as many rounds as it takes to have met each of them.
begun=$(date +%s)
round=0
said=""
while [ "$round" -lt "$ROUNDS" ]; do
    if names_and_certificate && logins_and_roles; then
        round=$((round + 1))
        continue
    fi
    round=0
    [ "$cause" = "$said" ] || echo "waiting: $cause"
    said=$cause
    if [ $(($(date +%s) - begun)) -ge "$PATIENCE" ]; then
        echo "the proof failed: $cause" | tee /dev/termination-log
        exit "$reason"
    fi
    sleep 2
done
echo "every name, the certificate and every login are as they should be"
