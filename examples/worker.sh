#!/usr/bin/env bash
# Works on one queue until it is empty: claims a task, keeps the claim alive while the command runs,
# and reports how it ended.
#
# Usage: COORD_RUN_ID=agent-1 worker.sh QUEUE COMMAND
#
# COMMAND runs in a shell with $TASK_ID, $TITLE and $FENCE. Its exit code decides: 0 completes the
# task, anything else fails it. Needs coord and jq.
set -euo pipefail

queue=$1 command=$2
ttl=60

while task=$(coord claim --queue "$queue" --claim-ttl "$ttl" --json); do
  TASK_ID=$(jq -r .task_id <<< "$task")
  TITLE=$(jq -r .task.title <<< "$task")
  FENCE=$(jq -r .fence <<< "$task")
  export TASK_ID TITLE FENCE

  # Heartbeats end with this script, also when it is killed: the loop looks for its parent.
  while sleep $((ttl / 3)) && kill -0 $$ 2> /dev/null; do
    coord heartbeat "$TASK_ID" --extension "$ttl" > /dev/null || break
  done > /dev/null 2>&1 &
  beats=$!

  code=0
  bash -c "$command" || code=$?
  kill "$beats" 2> /dev/null || true

  if ((code == 0)); then
    coord complete "$TASK_ID" --fence "$FENCE" > /dev/null
  else
    coord fail-task "$TASK_ID" --fence "$FENCE" --error "exit code $code" > /dev/null
  fi
done
