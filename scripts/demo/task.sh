#!/bin/sh
# What the workers of the demonstration run for each task, at the top of this checkout.
set -eu
case $COORD_TITLE in
  'Measure '*)
    file=${COORD_TITLE#Measure }
    # This one fails at first.
    [ "$file:$COORD_ATTEMPT" != "$DEMO_FAILS:1" ] || exit 3
    # This worker stays at its fifth task, until it is killed.
    if [ "$COORD_RUN_ID" = "$DEMO_VICTIM" ]; then
      echo >> "$DEMO_PLACES/begun"
      if [ "$(wc -l < "$DEMO_PLACES/begun")" -eq 5 ]; then
        printf %s "$file" > "$DEMO_PLACES/at.new" && mv "$DEMO_PLACES/at.new" "$DEMO_PLACES/at"
        exec sleep 60
      fi
    fi
    set -- $(wc -lc < "$file")
    echo "{\"lines\":$1,\"bytes\":$2}" > "$COORD_RESULT_FILE"
    ;;
  *) # Its payload names the tasks before it; their results are what it adds up.
    tag=$(sed 's/.*"adds":"\([^"]*\)".*/\1/' "$COORD_PAYLOAD_FILE")
    coord tasks --tag "$tag" --print result.lines,result.bytes |
      awk '{ l += $1; b += $2 } END { print "{\"lines\":" l + 0 ",\"bytes\":" b + 0 "}" }' \
        > "$COORD_RESULT_FILE"
    ;;
esac
