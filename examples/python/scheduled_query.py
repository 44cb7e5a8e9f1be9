"""Averages per minute, written by a scheduled query: made, run once by hand, read back and removed.

Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as `npm start` printed them. Error reports go into the bucket TIDEMARK_BUCKET
(`reports` when absent), which must be there: `mkdir -p tidemark-data/buckets/reports`.
"""

import os
import time
from datetime import datetime, timezone

import boto3

connection = {"region_name": "us-east-1", "endpoint_url": os.environ.get("TIDEMARK_ENDPOINT", "http://127.0.0.1:8470")}
write = boto3.client("timestream-write", **connection)
query = boto3.client("timestream-query", **connection)
database = "example_scheduled"

write.create_database(DatabaseName=database)
for name in ("raw", "minutes"):
    write.create_table(DatabaseName=database, TableName=name)
now = int(time.time() * 1000)
write.write_records(
    DatabaseName=database,
    TableName="raw",
    CommonAttributes={"Dimensions": [{"Name": "host", "Value": "web-1"}], "MeasureName": "load", "MeasureValueType": "DOUBLE"},
    Records=[{"Time": str(now - second * 1000), "MeasureValue": str(second % 10)} for second in range(1, 61)],
)

arn = query.create_scheduled_query(
    Name="load-per-minute",
    # the last ten minutes anew at every run: what came late is recomputed, and the later run wins
    QueryString=f"""SELECT host, bin(time, 1m) AS minute, avg(measure_value::double) AS load, count(*) AS samples
        FROM {database}.raw WHERE time BETWEEN @scheduled_runtime - 10m AND @scheduled_runtime GROUP BY 1, 2""",
    ScheduleConfiguration={"ScheduleExpression": "cron(0/1 * * * ? *)"},
    NotificationConfiguration={"SnsConfiguration": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:scheduled-queries"}},
    ScheduledQueryExecutionRoleArn="arn:aws:iam::000000000000:role/scheduled-queries",
    ErrorReportConfiguration={"S3Configuration": {"BucketName": os.environ.get("TIDEMARK_BUCKET", "reports")}},
    TargetConfiguration={
        "TimestreamConfiguration": {
            "DatabaseName": database,
            "TableName": "minutes",
            "TimeColumn": "minute",
            "DimensionMappings": [{"Name": "host", "DimensionValueType": "VARCHAR"}],
            "MultiMeasureMappings": {
                "TargetMultiMeasureName": "load",
                "MultiMeasureAttributeMappings": [
                    {"SourceColumn": "load", "MeasureValueType": "DOUBLE", "TargetMultiMeasureAttributeName": "average"},
                    {"SourceColumn": "samples", "MeasureValueType": "BIGINT"},
                ],
            },
        }
    },
)["Arn"]

query.execute_scheduled_query(ScheduledQueryArn=arn, InvocationTime=datetime.now(timezone.utc))
while "LastRunSummary" not in (description := query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]):
    time.sleep(0.1)
run = description["LastRunSummary"]
print(f"{run['RunStatus']}: {run['ExecutionStats']['RecordsIngested']} records")

samples = 0
for row in query.query(QueryString=f"SELECT time, average, samples FROM {database}.minutes ORDER BY 1")["Rows"]:
    minute, average, count = (datum["ScalarValue"] for datum in row["Data"])
    samples += int(count)
    print(minute[:16], average)
print(f"samples: {samples}")

query.delete_scheduled_query(ScheduledQueryArn=arn)
for name in ("raw", "minutes"):
    write.delete_table(DatabaseName=database, TableName=name)
write.delete_database(DatabaseName=database)
print("done")
