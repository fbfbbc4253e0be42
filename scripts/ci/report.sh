#!/bin/sh
# Tells phasebot how a job went:  report.sh success|failure
#
#   PHASEBOT_URL             where the server is; without it nothing is reported
#   PHASEBOT_CORRELATION_ID  which attempt it is about; or PHASEBOT_PLAN and PHASEBOT_PHASE; or else the run, or the branch
#   PHASEBOT_TICKET          proves the report, once; it also says which attempt it is about
#   PHASEBOT_WEBHOOK_SECRET  signs the report; on GitHub Actions a job with `id-token: write` needs neither
#
# Works on GitHub Actions and GitLab CI, and with nothing but sh, curl and (for the secret) openssl. Prints no secret.
set -eu

TRIES=${PHASEBOT_TRIES:-5}

say() { printf 'phasebot: %s\n' "$1"; }

nothing_to_do() {
  say "$1; nothing is reported"
  exit 0
}

# what may stand in a JSON text as it is, whatever somebody has called a branch
plain() { printf '%s' "${1:-}" | LC_ALL=C tr -cd 'A-Za-z0-9._/@:+=~%?&#-' | cut -c1-500; }

status=${1:-}
case $status in
  success | failure) ;;
  *)
    say "usage: report.sh success|failure" >&2
    exit 2
    ;;
esac
[ -n "${PHASEBOT_URL:-}" ] || nothing_to_do "PHASEBOT_URL is not set"
url=${PHASEBOT_URL%/}

if [ -n "${GITHUB_RUN_ID:-}" ]; then
  repository=${GITHUB_REPOSITORY:-} branch=${GITHUB_REF:-} sha=${GITHUB_SHA:-} run=$GITHUB_RUN_ID
  attempt=${GITHUB_RUN_ATTEMPT:-1} page=${GITHUB_SERVER_URL:-https://github.com}/$repository/actions/runs/$run
elif [ -n "${CI_PIPELINE_ID:-}" ]; then
  repository=${CI_PROJECT_PATH:-} branch=${CI_COMMIT_REF_NAME:-} sha=${CI_COMMIT_SHA:-} run=$CI_PIPELINE_ID
  attempt=1 page=${CI_JOB_URL:-${CI_PIPELINE_URL:-}}
else
  repository='' branch='' sha='' run='' attempt='' page=''
fi

body=$(printf '{"status":"%s","correlation_id":"%s","plan":"%s","phase":"%s","repository":"%s","branch":"%s","sha":"%s","run_id":"%s","run_attempt":"%s","url":"%s"}' \
  "$status" "$(plain "${PHASEBOT_CORRELATION_ID:-}")" "$(plain "${PHASEBOT_PLAN:-}")" "$(plain "${PHASEBOT_PHASE:-}")" \
  "$(plain "$repository")" "$(plain "$branch")" "$(plain "$sha")" "$(plain "$run")" "$(plain "$attempt")" "$(plain "$page")")

# the header that proves who we are; it goes to curl by its standard input, so that no list of processes shows it
proof() {
  if [ -n "${PHASEBOT_TICKET:-}" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$(plain "$PHASEBOT_TICKET")"
  elif [ -n "${PHASEBOT_WEBHOOK_SECRET:-}" ]; then
    digest=$(printf '%s' "$body" | openssl dgst -sha256 -hmac "$PHASEBOT_WEBHOOK_SECRET" | sed 's/^.*[= ]//')
    printf 'header = "X-Hub-Signature-256: sha256=%s"\n' "$digest"
  else
    token=$(printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
      curl --silent --fail --max-time 20 --config - "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$url" |
      sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
    [ -n "$token" ] || return 1
    printf 'header = "Authorization: Bearer %s"\n' "$token"
  fi
}

if [ -z "${PHASEBOT_TICKET:-}${PHASEBOT_WEBHOOK_SECRET:-}${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  nothing_to_do "there is no PHASEBOT_TICKET, no PHASEBOT_WEBHOOK_SECRET and no identity token (permissions: id-token: write)"
fi

try=1
while :; do
  code=000
  if header=$(proof); then
    code=$(printf '%s' "$header" | curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' --config - \
      --header 'Content-Type: application/json' --data-raw "$body" "$url/webhooks/ci") || code=000
  fi
  case $code in
    2??)
      say "reported $status"
      exit 0
      ;;
    000 | 408 | 429 | 5??) ;;
    *)
      say "the report was refused with $code" >&2
      exit 1
      ;;
  esac
  [ "$try" -lt "$TRIES" ] || break
  sleep "$try"
  try=$((try + 1))
done
say "the report could not be delivered ($code) after $TRIES tries" >&2
exit 1
