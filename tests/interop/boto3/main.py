"""boto3: every scenario once with an explicit endpoint and once with AWS_ENDPOINT_URL alone (which runs endpoint discovery)."""

import os
import subprocess
import sys
import time
import traceback

import boto3
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
counts = {"passed": 0, "failed": 0}


def check(name):
    def run(body):
        try:
            body()
            counts["passed"] += 1
            print("ok", name)
        except Exception:
            counts["failed"] += 1
            print("not ok", name)
            traceback.print_exc(file=sys.stdout)

    return run


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError(f"{code} expected, but the call succeeded")


def datum(value):
    return None if value.get("NullValue") else value["ScalarValue"]


for mode, options in (("explicit endpoint", {"endpoint_url": ENDPOINT}), ("AWS_ENDPOINT_URL only", {})):
    write = boto3.client("timestream-write", region_name="us-east-1", **options)
    query = boto3.client("timestream-query", region_name="us-east-1", **options)
    database = f"boto3_{len(mode)}"
    table = {"DatabaseName": database, "TableName": database}
    now = int(time.time() * 1000)

    def rows_of(text, page_size=None):
        config = {} if page_size is None else {"PaginationConfig": {"PageSize": page_size}}
        pages = list(query.get_paginator("query").paginate(QueryString=text, **config))
        return pages, [[datum(d) for d in row["Data"]] for page in pages for row in page["Rows"]]

    @check(f"{mode}: create")
    def _():
        created = write.create_database(DatabaseName=database, Tags=[{"Key": "k", "Value": "v"}])["Database"]
        assert created["TableCount"] == 0
        assert abs(created["CreationTime"].timestamp() - time.time()) < 60
        described = write.create_table(**table)["Table"]
        assert described["RetentionProperties"] == {"MemoryStoreRetentionPeriodInHours": 6, "MagneticStoreRetentionPeriodInDays": 73000}
        assert described["MagneticStoreWriteProperties"] == {"EnableMagneticStoreWrites": False}
        assert write.describe_database(DatabaseName=database)["Database"]["TableCount"] == 1
        refused("ConflictException", write.create_table, **table)
        assert write.list_tags_for_resource(ResourceARN=created["Arn"])["Tags"] == [{"Key": "k", "Value": "v"}]

    @check(f"{mode}: write, read back, pages of the asked size")
    def _():
        answer = write.write_records(
            **table,
            CommonAttributes={"Dimensions": [{"Name": "host", "Value": "a"}], "MeasureName": "m", "MeasureValueType": "BIGINT"},
            Records=[{"Time": str(now - i), "MeasureValue": str(i)} for i in range(5)],
        )
        assert answer["RecordsIngested"] == {"Total": 5, "MemoryStore": 5, "MagneticStore": 0}
        pages, rows = rows_of(f'SELECT host, measure_value::bigint FROM "{database}"."{database}" ORDER BY 2', 3)
        assert rows == [["a", str(i)] for i in range(5)], rows
        assert [len(p["Rows"]) for p in pages if p["Rows"]] == [3, 2], [len(p["Rows"]) for p in pages]

    @check(f"{mode}: rejected records are listed, the others stored")
    def _():
        records = [
            {"Time": str(now - 50), "MeasureValue": "1.5", "MeasureName": "r", "MeasureValueType": "DOUBLE"},
            {"Time": str(now - 400 * 24 * 3_600_000), "MeasureValue": "1.5", "MeasureName": "r", "MeasureValueType": "DOUBLE"},
        ]
        error = refused(
            "RejectedRecordsException",
            write.write_records,
            **table,
            CommonAttributes={"Dimensions": [{"Name": "host", "Value": "a"}]},
            Records=records,
        )
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 419
        rejected = error.response["RejectedRecords"]
        assert [r["RecordIndex"] for r in rejected] == [1], rejected
        assert "outside the time range" in rejected[0]["Reason"]
        assert rows_of(f"SELECT measure_value::double FROM \"{database}\".\"{database}\" WHERE measure_name = 'r'")[1] == [["1.5"]]

    @check(f"{mode}: versions")
    def _():
        def put(value, **more):
            return write.write_records(
                **table,
                Records=[
                    {"Dimensions": [{"Name": "host", "Value": "v"}], "MeasureName": "v", "MeasureValue": value, "Time": str(now), **more}
                ],
            )

        put("1.0")
        put("1.0")
        refused("RejectedRecordsException", put, value="2.0")
        put("3.0", Version=5)
        error = refused("RejectedRecordsException", put, value="4.0", Version=4)
        assert error.response["RejectedRecords"][0]["ExistingVersion"] == 5
        assert rows_of(f"SELECT measure_value::double FROM \"{database}\".\"{database}\" WHERE measure_name = 'v'")[1] == [["3.0"]]

    @check(f"{mode}: bad SQL and unknown resources")
    def _():
        error = refused("ValidationException", query.query, QueryString=f'SELECT nope FROM "{database}"."{database}"')
        assert "line 1:8: Column 'nope' does not exist" in str(error), error
        refused("ValidationException", query.query, QueryString="SELEC 1")
        refused("ResourceNotFoundException", write.describe_table, DatabaseName=database, TableName="nope")
        refused("ValidationException", write.delete_database, DatabaseName=database)
        assert rows_of("SELECT 1")[1] == [["1"]]

    @check(f"{mode}: scheduled queries")
    def _():
        def create(**more):
            return query.create_scheduled_query(
                **{
                    "Name": database,
                    "QueryString": f"SELECT host, max(@scheduled_runtime) AS t, count(*) AS n FROM {database}.{database} GROUP BY host",
                    "ScheduleConfiguration": {"ScheduleExpression": "rate(1 hour)"},
                    "NotificationConfiguration": {"SnsConfiguration": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t"}},
                    "ScheduledQueryExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
                    "ErrorReportConfiguration": {"S3Configuration": {"BucketName": os.environ["TIDEMARK_INTEROP_S3_BUCKET"]}},
                    "TargetConfiguration": {
                        "TimestreamConfiguration": {
                            "DatabaseName": database,
                            "TableName": database,
                            "TimeColumn": "t",
                            "DimensionMappings": [{"Name": "host", "DimensionValueType": "VARCHAR"}],
                            "MixedMeasureMappings": [{"SourceColumn": "n", "MeasureValueType": "BIGINT", "TargetMeasureName": "counted"}],
                        }
                    },
                    "Tags": [{"Key": "k", "Value": "v"}],
                    **more,
                }
            )["Arn"]

        token = "t" * 32 + str(len(mode))
        arn = create(ClientToken=token)
        assert create(ClientToken=token) == arn
        refused("ConflictException", create)
        refused("ValidationException", create, Name="bad", ScheduleConfiguration={"ScheduleExpression": "cron(61 * * * ? *)"})
        refused("ValidationException", create, Name="bad", QueryString="SELECT @nope")
        for _ in range(2):
            described = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]
            assert described["State"] == "ENABLED", described
            assert abs((described["NextInvocationTime"] - described["CreationTime"]).total_seconds() - 3600) <= 1, described
        assert query.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
        at = int(time.time())
        query.execute_scheduled_query(ScheduledQueryArn=arn, InvocationTime=at)
        deadline = time.time() + 20
        while "LastRunSummary" not in (described := query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]):
            assert time.time() < deadline, described
            time.sleep(0.05)
        run = described["LastRunSummary"]
        assert run["RunStatus"] == "MANUAL_TRIGGER_SUCCESS", run
        assert run["InvocationTime"].timestamp() == at, run
        counted = rows_of(f"SELECT host, measure_value::bigint FROM {database}.{database} WHERE measure_name = 'counted' ORDER BY 1")[1]
        assert run["ExecutionStats"]["RecordsIngested"] == len(counted) > 0, (run, counted)
        listed = [q["Arn"] for page in query.get_paginator("list_scheduled_queries").paginate() for q in page["ScheduledQueries"]]
        assert arn in listed, listed
        query.update_scheduled_query(ScheduledQueryArn=arn, State="DISABLED")
        described = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]
        assert described["State"] == "DISABLED" and "NextInvocationTime" not in described, described
        query.delete_scheduled_query(ScheduledQueryArn=arn)
        refused("ResourceNotFoundException", query.describe_scheduled_query, ScheduledQueryArn=arn)

    @check(f"{mode}: delete")
    def _():
        write.delete_table(**table)
        write.delete_database(DatabaseName=database)
        refused("ResourceNotFoundException", write.describe_database, DatabaseName=database)


@check("the example runs as it is")
def _():
    output = subprocess.run(
        [sys.executable, "../../../examples/python/main.py"],
        env={**os.environ, "TIDEMARK_ENDPOINT": ENDPOINT},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "records ingested: 60" in output and output.rstrip().endswith("done"), output


@check("the example of a scheduled query runs as it is")
def _():
    output = subprocess.run(
        [sys.executable, "../../../examples/python/scheduled_query.py"],
        env={**os.environ, "TIDEMARK_ENDPOINT": ENDPOINT, "TIDEMARK_BUCKET": os.environ["TIDEMARK_INTEROP_S3_BUCKET"]},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "_TRIGGER_SUCCESS: " in output and "samples: 60" in output and output.rstrip().endswith("done"), output


print(f"{counts['passed']} passed, {counts['failed']} failed")
sys.exit(1 if counts["failed"] else 0)
