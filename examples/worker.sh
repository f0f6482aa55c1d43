#!/bin/sh
# Works on one queue until it is empty: claims a task, keeps the claim alive while the command runs,
# and reports how it ended.
#
# Usage: COORD_RUN_ID=agent-1 worker.sh QUEUE COMMAND
#
# COMMAND runs in a shell with $TASK_ID, $TITLE and $FENCE. Its exit code decides: 0 completes the
# task, anything else fails it. When the claim is lost, COMMAND is stopped: another agent has the
# task. Titles are text from others: quote "$TITLE". Needs coord and nothing else.
set -eu

queue=$1 command=$2
ttl=60
work='' beats=''
trap 'kill $work $beats 2> /dev/null || true' EXIT
trap 'exit 143' INT TERM

while :; do
  code=0
  task=$(coord claim --queue "$queue" --claim-ttl "$ttl" --print task_id,fence,task.title) || code=$?
  [ "$code" -ne 1 ] || exit 0 # nothing is left to claim
  [ "$code" -eq 0 ] || exit "$code"
  IFS='	' read -r TASK_ID FENCE TITLE << EOF
$task
EOF
  export TASK_ID TITLE FENCE

  sh -c "$command" &
  work=$!
  # Ends with this script, also when it is killed. Exit code 1 of a heartbeat: the claim is lost.
  while sleep $((ttl / 3)) && kill -0 $$; do
    code=0
    coord heartbeat "$TASK_ID" --extension "$ttl" || code=$?
    [ "$code" -ne 1 ] || kill "$work"
  done > /dev/null 2>&1 &
  beats=$!

  code=0
  wait "$work" || code=$?
  kill "$beats" 2> /dev/null || true
  work='' beats=''

  # Refused when the claim was lost: then the task is another agent's, and this one goes on.
  if [ "$code" -eq 0 ]; then
    coord complete "$TASK_ID" --fence "$FENCE" > /dev/null || [ $? -eq 1 ]
  else
    coord fail-task "$TASK_ID" --fence "$FENCE" --error "exit code $code" > /dev/null || [ $? -eq 1 ]
  fi
done
