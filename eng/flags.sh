# What ./run was told, looked at before anything is set up or built: a wrong word costs a second then, and no build.
# The AppHost, the workers and the benchmarks check it all again, in the same words. Sourced by ./run.
# shellcheck shell=bash

problems=()

# refuse: one line for each problem, if there is one.
refuse() {
    [ "${#problems[@]}" -gt 0 ] || return 0
    printf '%s\n' "${problems[@]}" >&2
    exit 2
}

# is_one_of VALUE ALLOWED...
is_one_of() {
    local value=$1 each
    shift
    for each in "$@"; do [ "$value" != "$each" ] || return 0; done
    return 1
}

# check_value FLAG VALUE
check_value() {
    local allowed
    case $1 in
        --store)
            allowed='redis, postgres, etcd, file or quorum'
            is_one_of "$2" '' redis postgres etcd file quorum || problems+=("$1 $2: allowed are $allowed")
            ;;
        --servers)
            allowed='auto, containers or local'
            is_one_of "$2" '' auto containers local || problems+=("$1 $2: allowed are $allowed")
            ;;
        --replicas)
            allowed='a number from 1 to 100'
            [[ $2 =~ ^(0*[1-9][0-9]?|0*100)?$ ]] || problems+=("$1 $2: allowed is $allowed")
            ;;
    esac
    [ -n "$2" ] || problems+=("$1: has no value; allowed: $allowed")
}

# read_topology_flags FLAG...: into $own and, what is Aspire's, into $passed_on.
read_topology_flags() {
    local value
    own=() passed_on=()
    while [ $# -gt 0 ]; do
        case $1 in
            --)
                shift
                passed_on=("$@")
                return
                ;;
            --open) own+=("$1") ;;
            --store=* | --replicas=* | --servers=*)
                check_value "${1%%=*}" "${1#*=}"
                own+=("$1")
                ;;
            --store | --replicas | --servers)
                value=''
                if [ $# -ge 2 ] && [[ $2 != --* ]]; then value=$2; fi
                check_value "$1" "$value"
                own+=("$1=$value")
                [ -z "$value" ] || shift
                ;;
            --help | -h) exec "$root/run" --help ;;
            -*)
                problems+=("$1 is no flag of ./run: see ./run --help; what is meant for Aspire comes after --, as in ./run -- $1")
                # Its value, if it has one, is no word of its own.
                if [[ $1 != *=* && ${2:--} != -* ]]; then shift; fi
                ;;
            *) problems+=("'$1' is no command of ./run and belongs to no flag: see ./run --help") ;;
        esac
        shift
    done
}

# check_demo WORD...
check_demo() {
    [ $# -eq 0 ] || { [ $# -eq 1 ] && grep -q "^./run demo $1 " "$root/Workers/Demos/help.txt"; } ||
        problems+=("'$*' is no demo: see ./run demo --help")
}

# check_bench_flags FLAG...: which parts there are is known only to the program itself.
check_bench_flags() {
    while [ $# -gt 0 ]; do
        case $1 in
            --quick | --list | --commit-table) ;;
            --only | --rounds)
                if [ -z "${2:-}" ]; then
                    problems+=("$1 needs a value: see ./run bench --help")
                elif [ "$1" = --rounds ] && ! [[ $2 =~ ^0*([1-9][0-9]{0,3}|10000)$ ]]; then
                    problems+=("--rounds is a number from 1 to 10000, not '$2'")
                fi
                if [ $# -ge 2 ]; then shift; fi
                ;;
            *) problems+=("$1 is no flag of the benchmarks: see ./run bench --help") ;;
        esac
        shift
    done
}

# check_settings: the variables that the workers and the election page take from here; how they relate to each other is theirs to say.
check_settings() {
    local name value
    for name in LEASE_DURATION RENEW_PERIOD LEASE_MARGIN DRAIN_LIMIT RETRY_PERIOD NODE_TIMEOUT; do
        value=${!name:-}
        [[ $value =~ ^([0-9]{2}(:[0-9]{2}){2}|[0-9]{1,9}([.][0-9]{1,6})?(ms|s|m))?$ ]] ||
            problems+=("$name is '$value'; allowed: a duration up to 24 hours such as 500ms, 15s, 1m or 00:01:30")
    done
    for name in ELECTION_ADMIN_TOKEN DASHBOARD_ADMIN_TOKEN; do
        value=${!name:-}
        [ -z "$value" ] || [ "${#value}" -ge 16 ] || problems+=("$name has ${#value} characters; allowed: at least 16")
    done
}
