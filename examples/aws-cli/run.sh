#!/usr/bin/env bash
# Writes two records with the AWS CLI and reads them back.
# Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as `npm start` printed them.
set -euo pipefail
export AWS_DEFAULT_REGION=us-east-1
endpoint=${TIDEMARK_ENDPOINT:-http://127.0.0.1:8470}
tidemark() { aws --endpoint-url "$endpoint" --output text "$@"; }

tidemark timestream-write create-database --database-name example_cli
tidemark timestream-write create-table --database-name example_cli --table-name rooms \
  --retention-properties MemoryStoreRetentionPeriodInHours=24,MagneticStoreRetentionPeriodInDays=365
now=$(date +%s)
tidemark timestream-write write-records --database-name example_cli --table-name rooms \
  --common-attributes 'Dimensions=[{Name=room,Value=12}],MeasureName=temperature,MeasureValueType=DOUBLE,TimeUnit=SECONDS' \
  --records "Time=$((now - 60)),MeasureValue=20.5" "Time=$now,MeasureValue=21.25"
tidemark timestream-query query --query-string \
  'SELECT room, time, measure_value::double FROM "example_cli"."rooms" WHERE time > ago(15m) ORDER BY time'
tidemark timestream-write delete-table --database-name example_cli --table-name rooms
tidemark timestream-write delete-database --database-name example_cli
echo done
