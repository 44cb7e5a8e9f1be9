"""Writes an hour of room temperatures with boto3 and asks for five-minute averages.

Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as `npm start` printed them.
"""

import math
import os
import time

import boto3

connection = {"region_name": "us-east-1", "endpoint_url": os.environ.get("TIDEMARK_ENDPOINT", "http://127.0.0.1:8470")}
write = boto3.client("timestream-write", **connection)
query = boto3.client("timestream-query", **connection)
table = {"DatabaseName": "example_python", "TableName": "rooms"}

write.create_database(DatabaseName=table["DatabaseName"])
write.create_table(
    **table,
    RetentionProperties={"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 365},
)

now = int(time.time() * 1000)
answer = write.write_records(
    **table,
    CommonAttributes={
        "Dimensions": [{"Name": "building", "Value": "north"}, {"Name": "room", "Value": "12"}],
        "MeasureName": "climate",
        "MeasureValueType": "MULTI",
    },
    Records=[
        {
            "Time": str(now - minute * 60_000),
            "MeasureValues": [
                {"Name": "temperature", "Value": str(20 + math.sin(minute / 10)), "Type": "DOUBLE"},
                {"Name": "people", "Value": str(minute % 4), "Type": "BIGINT"},
            ],
        }
        for minute in range(60)
    ],
)
print("records ingested:", answer["RecordsIngested"]["Total"])

pages = query.get_paginator("query").paginate(
    QueryString=f"""
        SELECT bin(time, 5m) AS five_minutes, round(avg(temperature), 2) AS temperature, max(people) AS people
        FROM "{table['DatabaseName']}"."{table['TableName']}"
        WHERE room = '12' AND time > ago(2h)
        GROUP BY 1 ORDER BY 1""",
    PaginationConfig={"PageSize": 5},
)
rows = [[datum.get("ScalarValue") for datum in row["Data"]] for page in pages for row in page["Rows"]]
for row in rows:
    print("  ".join(row))
print("rows:", len(rows))

write.delete_table(**table)
write.delete_database(DatabaseName=table["DatabaseName"])
print("done")
