#!/bin/sh
# One task of the fleet: changes the file that its payload names, checks it, and commits it, once.
# ./edit.sh FILE does the work, for instance by an agent; ./check.sh FILE tests it. Both find
# $COORD_TITLE. What the file had that was not committed is lost. Needs coord, git and jq.
set -eu
case ${1-} in
  '') # When the wait was too long, exit code 75 gives the task back.
    FILE=$(jq -r .file "$COORD_PAYLOAD_FILE")
    export FILE
    exec coord with "$FILE" --literal --file --ttl "$FLEET_TTL" --wait 10m -- sh "$0" edit
    ;;
  edit) # Alone in $FILE.
    # A worker that died after its commit did not complete the task: nothing is left to do.
    [ -z "$(git log --format=%h --fixed-strings --grep="Task: $COORD_TASK_ID")" ] || exit 0
    # An attempt that failed, or was killed, left its changes.
    git show "HEAD:$FILE" > "$FILE" 2> /dev/null || rm -f -- "$FILE"
    ./edit.sh "$FILE"
    ./check.sh "$FILE"
    exec coord with --lane @git/index --ttl "$FLEET_TTL" --wait 10m -- sh "$0" commit
    ;;
  commit) # Alone in git's index: so these locks are those of a git that was killed.
    (cd "$(git rev-parse --git-dir)" && rm -f index.lock HEAD.lock "$(git symbolic-ref HEAD).lock")
    git add -- "$FILE"
    git commit --quiet -m "$COORD_TITLE" -m "Task: $COORD_TASK_ID" -- "$FILE"
    ;;
esac
