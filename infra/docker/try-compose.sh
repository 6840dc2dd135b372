#!/bin/bash
# try-compose.sh -- the containers put to the test, from nothing, as a compose project of its own that is removed in the end:
# start, containment, secrets, the main job, each container killed in mid-flow, two replicas, down and up again.
# Needs Docker Engine 26 with compose 2.27 or later on this machine, root (it kills processes by their number), and the ports free.
set -euo pipefail
cd "$(dirname "$0")/../.."
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-inkpost-try} COMPOSE_PROGRESS=quiet COMPOSE_PROFILES=demo
SERVICES='mail-ingest acceptance guest-account print-submit notification domain-sync gateway'
MAILS=${MAILS:-15}
failures=0

say() { printf '\n== %s\n' "$*"; }
check() { # TITLE COMMAND...: one line, ok or not
  local title=$1 output; shift
  if output=$("$@" 2>&1); then printf 'ok    %s%s\n' "$title" "${output:+: $output}"; else printf 'NOT   %s: %s\n' "$title" "$output"; failures=$((failures + 1)); fi
}
seconds() { local from=$EPOCHREALTIME; "$@" > /dev/null || return; awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s\n", b - a }'; }
container() { docker compose ps -q "$1" | head -1; }
inspect() { docker inspect -f "$2" "$(container "$1")"; }
in_demo() { docker compose exec -T demo node --input-type=module - "$@" < infra/docker/try-flow.mjs; }
kill_hard() { kill -9 "$(inspect "$1" '{{.State.Pid}}')"; }
demo_done() { docker compose logs demo 2>&1 | grep -o 'Printed byte for byte.*'; }

# One line of the facts that compose promised, per container.
contained() {
  local facts; facts=$(inspect "$1" '{{.Config.User}} read-only={{.HostConfig.ReadonlyRootfs}} drop={{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} memory={{.HostConfig.Memory}} cpus={{.HostConfig.NanoCpus}} pids={{.HostConfig.PidsLimit}}')
  echo "$facts"
  [[ $facts =~ ^(node|999:999)\ read-only=true\ drop=\[ALL\]\ \[no-new-privileges:true\]\ memory=[1-9][0-9]*\ cpus=[1-9][0-9]*\ pids=[1-9][0-9]*$ ]] &&
    grep -q '^CapEff:.*0000000000000000$' "/proc/$(inspect "$1" '{{.State.Pid}}')/status" &&
    ! docker exec "$(container "$1")" sh -c 'touch /written 2>/dev/null'
}
published() {
  local found; found=$(docker ps --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --format '{{.Ports}}' | tr ',' '\n' | grep -oE '^ ?[^ ]+->[0-9]+' | tr -d ' ' | sort | paste -sd' ')
  echo "$found"; [ "$found" = '127.0.0.1:2424->2424 127.0.0.1:2525->2525 127.0.0.1:5753->5753 127.0.0.1:5756->5756 127.0.0.1:5780->5780' ]
}
# No secret's text in what Docker shows of a container, in logs, or on command lines.
no_secret_shows() {
  local shown secrets count=0 secret
  shown=$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | while read -r id; do docker inspect "$id"; docker logs "$id" 2>&1; docker top "$id" -eo args 2>/dev/null || true; done)
  secrets=$(docker run --rm --network none -v "${COMPOSE_PROJECT_NAME}_secrets:/s:ro" "$(inspect gateway '{{.Config.Image}}')" sh -c 'find /s -type f ! -name users.acl -exec cat {} +' | sed 's/^1://' | sort -u)
  while read -r secret; do count=$((count + 1)); if grep -qF -- "$secret" <<< "$shown"; then echo "secret number $count shows"; return 1; fi; done <<< "$secrets"
  echo "$count secrets looked for"; [ "$count" -ge 17 ]
}
own_secrets_only() { local found; found=$(docker exec "$(container "$1")" ls /run/secrets/inkpost); echo "$found"; [ "$found" = "$1" ]; }
no_way_out() { ! docker exec "$(container "$1")" node -e 'require("net").connect({host:"192.0.2.1",port:9,timeout:1500}).on("error",(e)=>process.exit(e.code==="ENETUNREACH"?1:0)).on("timeout",()=>process.exit(0))'; }

# Mails and releases go on while the container dies; afterwards each document has to have been printed once.
kill_in_mid_flow() {
  in_demo begin
  docker compose exec -T demo rm -f /tmp/sent
  in_demo send "$MAILS" "$1" & local sending=$!
  sleep 1.5; kill_hard "$1"; wait $sending
  in_demo release "$MAILS" & local releasing=$!
  sleep 2; kill_hard "$1"; wait $releasing
  in_demo check
}
restarted() { local count; count=$(inspect "$1" '{{.RestartCount}}'); echo "restarted $count times"; [ "$count" -ge 2 ]; }

main() {
  trap 'docker compose down --volumes --timeout 5 > /dev/null 2>&1' EXIT
  docker compose down --volumes > /dev/null 2>&1 || true
  say 'Build'; echo "build $(seconds docker compose build), image $(docker image inspect -f '{{.Size}}' "inkpost:${INKPOST_VERSION:-0.1.0}" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
  say 'Start from nothing'; COMPOSE_PROFILES='' check 'up --wait' seconds docker compose up --wait --wait-timeout 240
  docker stats --no-stream --format '{{.Name}}\t{{.MemUsage}}' | sort
  say 'Containment'; for each in postgres redis $SERVICES; do check "$each" contained "$each"; done
  check 'published ports' published
  for each in $SERVICES; do check "$each has its own secrets alone" own_secrets_only "$each"; done
  check 'acceptance has no way out' no_way_out acceptance
  say 'The main job'; check 'demo' seconds docker compose up --wait demo
  check 'mail, code, release, print' demo_done
  check 'no secret shows' no_secret_shows
  say "Killed with -9 in mid-flow, $MAILS mails and releases each"
  for each in $SERVICES redis postgres; do check "$each" kill_in_mid_flow "$each"; check "  $each" restarted "$each"; docker compose up --wait --no-recreate --no-deps "$each" > /dev/null; done
  say 'Two replicas'; check 'up --scale' seconds docker compose up --wait --no-recreate --scale acceptance=2 --scale print-submit=2
  check 'acceptance and print-submit twice, one of each killed' kill_in_mid_flow acceptance
  say 'Down and up again'; local before after
  in_demo send 2 waits
  before=$(in_demo state); docker compose down > /dev/null; check 'up --wait' seconds docker compose up --wait
  after=$(in_demo state); echo "before $before"; echo "after  $after (and one more, the demo's)"
  check 'the same queues, no job lost' in_demo compare "$before" "$after"
  docker stats --no-stream --format '{{.Name}}\t{{.MemUsage}}' | sort
  say "$failures failed"; exit $((failures > 0))
}
main
