#!/usr/bin/env bash
# Re-resolve the locked requirements: exact versions with hashes, valid for Python 3.11 to 3.13, naming no index.
#   run.txt    what `phasebot` needs           (make demo)
#   dev.txt    the same + tests and checks     (make test, make check)
#   bench.txt  the same + the peers we measure (make bench)
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
  local out=$1
  shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
    pyproject.toml requirements/build.in "$@" -o "requirements/$out"
}

lock run.txt
lock dev.txt --extra scale --extra tui --extra otel --group test --group check
lock bench.txt --extra scale --extra tui --extra otel --group test --group check --group bench
