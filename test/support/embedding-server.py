"""llama.cpp's server for embeddings (pooling mean) or reranking (pooling rank). Started by embedding-server.ts."""

import os
import sys

import xllamacpp

model, port, pooling, api_key = sys.argv[1:]

params = xllamacpp.CommonParams()
params.model.path = model
params.hostnames = ["127.0.0.1"]
params.port = int(port)
params.n_parallel = 1
params.n_ctx = 2048
params.cpuparams.n_threads = 1
params.embedding = True
params.pooling_type = getattr(xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{pooling.upper()}")
params.api_keys = [api_key]
params.ui = False

server = xllamacpp.Server(params)
print("listening", flush=True)
sys.stdin.read()  # ends with the test that started it, however that ends
os._exit(0)
