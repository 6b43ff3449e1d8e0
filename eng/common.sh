# Shared by ./run, ./test and the scripts of this folder; sourced, never run by itself.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Services and containers may start this without HOME: the system's own list of users says it then, as .NET asks it too.
: "${HOME:=$(unset HOME && echo ~)}"
export HOME
# What is downloaded for this project lives here, once for each user. AppHost/Servers/ServerCache.cs knows it too.
# shellcheck disable=SC2034 # used by the scripts that source this one
cache=$HOME/.cache/aspire-election

# Without these dotnet leaves compiler and build processes running, and makes a developer certificate in the home folder.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export DOTNET_CLI_UI_LANGUAGE=en
# A user's first dotnet complains of workloads that it cannot verify; none is used here.
export DOTNET_SKIP_WORKLOAD_INTEGRITY_CHECK=true

step() { printf '==> %s\n' "$*"; }
indent() { sed -u 's/^/    /'; }
complain() { printf '%s\n' "$*" >&2; }
fail() {
    complain "$@"
    exit 1
}

# wrong: what was asked for cannot be, and nothing was done.
wrong() {
    complain "$@"
    exit 2
}

# need TOOL REASON COMMAND
need() {
    command -v "$1" > /dev/null 2>&1 || fail "$1 is missing: $2. Get it with: $3"
}

need_dotnet() {
    local get='sudo apt-get install dotnet-sdk-10.0, or https://dotnet.microsoft.com/download/dotnet/10.0'
    need dotnet 'it builds and runs everything here' "$get"
    (cd "$root" && dotnet --version > /dev/null 2>&1) ||
        fail "The .NET 10 SDK is missing (global.json asks for it; dotnet has: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ')). Get it with: $get"
}

# locked FILE COMMAND...: two runs at once take turns. The command does not inherit the lock: a process that it leaves
# behind would keep the other run waiting.
locked() {
    local file=$1 code=0
    shift
    need flock 'two runs at once must take turns' 'sudo apt-get install util-linux'
    mkdir -p "$(dirname "$file")"
    exec 9> "$file"
    if ! flock --nonblock 9; then
        step "Another run holds $file: waiting for it"
        flock 9
    fi
    "$@" 9>&- || code=$?
    exec 9>&-
    return "$code"
}

build() {
    locked "$root/artifacts/build.lock" dotnet build "$@" -v "${verbosity:-minimal}" --nologo --tl:off
}

# The stand-in side of Aspire (see eng/offline) needs the Aspire CLI's control plane and dashboard; known after a restore.
set_up_bundle() {
    if [ "${AspirePackages:-}" = true ]; then return; fi
    if [ -z "${AspirePackages:-}" ] && grep -qs '<AspirePackages>true<' "$root/artifacts/aspire.props"; then return; fi
    "$root/eng/aspire-bundle.sh"
}
