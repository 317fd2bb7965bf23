# Asks the registry who it is. Nobody logs in here.

# probe HOST: sets probe_state (answers, name, tcp, tls, unknown), probe_http and probe_text.
probe() {
    probe_host=$1
    probe_http=
    probe_text=
    if tool curl; then
        probe_curl
    elif tool openssl; then
        probe_openssl
    else
        probe_state=unknown
        probe_text="neither curl nor openssl is installed"
    fi
}

# with_address COMMAND...: runs curl, on the address given by --address where there is one.
with_address() {
    if [ -z "$address" ]; then
        "$@"
        return
    fi
    case $address in
        *:*) with_ip="[$address]" ;;
        *) with_ip=$address ;;
    esac
    "$@" --resolve "$(name_of "$probe_host"):$(port_of "$probe_host"):$with_ip"
}

probe_curl() {
    # The empty folder stands for the roots that some builds of curl believe besides the ones they are given.
    probe_code=0
    probe_http=$(with_address curl --silent --show-error --output /dev/null --write-out '%{http_code}' \
        --connect-timeout 5 --max-time 15 --cacert "$work/ca.crt" --capath "$work/empty" \
        "https://$probe_host/v2/" 2>"$work/probe") || probe_code=$?
    probe_text=$(head -n 1 "$work/probe")
    case $probe_code in
        0) probe_state=answers ;;
        5 | 6) probe_state=name ;;
        7 | 28) probe_state=tcp ;;
        35 | 51 | 58 | 59 | 60 | 66 | 77 | 80 | 83 | 90 | 91) probe_state=tls ;;
        *) probe_state=unknown ;;
    esac
}

probe_openssl() {
    probe_name=$(name_of "$probe_host")
    probe_wait=
    if tool timeout; then probe_wait="timeout 15"; fi
    probe_code=0
    # shellcheck disable=SC2086 # two words, or none
    printf 'GET /v2/ HTTP/1.0\r\nHost: %s\r\n\r\n' "$probe_host" |
        $probe_wait openssl s_client -quiet -connect "${address:-$probe_name}:$(port_of "$probe_host")" \
            -servername "$probe_name" -CAfile "$work/ca.crt" -verify_return_error -verify_hostname "$probe_name" \
            >"$work/answer" 2>"$work/probe" || probe_code=$?
    probe_http=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$work/answer")
    probe_text=$(grep -i 'error' "$work/probe" | head -n 1 || true)
    if [ -n "$probe_http" ]; then
        probe_state=answers
    elif grep -qi 'verify error' "$work/probe"; then
        probe_state=tls
    elif grep -qi 'getaddrinfo\|name or service\|nodename' "$work/probe"; then
        probe_state=name
    elif grep -qi 'connect' "$work/probe" || [ "$probe_code" = 124 ]; then
        probe_state=tcp
    else
        probe_state=unknown
    fi
}

# Compares the server's certificate with the CA, before anything is installed. A server that cannot be reached
# stops nothing: trust may be installed first.
check_servers() {
    for server_host in $hosts; do
        probe "$server_host"
        case $probe_state in
            answers) say "$server_host shows a certificate of this CA" ;;
            tls)
                fail 3 "$server_host shows a certificate that this CA did not sign for that name, or that is not valid now" \
                    "($probe_text). Nothing was changed. --check tells more; --offline does not ask the server."
                ;;
            *) note "$server_host was not asked who it is: it cannot be reached from here (${probe_text:-no answer})" ;;
        esac
    done
}

# clock_ahead HOST: by how many seconds the server's clock is ahead of this machine's. Nothing when it is not known.
clock_ahead() {
    if ! tool curl; then return; fi
    # Unverified, because a wrong clock is one reason why nothing verifies. Nothing is sent but the question.
    probe_host=$1
    with_address curl --silent --insecure --head --connect-timeout 5 --max-time 10 "https://$1/v2/" 2>/dev/null |
        tr -d '\r' | awk -v now="$(date +%s)" '
            tolower($1) == "date:" {
                month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $4) + 2) / 3
                split($6, clock, ":")
                # Days since 1970, in years that begin in March, so that a leap day is the last of its year.
                year = month <= 2 ? $5 - 1 : $5
                day = int((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + $3 - 1
                days = year * 365 + int(year / 4) - int(year / 100) + int(year / 400) + day - 719468
                printf "%d\n", days * 86400 + clock[1] * 3600 + clock[2] * 60 + clock[3] - now
                exit
            }'
}
