#!/bin/sh
# Runs one throwaway server (Redis, PostgreSQL or etcd) for as long as its owner lives, on loopback only, in a folder of its
# own that it removes at the end.
#
#   SERVER_PASSWORD=... sh serve.sh redis|postgres|etcd EXECUTABLE FOLDER PORT OWNER_PID
#
# SERVER_PASSWORD   letters and digits; by environment and not by argument, because everyone can read arguments
# SERVER_ACCOUNT    the account to run as when root (PostgreSQL refuses root)
# SERVER_DATABASE   postgres: a database to create in a new data folder
# SERVER_KEEP=1     data survive a kill, and the folder stays at the end: for a test that starts the server again
# SERVER_CONNECTIONS  postgres: how many clients at one time, default 300
# SERVER_CLUSTER    etcd: peer ports of all members of its cluster, its own first; default: it is alone
# SERVER_TIMEOUT    etcd: its election timeout in ms, default 1000; its least lease is 1.5 times that, in whole seconds
# SERVER_FLAGS      etcd: further flags
# SERVER_GRACE      seconds, default 2: how long a stop waits for clients to leave, so that a leader can still resign
set -eu
umask 077

kind=$1 executable=$2 folder=$3 port=$4 owner=$5
password=$SERVER_PASSWORD
account=${SERVER_ACCOUNT:-} database=${SERVER_DATABASE:-} keep=${SERVER_KEEP:-} grace=${SERVER_GRACE:-2}
connections=${SERVER_CONNECTIONS:-300}
members=${SERVER_CLUSTER:-} timeout=${SERVER_TIMEOUT:-1000} flags=${SERVER_FLAGS:-}
unset SERVER_PASSWORD
stopping='' server=''

fail() {
    printf '%s: %s\n' "$kind" "$*" >&2
    exit 1
}

# A killed process whose parent does not collect it stays as a zombie that `kill -0` still finds.
lives() {
    while read -r key value _; do
        if [ "$key" = State: ]; then
            [ "$value" != Z ] && [ "$value" != X ]
            return
        fi
    done 2>/dev/null < "/proc/$1/status"
    return 1
}

# Replaces the shell that it is called in, so that `become ... &` leaves the server's own process id in $!.
# The death signal is for the case that this script itself is killed: the server must not outlive it.
become() {
    if [ -n "$account" ]; then
        exec setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups --pdeathsig "$stop_signal" "$@"
    else
        exec setpriv --pdeathsig "$stop_signal" "$@"
    fi
}

give() {
    [ -z "$account" ] || chown "$account" "$@"
}

# Folders of servers that were killed together with this script. A living one holds a lock on its `in-use`; one younger
# than a minute may not have taken it yet.
sweep() {
    find "$(dirname "$folder")" -maxdepth 1 -type d -user "$(id -u)" -name "aspire-election-$kind-*" -mmin +1 2>/dev/null |
        while IFS= read -r left; do
            if [ -e "$left/in-use" ] && flock --nonblock "$left/in-use" true; then
                release_segment "$left"
                rm -rf -- "$left"
            fi
        done
}

# PostgreSQL's small System V segment survives a kill; the kernel allows only so many of them.
release_segment() {
    if [ -f "$1/data/postmaster.pid" ]; then
        segment=$(sed -n '7s/^ *[0-9][0-9]* *//p' "$1/data/postmaster.pid")
        [ -z "$segment" ] || ipcrm --shmem-id "$segment" 2>/dev/null || :
    fi
}

finish() {
    release_segment "$folder"
    [ -n "$keep" ] || rm -rf -- "$folder"
}

# An account cannot look into root's home, where the unpacked servers are: it gets a copy for as long as the server runs.
make_reachable() {
    if [ -z "$account" ] || (become test -x "$executable"); then return; fi
    tree=$(dirname "$(dirname "$executable")")
    [ -f "$tree/unpacked" ] || fail "$executable cannot be run by the account $account: allow it to reach that folder, or start as another user than root"
    if [ ! -d "$folder/server" ]; then
        cp -R "$tree" "$folder/server.new"
        chmod -R go+rX "$folder/server.new"
        mv "$folder/server.new" "$folder/server"
    fi
    executable=$folder/server/bin/$(basename "$executable")
}

start_redis() {
    mkdir -p data
    {
        printf 'bind 127.0.0.1\nport %s\nrequirepass %s\n' "$port" "$password"
        printf 'daemonize no\ndir "%s/data"\nsave ""\n' "$folder"
        if [ -n "$keep" ]; then printf 'appendonly yes\n'; fi
    } > redis.conf
    give data redis.conf
    become "$executable" "$folder/redis.conf" &
    server=$!
}

