#!/usr/bin/env bash
# Keeps one GitHub issue up to date with what `mscode drift` finds, and closes it once nothing is left.
#
#   drift-issue.sh [OPTIONS OF mscode, like --env production]
#
# The issue is found by the first line of its body, a comment that names project and environment, and by its author, so that
# nobody else's issue is taken for it. Needs bash, curl and jq, and a token with `issues: write`.
#
#   GITHUB_TOKEN       the token; it goes over https only, or to this machine, and to no host outside MSCODE_ALLOWED_HOSTS
#   GITHUB_REPOSITORY  owner/name, set by the runner
#   GITHUB_API_URL     set by the runner; https://api.github.com when left out
#   DRIFT_AUTHOR       whose issues are looked at; github-actions[bot] when left out, as the token of a job writes
#
# Exit code: 0 when the issue is as it should be, drift or not; else that of mscode, or 1.
set -euo pipefail

api=${GITHUB_API_URL:-https://api.github.com}
author=${DRIFT_AUTHOR:-github-actions[bot]}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "drift-issue: $1" >&2
  exit 1
}

check_token_may_go() {
  local host=${api#*://}
  host=${host%%/*}
  case $api in
    https://*) ;;
    http://127.0.0.1:* | http://localhost:*) ;;
    *) fail "GITHUB_API_URL must be https://" ;;
  esac
  if [[ -n ${MSCODE_ALLOWED_HOSTS+set} && ",${MSCODE_ALLOWED_HOSTS// /}," != *",$host,"* &&
    ",${MSCODE_ALLOWED_HOSTS// /}," != *",${host%%:*},"* ]]; then
    fail "$host is not among MSCODE_ALLOWED_HOSTS, so no token goes there"
  fi
}

# request METHOD PATH [FILE]: the answer's body. The token is in a file, for other processes can read a command line. No redirect
# is followed; only reads are repeated, and what a rate limit refused: nothing was done of it, and it says for how long.
request() {
  local more=() try status wait
  [[ $1 != GET ]] || more=(--retry 3 --retry-max-time 60)
  [[ $# -lt 3 ]] || more=(--data-binary "@$3" --header "Content-Type: application/json")
  for try in 1 2 3; do
    status=$(curl --silent --show-error --max-time 30 --request "$1" --header "@$work/headers" --dump-header "$work/said" \
      --output "$work/answer" --write-out '%{http_code}' "${more[@]}" "$api$2") || fail "the forge does not answer: $1 $2"
    if [[ $status == 2?? ]]; then
      cat "$work/answer"
      return
    fi
    wait=$(tr -d '\r' < "$work/said" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\)$/\1/p' | tail -n 1)
    [[ $status == 403 || $status == 429 ]] && [[ -n $wait && $wait -le 120 && $try -lt 3 ]] || break
    sleep "$wait"
  done
  fail "the forge refused: $1 $2 ($status $(jq -r '.message // empty' "$work/answer" 2> /dev/null | tr '\n\r' '  ' | head -c 300))"
}

# The number of the open issue, nothing where there is none.
find_issue() {
  local page=1 found
  while [[ $page -le 100 ]]; do
    request GET "/repos/$GITHUB_REPOSITORY/issues?state=open&sort=created&direction=asc&per_page=100&page=$page" > "$work/page"
    found=$(jq -r --arg marker "$1" --arg author "$author" \
      'map(select(.pull_request == null and .user.login == $author and
        ((.body // "") | split("\n")[0] | rtrimstr("\r")) == $marker)) | first | .number // empty' "$work/page")
    [[ -z $found ]] || break
    [[ $(jq length "$work/page") -eq 100 ]] || break
    page=$((page + 1))
  done
  echo "$found"
}

: "${GITHUB_TOKEN:?drift-issue: no token}" "${GITHUB_REPOSITORY:?drift-issue: no repository}"
check_token_may_go
(
  umask 077
  printf 'Authorization: Bearer %s\nAccept: application/vnd.github+json\nX-GitHub-Api-Version: 2022-11-28\n' \
    "$GITHUB_TOKEN" > "$work/headers"
)

code=0
mscode --no-input "$@" drift --detailed-exitcode --format markdown > "$work/body" || code=$?
[[ $code -eq 0 || $code -eq 2 ]] || exit "$code"

marker=$(head -n 1 "$work/body")
[[ $marker == "<!-- mscode:drift:1:"*" -->" ]] || fail "mscode wrote no marker"
title=$(sed -n '3s/^### //p' "$work/body" | tr -d '`')
number=$(find_issue "$marker")

if [[ $code -eq 2 && -z $number ]]; then
  jq -Rs --arg title "$title" '{title: $title, body: .}' "$work/body" > "$work/request"
  number=$(request POST "/repos/$GITHUB_REPOSITORY/issues" "$work/request" | jq -r .number)
  echo "Drift: opened issue $number"
elif [[ $code -eq 2 ]]; then
  jq -Rs '{body: .}' "$work/body" > "$work/request"
  request PATCH "/repos/$GITHUB_REPOSITORY/issues/$number" "$work/request" > /dev/null
  echo "Drift: issue $number is up to date"
elif [[ -n $number ]]; then
  jq -Rs '{body: ., state: "closed", state_reason: "completed"}' "$work/body" > "$work/request"
  request PATCH "/repos/$GITHUB_REPOSITORY/issues/$number" "$work/request" > /dev/null
  echo "No drift: closed issue $number"
else
  echo "No drift"
fi
