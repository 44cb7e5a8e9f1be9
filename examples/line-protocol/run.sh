#!/usr/bin/env bash
# Writes line protocol with curl, as a client of InfluxDB does, and asks for it with SQL.
# Needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a user who may write; TIDEMARK_ENDPOINT when it is not http://127.0.0.1:8470.
set -euo pipefail
endpoint=${TIDEMARK_ENDPOINT:-http://127.0.0.1:8470}
write() { curl --fail-with-body -sS -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"; }

write "$endpoint/query" --data-urlencode 'q=CREATE DATABASE "weather"' >/dev/null
write "$endpoint/write?db=weather&precision=s" --data-binary "
station,city=Oslo celsius=3.5,wind=12i $(date +%s)
station,city=Lagos celsius=31,wind=4i $(date +%s)
"
echo "two points written to weather.station"
