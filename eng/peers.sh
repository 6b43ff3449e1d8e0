#!/usr/bin/env bash
# For ./run bench: what people elect with instead, from npm, beside the scripts that use it. All of it goes into
# artifacts/peers and nothing into the source tree. Where it cannot be had, the last line says why.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

from=$root/tests/Benchmarks/Peers
to=$root/artifacts/peers

install() {
    mkdir -p "$to"
    cp "$from"/*.mjs "$from"/package.json "$from"/package-lock.json "$to"
    if cmp -s "$to/package-lock.json" "$to/node_modules/.of"; then return; fi
    # Nothing of theirs runs while it is installed.
    (cd "$to" && timeout 180 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error 2>&1 | indent) ||
        fail 'npm ci could not install them within 3 minutes'
    cp "$to/package-lock.json" "$to/node_modules/.of"
}

need node 'redlock and pg-boss run in it' 'sudo apt-get install nodejs'
need npm 'redlock and pg-boss come from it' 'sudo apt-get install npm'
locked "$root/artifacts/peers.lock" install
