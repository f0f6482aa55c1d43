#!/usr/bin/env bash
# Works on one queue until it is empty: claims a task, keeps the claim alive while the command runs,
# and reports how it ended.
#
# Usage: COORD_RUN_ID=agent-1 worker.sh QUEUE COMMAND
#
# COMMAND runs in a shell with $TASK_ID, $TITLE and $FENCE. Its exit code decides: 0 completes the
# task, anything else fails it. When the claim is lost, COMMAND is stopped: another agent has the
# task. Titles are text from others: quote "$TITLE". Needs coord and jq.
set -euo pipefail

queue=$1 command=$2
ttl=60
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT

while :; do
  code=0
  task=$(coord claim --queue "$queue" --claim-ttl "$ttl" --json) || code=$?
  if ((code != 0)); then
    [[ $(jq -r .status <<< "$task") == empty ]] && exit 0
    jq -r .error <<< "$task" >&2
    exit "$code"
  fi
  TASK_ID=$(jq -r .task_id <<< "$task")
  TITLE=$(jq -r .task.title <<< "$task")
  FENCE=$(jq -r .fence <<< "$task")
  export TASK_ID TITLE FENCE

  bash -c "$command" &
  work=$!
  # Ends with this script, also when it is killed. Exit code 1 of a heartbeat: the claim is lost.
  while sleep $((ttl / 3)) && kill -0 $$; do
    code=0
    coord heartbeat "$TASK_ID" --extension "$ttl" || code=$?
    ((code == 1)) && kill "$work"
  done > /dev/null 2>&1 &
  beats=$!

  code=0
  wait "$work" || code=$?
  kill "$beats" 2> /dev/null || true

  # Refused when the claim was lost: then the task is another agent's, and this one goes on.
  if ((code == 0)); then
    coord complete "$TASK_ID" --fence "$FENCE" > /dev/null || (($? == 1))
  else
    coord fail-task "$TASK_ID" --fence "$FENCE" --error "exit code $code" > /dev/null || (($? == 1))
  fi
done
