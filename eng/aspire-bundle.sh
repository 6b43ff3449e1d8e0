#!/usr/bin/env bash
# Only where the feed lacks Aspire's packages: the control plane (dcp) and the dashboard that come with the Aspire CLI.
# Nothing to do where the CLI has unpacked them in the home folder already.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=13.5.4
case $(uname -m) in
    x86_64) package=@microsoft/aspire-cli-linux-x64 ;;
    aarch64) package=@microsoft/aspire-cli-linux-arm64 ;;
    *) fail "There is no Aspire CLI for the processor $(uname -m): build where the feed has Aspire's packages." ;;
esac
folder=$cache/aspire-cli

is_bundle() { [ -x "$1/dcp/dcp" ] && [ -x "$1/managed/aspire-managed" ]; }

is_there() {
    { [ -n "${ASPIRE_DCP_PATH:-}" ] && [ -n "${ASPIRE_DASHBOARD_PATH:-}" ]; } || is_bundle "$HOME/.aspire/bundle" ||
        is_bundle "$folder/node_modules/$package/bundle"
}

install_bundle() {
    is_there && return
    need npm "the feed has no Aspire packages, and the Aspire CLI, whose control plane and dashboard stand in for them, is an npm package" \
        'sudo apt-get install npm; or install the Aspire CLI yourself (https://aspire.dev) and run: aspire setup'
    local log=$folder/setup.log
    mkdir -p "$folder/home"
    step "Fetching the Aspire CLI $version into $folder (npm, 130 MB; 5 to 60 s)"
    # Its own cache too, which nobody needs afterwards.
    npm install --prefix "$folder" --cache "$folder/npm" --no-save --no-package-lock --no-audit --no-fund --loglevel=error "$package@$version" 2>&1 | indent ||
        fail "npm could not fetch $package@$version (see above): is the npm registry reachable?"
    rm -rf "$folder/npm"
    step 'Unpacking its control plane and dashboard (290 MB; 3 to 20 s)'
    # Its own home: the CLI would write caches and logs into the user's.
    HOME=$folder/home ASPIRE_CLI_TELEMETRY_OPTOUT=1 timeout 300 "$folder/node_modules/$package/bin/aspire" setup > "$log" 2>&1 < /dev/null ||
        fail "aspire setup failed: $(tail -n 3 "$log" | tr '\n' ' ')"
    rm -rf "$folder/home/.aspire" # a second copy of the same 290 MB
    is_there || fail "aspire setup did not unpack dcp and aspire-managed in $folder/node_modules/$package/bundle: see $log"
}

is_there || locked "$cache/setup.lock" install_bundle
