#!/usr/bin/env bash
# PostgreSQL 15 with pgvector on a Debian 12 machine, for the tests that need a server. Run as root; may be run again.
# Prints the address for SANGDAM_TEST_POSTGRES. The server listens on the loopback address, trusts everybody and
# does not sync: for tests alone.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

port=${PGPORT:-55432}
folder=${PGROOT:-${TMPDIR:-/tmp}/sangdam-postgres}
bin=/usr/lib/postgresql/15/bin
extension=/usr/share/postgresql/15/extension/vector.control
packages=(postgresql-15 postgresql-server-dev-15 gcc make dpkg-dev libc6-dev)
unset PGPORT PGROOT

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  # Debian would make a cluster of its own and start it; ours is enough.
  install -d /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/sangdam.conf
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Debian's archive as this machine knows it, whether that stands in debian.sources, sources.list or another file.
archive() {
  # shellcheck disable=SC2016 # apt fills in the $(…) itself
  apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' 'Component: main' | sort -u | sed -n 1p
}

# Debian 12 has no package of pgvector; the next release's source builds for PostgreSQL 15.
install_pgvector() {
  [[ ! -f $extension ]] || return 0
  local work sources=/etc/apt/sources.list.d/sangdam-pgvector.sources uri
  uri=$(archive)
  [[ -n $uri ]] || { apt-get update -qq; uri=$(archive); }
  [[ -n $uri ]] || { echo 'ci-postgres: no Debian archive among the package sources of this machine' >&2; return 1; }
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # the names are local: expand them now
  trap "rm -rf '$sources' '$work'" EXIT
  printf 'Types: deb-src\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$uri" >"$sources"
  apt-get update -qq
  (
    cd "$work"
    apt-get source -qq pgvector >/dev/null
    cd pgvector-*/
    # OPTFLAGS empty: no -march=native, the result may be cached and moved to another machine.
    make -s -j2 with_llvm=no OPTFLAGS= PG_CONFIG="$bin/pg_config"
    make -s install with_llvm=no PG_CONFIG="$bin/pg_config"
  ) >&2
}

as_postgres() { su postgres -s /bin/bash -c "$1"; }

start_server() {
  ! as_postgres "$bin/pg_ctl -D $folder/data status" >/dev/null 2>&1 || return 0
  if [[ ! -d $folder/data ]]; then
    install -d -o postgres -g postgres -m 700 "$folder"
    as_postgres "$bin/initdb -D $folder/data -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8" >/dev/null
  fi
  as_postgres "$bin/pg_ctl -D $folder/data -w -l $folder/log -o '-p $port -h 127.0.0.1 -k $folder \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200' start" >/dev/null || {
    cat "$folder/log" >&2
    return 1
  }
}

install_packages
install_pgvector
start_server
"$bin/psql" -qXAt -h 127.0.0.1 -p "$port" -U postgres \
  -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION IF NOT EXISTS vector'
echo "postgres://postgres@127.0.0.1:$port/postgres"