start_postgres() {
    if [ ! -d data ]; then
        rm -rf data.new
        mkdir data.new
        printf '%s\n' "$password" > password
        give data.new password
        (become "$(dirname "$executable")/initdb" -D "$folder/data.new" --username postgres --auth scram-sha-256 \
            --pwfile "$folder/password" --encoding UTF8 --locale C.UTF-8 --no-sync) > initdb.log 2>&1 ||
            fail "initdb failed: $(tail -n 3 initdb.log | tr '\n' ' ')"
        if [ -n "$database" ]; then
            printf 'CREATE DATABASE "%s"\n' "$database" |
                (become "$executable" --single -D "$folder/data.new" postgres) > initdb.log 2>&1 ||
                fail "the database $database was not created: $(tail -n 3 initdb.log | tr '\n' ' ')"
        fi
        rm -f password initdb.log
        mv data.new data
    fi
    # A follower's wait for the lock ends once a lease as an ERROR of the server: a healthy election would fill the log.
    # No socket file: its path has a limit of 107 bytes, and everybody connects by TCP. No /dev/shm: containers make it tiny.
    become "$executable" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c "max_connections=$connections" -c dynamic_shared_memory_type=mmap -c jit=off -c log_min_messages=log &
    server=$!
}

# Loopback only and without users: unlike the others it can be given a password only once it runs, by its own client.
start_etcd() {
    # A member that is alone never speaks to a peer; port 0 is any.
    own=${members%%,*} cluster='' scheme=http
    for peer in $(printf '%s' "${members:-0}" | tr ',' ' '); do
        cluster=$cluster${cluster:+,}m$peer=http://127.0.0.1:$peer
    done
    case $flags in *--cert-file*) scheme=https ;; esac
    case $(uname -m) in aarch64) export ETCD_UNSUPPORTED_ARCH=arm64 ;; esac
    if [ -n "$account" ]; then mkdir -p data && chmod 700 data && give data; fi
    # shellcheck disable=SC2086 # flags are words
    become "$executable" --name "m${own:-0}" --data-dir "$folder/data" --logger zap --log-level warn \
        --auto-compaction-mode periodic --auto-compaction-retention 1h \
        --listen-client-urls "$scheme://127.0.0.1:$port" --advertise-client-urls "$scheme://127.0.0.1:$port" \
        --listen-peer-urls "http://127.0.0.1:${own:-0}" --initial-advertise-peer-urls "http://127.0.0.1:${own:-0}" \
        --initial-cluster "$cluster" --heartbeat-interval "$((timeout / 10))" --election-timeout "$timeout" $flags &
    server=$!
}

has_clients() {
    grep -q " 0100007F:$(printf %04X "$port") [0-9A-F]*:[0-9A-F]* 01 " /proc/net/tcp
}

# Waits up to $1 tenths of a second while the rest of the line is true.
while_true() {
    tenths=$1
    shift
    while [ "$tenths" -gt 0 ] && "$@"; do
        sleep 0.1
        tenths=$((tenths - 1))
    done
}

stop_server() {
    while_true $((grace * 10)) has_clients
    kill -s "$stop_signal" "$server" 2>/dev/null || :
    while_true 30 lives "$server"
    if lives "$server"; then kill -s QUIT "$server" 2>/dev/null || :; fi
    while_true 5 lives "$server"
    if lives "$server"; then kill -s KILL "$server" 2>/dev/null || :; fi
}

case $kind in
    redis | etcd) stop_signal=TERM ;;
    postgres) stop_signal=INT ;; # its SIGTERM waits for every client to leave
    *) fail "is neither redis nor postgres nor etcd" ;;
esac

trap 'stopping=yes' TERM INT HUP
trap finish EXIT
mkdir -p "$folder"
exec 9> "$folder/in-use" # inherited by the server on purpose: the folder is in use as long as either lives
flock --shared 9
if [ -n "$account" ]; then chmod 711 "$folder"; fi
cd "$folder"
sweep
make_reachable
[ -n "$stopping" ] || "start_$kind"
if [ -n "$server" ]; then
    printf '%s\n' "$server" > server.pid
    while [ -z "$stopping" ] && lives "$server" && lives "$owner"; do
        sleep 1 9>&- &
        wait $! || :
    done
    kill $! 2>/dev/null || :
    if lives "$server"; then
        stop_server
        stopping=yes
    fi
    code=0
    wait "$server" || code=$?
    [ -n "$stopping" ] || fail "the server ended by itself, exit code $code"
fi
