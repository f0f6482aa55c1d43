#!/bin/sh
# A merge queue: agents that call this in their clones merge one after the other, in the order in
# which they came. Each rebases on what came before it, and pushes only what ./check.sh allows.
# Needs coord and git. All agents share one workspace: COORD_DIR, and a COORD_RUN_ID each.
exec coord with --lane @merge --wait 3600 -- sh -ec '
  git pull --quiet --rebase origin main
  ./check.sh
  git push --quiet origin HEAD:main'
