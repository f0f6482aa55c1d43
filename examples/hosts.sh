#!/bin/sh
# Two hosts and one data base: four workers each, until 24 tasks are done. In the middle one host is cut
# off. What it had times out after 2 seconds, and the other host does it. Ends with 1 if a task is lost.
#
# Here both hosts are checkouts of this machine, and the cut is a kill.
#
# Usage: COORD_STORE='postgres://agent@db.example/coord?space=demo/hosts' sh hosts.sh
set -eu
: "${COORD_STORE:?names no data base}"
coord store init > /dev/null
seq 24 | sed 's/^/task /' | coord enqueue --stdin --queue hosts --run-id team > /dev/null

host() { # NAME: a checkout of its own, with no workspace of files
  mkdir -p "$base/$1"
  cd "$base/$1"
  exec setsid coord work --run-id "$1" --queue hosts --concurrency 4 --claim-ttl 2 --drain -- sleep 0.4
}
base=$(mktemp -d)
trap 'rm -rf "$base"' EXIT
(host one) > "$base/one.log" 2>&1 &
one=$!
(host two) > "$base/two.log" 2>&1 &
two=$!

# When it has begun, the first host goes away without a word.
until [ -n "$(coord tasks --queue hosts --status completed --print task_id)" ]; do sleep 0.2; done
kill -9 "-$one"
wait "$two"

done=$(coord tasks --queue hosts --status completed --print task_id | wc -l)
echo "$done of 24 tasks are done"
[ "$done" -eq 24 ]
