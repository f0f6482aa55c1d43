#!/usr/bin/env bash
# Works on one queue until it is empty: claims a task, keeps the claim alive while the command runs,
# and reports how it ended.
#
# Usage: COORD_RUN_ID=agent-1 worker.sh QUEUE COMMAND
#
# COMMAND runs in a shell with $TASK_ID, $TITLE and $FENCE. Its exit code decides: 0 completes the
# task, anything else fails it. When the claim is lost, or this script is stopped, so is COMMAND with
# all that it started. Titles are text from others: quote "$TITLE". Needs coord and bash.
set -euo pipefail
set -m # each job has a process group of its own, to which a signal can be sent

queue=$1 command=$2
ttl=60
work='' beats=''
stop() { [[ -z $1 ]] || kill -- "-$1" 2> /dev/null || true; }
trap 'stop "$beats"; stop "$work"' EXIT

while :; do
  code=0
  task=$(coord claim --queue "$queue" --claim-ttl "$ttl" --print task_id,fence,task.title) || code=$?
  ((code != 1)) || exit 0 # nothing is left to claim
  ((code == 0)) || exit "$code"
  IFS=$'\t' read -r TASK_ID FENCE TITLE <<< "$task"
  export TASK_ID TITLE FENCE

  bash -c "$command" < /dev/null &
  work=$!
  # Ends with this script, also when it is killed. Exit code 1 of a heartbeat: the claim is lost.
  while sleep $((ttl / 3)) && kill -0 $$; do
    code=0
    coord heartbeat "$TASK_ID" --extension "$ttl" || code=$?
    ((code != 1)) || stop "$work"
  done > /dev/null 2>&1 < /dev/null &
  beats=$!

  code=0
  wait "$work" || code=$?
  { stop "$beats" && wait "$beats"; } 2> /dev/null || true # and no word of bash's about it
  work='' beats=''

  # Refused when the claim was lost: then the task is another agent's, and this one continues.
  if ((code == 0)); then
    coord complete "$TASK_ID" --fence "$FENCE" > /dev/null || (($? == 1))
  else
    coord fail-task "$TASK_ID" --fence "$FENCE" --error "exit code $code" > /dev/null || (($? == 1))
  fi
done
