#!/usr/bin/env bash
# Finds Redis and PostgreSQL (or the servers that are named, or the browser of the tests), or unpacks the distribution's
# packages into the per-user cache: no root, nothing started, nothing installed. AppHost/Servers/ServerExecutable.cs looks in
# the same places, and for the browser tests/Dashboard.Tests/Browsing/Chromium.cs.
#   eng/servers.sh [redis] [postgres] [etcd] [pgbouncer] [chromium]
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

apt=(-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2)
lists=system

installed_postgres() {
    local found
    for found in "$(command -v postgres)" /usr/lib/postgresql/*/bin/postgres; do
        if [ -n "$found" ] && [ -x "$(dirname "$(readlink -f "$found")")/initdb" ]; then return; fi
    done
    return 1
}

is_there() {
    [ -e "$cache/servers/$1/unpacked" ] && return
    case $1 in
        redis) command -v redis-server > /dev/null ;;
        postgres) installed_postgres ;;
        etcd) command -v etcd > /dev/null && command -v etcdctl > /dev/null ;;
        pgbouncer) command -v pgbouncer > /dev/null ;;
        chromium) command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null ;;
    esac
}

# A fresh machine has no package lists, and an ordinary user cannot fetch the system's: lists of our own then.
use_own_lists() {
    [ "$lists" = system ] || return 1
    lists=own
    mkdir -p "$cache/apt/state/lists/partial" "$cache/apt/cache/archives/partial"
    apt+=(-o "Dir::State=$cache/apt/state" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$cache/apt/cache")
    step "Fetching the package lists into $cache/apt (apt-get update; 10 to 60 s)"
    # Another source of this machine may be unreachable: whether the package is found decides.
    apt-get "${apt[@]}" -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false update 2>&1 | indent || :
}

try_download() {
    (cd "$work" && apt-get "${apt[@]}" download "$@" 2>&1 | indent)
}

# Lists may be missing, or older than what the registry has.
download() {
    if [ "$lists" = system ] && ! apt-cache show "$@" > /dev/null 2>&1; then use_own_lists; fi
    try_download "$@" || { use_own_lists && try_download "$@"; }
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

unpack_downloads() {
    local package
    for package in "$work"/*.deb; do
        dpkg-deb -x "$package" "$tree"
        dpkg-deb -f "$package" Depends >> "$work/depends"
        dpkg-deb -f "$package" Package >> "$work/have"
        dpkg-deb -f "$package" Package Version | paste -sd' ' >> "$tree/unpacked"
        rm "$package"
    done
    # Some packages still use /lib, which is /usr/lib on an installed system.
    if [ -d "$tree/lib" ]; then
        mkdir -p "$tree/usr/lib"
        cp -R "$tree/lib/." "$tree/usr/lib/"
        rm -rf "${tree:?}/lib"
    fi
}

missing_libraries() {
    local folders
    # Some packages keep libraries of their own in folders below, by an absolute path that an unpacked tree does not have.
    folders=$(printf '%s:' "$tree"/usr/lib/*-linux-gnu "$tree"/usr/lib/*-linux-gnu/*/)
    LD_LIBRARY_PATH=$folders ldd "$@" 2> /dev/null | awk '/not found/ { print $1 }' | sort -u
}

# The libraries that the unpacked packages depend on and that neither the machine nor the tree has. LLVM is only
# PostgreSQL's just-in-time compiler, 100 MB that is switched off here.
library_packages() {
    tr ',' '\n' < "$work/depends" | sed 's/|.*//; s/(.*//; s/:any//; s/ //g' | grep '^lib' | grep -v '^libllvm' | sort -u |
        while read -r package; do
            if ! is_installed "$package" && ! grep -qx -- "$package" "$work/have"; then printf '%s\n' "$package"; fi
        done
}

# add_libraries FILE...: until the loader finds all that the files need.
add_libraries() {
    local round packages
    for round in 1 2 3 4 5 6; do
        [ -n "$(missing_libraries "$@")" ] || return 0
        mapfile -t packages < <(library_packages)
        [ "${#packages[@]}" -gt 0 ] || break
        step "Fetching its libraries (level $round): ${packages[*]}"
        download "${packages[@]}" || return 1
        unpack_downloads
    done
    fail "Of the unpacked ${tree##*/} these libraries are still missing: $(missing_libraries "$@" | paste -sd' ')"
}

# write_starter PROGRAM TARGET [LINE]: the loader does not look into an unpacked tree by itself, and the tree may be copied elsewhere.
write_starter() {
    local program=$1 target=$2 line=${3:-}
    mkdir -p "$tree/bin"
    cat > "$tree/bin/$program" <<STARTER
#!/bin/sh
tree=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
for folder in "\$tree"/usr/lib/*-linux-gnu "\$tree"/usr/lib/*-linux-gnu/*/; do
    if [ -d "\$folder" ]; then LD_LIBRARY_PATH=\$folder\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}; fi
done
export LD_LIBRARY_PATH
$line
exec "\$tree/$target" "\$@"
STARTER
    chmod +x "$tree/bin/$program"
}

