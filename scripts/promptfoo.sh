#!/usr/bin/env bash
# Runs evals/promptfoo against a running service: scripts/promptfoo.sh [http://127.0.0.1:8080] [more arguments of `promptfoo eval`]
# SANGDAM_API_TOKEN is passed on. promptfoo is installed into node_modules/.cache at the first run (290 MB; with all of its
# optional packages it would be 2.5 GB) and reports to nobody.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly VERSION=0.123.1 LIBSQL=0.5.29
readonly HOME_OF_PROMPTFOO=$PWD/node_modules/.cache/promptfoo-$VERSION
export PATH="$PWD/node_modules/.bin:$PATH"

# Its store's native binding is an optional package, and the only one of them that is needed.
binding() {
  node -p '
    const libc = process.platform !== "linux" ? "" : process.report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl";
    `@libsql/${process.platform}-${process.arch}${process.platform === "win32" ? "-msvc" : libc}`'
}

if [[ ! -x $HOME_OF_PROMPTFOO/node_modules/.bin/promptfoo ]]; then
  mkdir -p "$HOME_OF_PROMPTFOO"
  npm install --prefix "$HOME_OF_PROMPTFOO" "promptfoo@$VERSION" "$(binding)@$LIBSQL" \
    --ignore-scripts --omit=optional --omit=peer --no-audit --no-fund --loglevel=error >&2
fi

export SANGDAM_URL=${1:-http://127.0.0.1:8080}
export SANGDAM_API_TOKEN=${SANGDAM_API_TOKEN:-none}
export PROMPTFOO_CONFIG_DIR=$HOME_OF_PROMPTFOO/config PROMPTFOO_DISABLE_TELEMETRY=1 PROMPTFOO_DISABLE_UPDATE=1 \
  PROMPTFOO_CACHE_ENABLED=false PROMPTFOO_DISABLE_REMOTE_GENERATION=true PROMPTFOO_DISABLE_SHARING=1
exec "$HOME_OF_PROMPTFOO/node_modules/.bin/promptfoo" eval -c evals/promptfoo/promptfooconfig.yaml \
  --no-cache --no-write --no-share --max-concurrency 4 "${@:2}"
