#!/usr/bin/env bash
# Publishes two readings to a broker that Tidemark is bridged to: tidemark serve --connectors examples/mqtt/connectors.json
# Needs mosquitto_pub, and a broker (mosquitto) on 127.0.0.1:1883 or MQTT_HOST and MQTT_PORT; arguments (-u USER -P PASSWORD) are handed on.
set -euo pipefail
options=(-h "${MQTT_HOST:-127.0.0.1}" -p "${MQTT_PORT:-1883}" -q 1 "$@")
publish() { mosquitto_pub "${options[@]}" "$@"; }

publish -t weather/Oslo/reading -m "{\"celsius\": 3.5, \"wind\": 12, \"at\": $(date +%s)}"
publish -t weather/Lagos/reading -m "{\"celsius\": 31.5, \"wind\": 4, \"at\": $(date +%s)}"
echo "two readings published; ask with: tidemark query 'SELECT * FROM weather.readings'"