unpack_redis() {
    step 'Redis is not installed: unpacking redis-server into the cache (about 2 MB)'
    download redis-server redis-tools || return 1
    unpack_downloads
    add_libraries "$tree/usr/bin/redis-server" || return 1
    write_starter redis-server usr/bin/redis-server
    "$tree/bin/redis-server" --version | indent
}

newest_postgres() {
    apt-cache "${apt[@]}" pkgnames postgresql- 2> /dev/null | grep -E '^postgresql-[0-9]+$' | sort -t- -k2 -n | tail -n 1
}

unpack_postgres() {
    local package version bin
    package=$(newest_postgres) || { use_own_lists && package=$(newest_postgres); } || return 1
    version=${package#postgresql-}
    step "PostgreSQL is not installed: unpacking $package into the cache (20 to 40 MB)"
    download "$package" || return 1
    unpack_downloads
    bin=$tree/usr/lib/postgresql/$version/bin
    # initdb loads the two libraries.
    add_libraries "$bin/postgres" "$bin/initdb" "$bin/../lib/plpgsql.so" "$bin/../lib/dict_snowball.so" || return 1
    rm -rf "$bin/../lib/bitcode" "$bin"/../lib/llvmjit*
    write_starter postgres "usr/lib/postgresql/$version/bin/postgres"
    write_starter initdb "usr/lib/postgresql/$version/bin/initdb"
    "$tree/bin/postgres" --version | indent
}

unpack_pgbouncer() {
    step 'PgBouncer is not installed: unpacking pgbouncer into the cache (about 1 MB)'
    download pgbouncer || return 1
    unpack_downloads
    add_libraries "$tree/usr/sbin/pgbouncer" || return 1
    write_starter pgbouncer usr/sbin/pgbouncer
    "$tree/bin/pgbouncer" --version | indent
}

# With its command line client: tests of the election let it take part.
unpack_etcd() {
    step 'etcd is not installed: unpacking etcd-server and etcd-client into the cache (about 13 MB)'
    download etcd-server etcd-client || return 1
    unpack_downloads
    add_libraries "$tree/usr/bin/etcd" "$tree/usr/bin/etcdctl" || return 1
    write_starter etcd usr/bin/etcd
    write_starter etcdctl usr/bin/etcdctl
    "$tree/bin/etcd" --version | head -n 1 | indent
}

# The one without windows needs the fewest libraries; a distribution may have only the whole one. Without a font no text has a width.
unpack_chromium() {
    local program=chromium-headless-shell
    step 'Chromium is not installed: unpacking its package into the cache (about 110 MB, once)'
    if ! download "$program" chromium-common fonts-dejavu-core; then
        program=chromium
        download "$program" chromium-common fonts-dejavu-core || return 1
    fi
    unpack_downloads
    add_libraries "$tree/usr/lib/chromium/$program" || return 1
    cat > "$tree/usr/share/fonts/fonts.conf" << 'FONTS'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">.</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
FONTS
    # shellcheck disable=SC2016 # the starter's own variable
    write_starter chromium "usr/lib/chromium/$program" \
        'if [ ! -e /etc/fonts/fonts.conf ]; then export FONTCONFIG_FILE="$tree/usr/share/fonts/fonts.conf"; fi'
    "$tree/bin/chromium" --no-sandbox --version | indent
}

set_up() {
    local server=$1
    is_there "$server" && return
    local get="sudo apt-get install $server"
    case $server in
        redis) get+=-server ;;
        etcd) get='sudo apt-get install etcd-server etcd-client' ;;
        postgres) get+=ql ;;
    esac
    need apt-get "$server is not installed and its package cannot be fetched" "your system's package manager: install $server (PostgreSQL with initdb)"
    need dpkg-deb "it unpacks the package of $server" 'sudo apt-get install dpkg'
    work=$(mktemp -d "$cache/unpack.XXXXXX") || return 1
    tree=$work/$server
    mkdir "$tree"
    if ! "unpack_$server"; then
        rm -rf "$work"
        complain "$server could not be fetched (see above): is the package registry reachable? Or install it: $get"
        return 1
    fi
    rm -rf "$tree"/usr/share/{doc,man,locale,lintian} "$tree/usr/lib/systemd"
    find "$tree" -mindepth 1 -maxdepth 1 ! -name usr ! -name bin ! -name unpacked -exec rm -rf {} +
    mkdir -p "$cache/servers"
    rm -rf "$cache/servers/$server"
    mv "$tree" "$cache/servers/$server"
    rm -rf "$work"
}

set_up_all() {
    rm -rf "$cache"/unpack.* # what a killed run left; the lock says that nobody else is at it
    local server failed=0
    for server in "$@"; do set_up "$server" || failed=1; done
    rm -rf "$cache/apt" # 100 MB that nobody needs again
    return "$failed"
}

[ $# -gt 0 ] || set -- redis postgres
for server in "$@"; do
    is_there "$server" && continue
    locked "$cache/setup.lock" set_up_all "$@"
    break
done
