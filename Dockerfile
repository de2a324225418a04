# The service for a Linux host. Building needs the registries of npm; running needs no network.
#
#   docker build -t sangdam .                          # llama.cpp on the processor, or remote models (compose.yaml)
#   docker build -t sangdam:cuda --build-arg RUNTIME=nvidia/cuda:13.0.2-runtime-ubuntu24.04 .
#                                                      # llama.cpp in the service on an NVIDIA GPU (x86-64, driver 580 or newer)
#
#   docker run -p 8080:8080 -v sangdam:/data --env-file sangdam.env sangdam
#
# sangdam.env gives SANGDAM_SECRET, SANGDAM_MASTER_KEY and SANGDAM_PROXY=1 at least (docs/configuration.md). In production nothing is downloaded
# by itself; once, with network:
#   docker run --rm -v sangdam:/data --env-file sangdam.env sangdam sangdam models fetch

ARG RUNTIME=node:24-bookworm-slim

FROM node:24-bookworm-slim AS build
ARG RUNTIME
WORKDIR /app
# vendor holds the empty package that overrides in package.json point to: npm ci needs it.
COPY vendor vendor
COPY package.json package-lock.json ./
RUN npm ci --include=dev --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json vite.config.ts vite.pages.config.ts ./
COPY scripts scripts
COPY src src
RUN npm run build
# Left out of the image: what only builds and tests need (an optional peer keeps TypeScript), a second Node, and inference
# libraries of other platforms.
RUN npm prune --omit=dev --no-audit --no-fund --loglevel=error \
    && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/typescript node_modules/@typescript node_modules/.bin/tsc \
    && arch="$(node -p process.arch)" \
    && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$arch" -exec rm -rf {} +
# For CUDA: llama.cpp built against the runtime of CUDA 13, which the base brings (the driver comes from the host), and Node, which
# it lacks. node-llama-cpp takes CUDA where the host has a GPU, else the processor.
RUN mkdir /runtime \
    && case "$RUNTIME" in *cuda*) \
      npm ci --prefix vendor/cuda --ignore-scripts --no-audit --no-fund --loglevel=error \
      && rm -rf node_modules/@node-llama-cpp/linux-x64-cuda node_modules/@node-llama-cpp/linux-x64-cuda-ext \
      && mv vendor/cuda/node_modules/@node-llama-cpp/* node_modules/@node-llama-cpp/ \
      && install -D /usr/local/bin/node /runtime/usr/local/bin/node;; \
    esac

# hadolint ignore=DL3006
FROM ${RUNTIME}
# ONNX Runtime would report its use to its maker.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    SANGDAM_DATA=/data \
    SANGDAM_MODELS=/data/models \
    ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY LICENSE THIRD-PARTY-NOTICES.md package.json ./
COPY bin bin
COPY data data
COPY evals evals
COPY guardrails guardrails
COPY prompts prompts
COPY texts texts
COPY --from=build /runtime/ /
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN install -d -o 1000 -g 1000 -m 700 /data \
    && ln -s /app/bin/sangdam.js /usr/local/bin/sangdam
VOLUME /data
EXPOSE 8080
USER 1000:1000
# Whether the process answers; load balancers ask /health/ready. A certificate for the outer name does not fit 127.0.0.1.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["node", "--no-warnings", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; const { PORT, SANGDAM_TLS_CERT } = process.env; fetch(`http${SANGDAM_TLS_CERT ? 's' : ''}://127.0.0.1:${PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "dist/main.js"]
