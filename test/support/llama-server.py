"""llama.cpp's server, as `llama-server` runs it. Started by llama-server.ts; the Python comes from scripts/ci-llama-server.sh."""

import argparse
import os
import sys

import xllamacpp

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--alias", required=True)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--slots", type=int, required=True)
parser.add_argument("--context", type=int, required=True, help="tokens of one slot")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--api-key")
options = parser.parse_args()

params = xllamacpp.CommonParams()
params.model.path = options.model
params.model_alias = {options.alias}
params.hostnames = ["127.0.0.1"]
params.port = options.port
params.n_parallel = options.slots
params.n_ctx = options.context * options.slots
params.cpuparams.n_threads = options.threads
params.endpoint_metrics = True
params.endpoint_slots = True
params.ui = False
if options.api_key:
    params.api_keys = [options.api_key]

server = xllamacpp.Server(params)
print("listening", flush=True)
sys.stdin.read()  # ends with the test that started it, however that ends
os._exit(0)
