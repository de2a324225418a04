#!/usr/bin/env bash
# Builds the image from the unmodified Dockerfile and sees it answer, on a Debian machine without a Docker daemon: as root, with
# buildah in a chroot. Takes about 5 minutes. Usage: scripts/image.sh
#
# Where the base image cannot be pulled, a stand-in is made of a bare Debian and the Node of this repository. What this does not
# show: the real base image, the health check of a container engine, compose.yaml, the CUDA variant.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DEBIAN_FRONTEND=noninteractive BUILDAH_ISOLATION=chroot STORAGE_DRIVER=overlay

base=docker.io/library/node:24-bookworm-slim
work=${TMPDIR:-/tmp}/sangdam-image
port=18080
mkdir -p "$work"

install_packages() {
  local missing=() package
  for package in buildah crun fuse-overlayfs debootstrap; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The real base image, or a stand-in with the same name, the same Node major and the same user.
provide_base() {
  buildah image exists "$base" 2>/dev/null && return
  buildah pull --quiet "$base" 2>/dev/null && return
  echo '── the base image cannot be pulled: a stand-in is made of bare Debian and Node'
  [[ -d $work/rootfs/usr ]] || debootstrap --variant=minbase --include=ca-certificates bookworm "$work/rootfs" >"$work/debootstrap.log"
  local node npm container
  node=$(node_modules/.bin/node -p process.execPath)
  npm=$(npm root -g)
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/rootfs" / >/dev/null
  buildah add --quiet "$container" "$node" /usr/local/bin/node >/dev/null
  buildah add --quiet "$container" "$npm" /usr/local/lib/node_modules >/dev/null
  # A machine whose traffic is inspected has its own authority: for the stand-in alone.
  if [[ -n ${NODE_EXTRA_CA_CERTS:-} ]]; then
    buildah add --quiet "$container" "$NODE_EXTRA_CA_CERTS" /etc/ssl/certs/ca-certificates.crt >/dev/null
    buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
  fi
  local registry
  registry=$(npm config get registry)
  buildah config --env "npm_config_registry=$registry" --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah run "$container" -- /bin/sh -c 'chmod 755 /usr/local/bin/node && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node'
  buildah commit --quiet --rm "$container" "$base" >/dev/null
}

build() {
  buildah bud --quiet --format docker --pull-never --network host --tag sangdam . >/dev/null
  buildah images --format '{{.Name}} {{.Size}}' | grep -w sangdam
}

# As compose.yaml runs it, but with the embedded store: production, a declared proxy, secrets, no capabilities.
run() {
  local container service
  container=$(buildah from --pull-never sangdam)
  buildah config --env "PORT=$port" --env SANGDAM_SECRET="$(openssl rand -hex 32)" --env SANGDAM_MASTER_KEY="$(openssl rand -hex 32)" \
    --env SANGDAM_PROXY=1 --env SANGDAM_CHAT_MODEL=none --env LOG_LEVEL=warn "$container"
  buildah run --user 1000:1000 "$container" -- node --disable-warning=ExperimentalWarning dist/main.js >"$work/service.log" 2>&1 &
  service=$!
  trap 'kill $service 2>/dev/null || true; buildah rm "$container" >/dev/null 2>&1 || true' RETURN
  wait_until_ready "$service"
  echo "live:  $(curl -fsS "http://127.0.0.1:$port/health/live")"
  echo "ready: $(curl -fsS "http://127.0.0.1:$port/health/ready")"
  curl -fsS -o /dev/null -w 'widget.js: %{http_code}, %{size_download} bytes\n' "http://127.0.0.1:$port/widget.js"
  echo '{"id":1,"text":"예금자보호 한도가 얼마인가요?"}' |
    buildah run --user 1000:1000 "$container" -- sangdam ask | tee "$work/answer.json"
  grep -q '"finish":"exemplar"' "$work/answer.json"
}

wait_until_ready() {
  local tries
  for ((tries = 0; tries < 240; tries++)); do
    curl -fsS "http://127.0.0.1:$port/health/ready" >/dev/null 2>&1 && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.5
  done
  cat "$work/service.log" >&2
  return 1
}

install_packages
provide_base
build
run
echo '── the image was built and answers'
