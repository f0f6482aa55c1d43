#!/bin/sh
# Six workers in one checkout, until the queue `fleet` is empty. When one dies, its task goes to
# another after FLEET_TTL. What fails is tried again as its task says. Ends with 1 if tasks failed.
#
# Usage, at the top of a git repository after `coord init`, with ./edit.sh and ./check.sh there:
#   echo '{"title": "Fix the rate", "payload": {"file": "src/tax.ts"}}' |
#     coord enqueue --stdin --queue fleet --max-attempts 3 --backoff 30s
#   sh fleet.sh
set -eu
export FLEET_TTL="${FLEET_TTL:-60}"
task=$(cd -- "$(dirname -- "$0")" && pwd)/task.sh
for n in 1 2 3 4 5 6; do
  coord work --run-id "worker-$n" --queue fleet --drain --claim-ttl "$FLEET_TTL" \
    --max-runtime "${FLEET_MAX_RUNTIME:-30m}" -- sh "$task" &
done
wait
failed=$(coord tasks --queue fleet --status failed --print task_id)
[ -z "$failed" ]
