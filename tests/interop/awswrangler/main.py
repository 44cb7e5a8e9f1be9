"""awswrangler (AWS SDK for pandas): what its users do with Timestream and S3, each once."""

import datetime
import itertools
import os
import sys
import time
import traceback

import boto3
import numpy
import pandas

S3_ENDPOINT = os.environ["TIDEMARK_INTEROP_S3_ENDPOINT"]
BUCKET = os.environ["TIDEMARK_INTEROP_S3_BUCKET"]
S3_KEY = {"aws_access_key_id": "S3RVER", "aws_secret_access_key": "S3RVER"}
for service in ("WRITE", "QUERY"):
    os.environ[f"WR_TIMESTREAM_{service}_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL"]
os.environ["WR_S3_ENDPOINT_URL"] = S3_ENDPOINT

import awswrangler as wr  # noqa: E402  (reads the addresses when it is imported)

tidemark = boto3.Session(region_name="us-east-1")
# the S3 server knows one key, which it checks; Tidemark is given the same one
both = boto3.Session(region_name="us-east-1", **S3_KEY)
counts = {"passed": 0, "failed": 0}
names = itertools.count()


def check(name):
    def run(body):
        table = f"wrangler_{next(names)}"
        try:
            wr.timestream.create_database(table, boto3_session=tidemark)
            wr.timestream.create_table(table, table, memory_retention_hours=1, magnetic_retention_days=1, boto3_session=tidemark)
            body(table)
            counts["passed"] += 1
            print("ok", name)
        except Exception:
            counts["failed"] += 1
            print("not ok", name)
            traceback.print_exc(file=sys.stdout)

    return run


def frame(rows=3):
    now = datetime.datetime.now()
    return pandas.DataFrame(
        {
            "time": [now - datetime.timedelta(seconds=i) for i in range(rows)],
            "dim0": [f"d{i}" for i in range(rows)],
            "dim1": [i for i in range(rows)],
            "measure": [i + 0.5 for i in range(rows)],
        }
    )


def write(table, data, **options):
    settings = {"time_col": "time", "measure_col": "measure", "dimensions_cols": ["dim0", "dim1"], **options}
    return wr.timestream.write(df=data, database=table, table=table, boto3_session=tidemark, **settings)


def query(sql, **options):
    return wr.timestream.query(sql, boto3_session=tidemark, **options)


@check("basic query with every simple type, in pages of every kind")
def _(table):
    assert write(table, frame()) == []
    for pagination in (None, {}, {"MaxItems": 3, "PageSize": 2}):
        found = query(
            f"""SELECT 1 AS col_int, try_cast(now() AS time) AS col_time, TRUE AS col_bool, current_date AS col_date, 'foo' AS col_str,
            measure_value::double, measure_name, time FROM "{table}"."{table}" ORDER BY time DESC LIMIT 10""",
            pagination_config=pagination,
        )
        assert found.shape == (3, 8), found


@check("empty result")
def _(table):
    write(table, frame())
    assert query(f"SELECT * FROM \"{table}\".\"{table}\" WHERE dim0 = 'none'").empty


@check("chunks of a page each")
def _(table):
    write(table, frame(5))
    chunks = list(query(f'SELECT * FROM "{table}"."{table}"', chunked=True, pagination_config={"PageSize": 3}))
    assert [len(chunk) for chunk in chunks] == [3, 2], chunks
    assert "QueryId" in chunks[0].attrs


@check("versions")
def _(table):
    data = frame()
    for value, version, rejected in ((1.0, 1, 0), (2.0, 1, 3), (2.0, 2, 0)):
        data["measure"] = value
        assert len(write(table, data, version=version)) == rejected
        assert query(f'SELECT * FROM "{table}"."{table}"').shape == (3, 5)


@check("common attributes")
def _(table):
    data = frame().drop(columns=["dim1"])
    common = {"Dimensions": [{"Name": "dim1", "Value": "same"}], "MeasureName": "m"}
    assert write(table, data, dimensions_cols=["dim0"], common_attributes=common) == []
    found = query(f'SELECT * FROM "{table}"."{table}"')
    assert found.shape == (3, 5) and set(found["dim1"]) == {"same"}, found


@check("several measures in one record, some of them NaN")
def _(table):
    data = frame().assign(second=[1.0, numpy.nan, 3.0])
    assert write(table, data, measure_col=["measure", "second"], measure_name="metrics") == []
    found = query(f'SELECT * FROM "{table}"."{table}"')
    assert found.shape == (3, 6) and found["second"].isna().sum() == 1, found


@check("a measure that is a timestamp")
def _(table):
    data = frame()
    data["when"] = data["time"]
    assert write(table, data, measure_col=["measure", "when"], measure_name="metrics") == []
    found = query(f'SELECT * FROM "{table}"."{table}"')
    assert str(found["when"].dtype).startswith("datetime64"), found.dtypes


@check("databases and tables are listed")
def _(table):
    assert table in wr.timestream.list_databases(boto3_session=tidemark)
    assert table in wr.timestream.list_tables(boto3_session=tidemark)
    assert wr.timestream.list_tables(database=table, boto3_session=tidemark) == [table]


@check("a table with further arguments and tags")
def _(table):
    options = {"MagneticStoreWriteProperties": {"EnableMagneticStoreWrites": True}}
    wr.timestream.create_table(
        table, f"{table}_more", 1, 1, tags={"k": "v"}, timestream_additional_kwargs=options, boto3_session=tidemark
    )
    client = tidemark.client("timestream-write", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    described = client.describe_table(DatabaseName=table, TableName=f"{table}_more")["Table"]
    assert described["MagneticStoreWriteProperties"]["EnableMagneticStoreWrites"] is True


@check("times keep the precision of their unit")
def _(table):
    data = frame()
    for unit, digits in (("SECONDS", 0), ("MILLISECONDS", 3), ("MICROSECONDS", 6)):
        assert write(table, data.assign(dim0=unit), time_unit=unit) == []
        found = query(f"SELECT time FROM \"{table}\".\"{table}\" WHERE dim0 = '{unit}'")
        step = numpy.timedelta64(10 ** (9 - digits), "ns")
        assert len(found) == 3 and all(value.astype("datetime64[ns]").astype("int64") % step.astype("int64") == 0 for value in found["time"].values), found


for time_unit, scale in (("SECONDS", 1), ("MILLISECONDS", 1000), ("MICROSECONDS", 1_000_000)):

    @check(f"batch load of a data frame, times in {time_unit}")
    def _(table):
        now = int(time.time())
        data = pandas.DataFrame({"time": [(now - i) * scale for i in range(3)], "dim0": ["a", "b", "c"], "measure": [1.0, 2.0, 3.0], "kind": "m"})
        for version in (1, 2):
            answer = wr.timestream.batch_load(
                df=data.assign(measure=data["measure"] * version),
                path=f"s3://{BUCKET}/{table}/{version}/",
                database=table,
                table=table,
                time_col="time",
                dimensions_cols=["dim0"],
                measure_cols=["measure"],
                measure_name_col="kind",
                time_unit=time_unit,
                record_version=version,
                report_s3_configuration={"BucketName": BUCKET, "ObjectKeyPrefix": "reports"},
                timestream_batch_load_wait_polling_delay=0.2,
                boto3_session=both,
            )
            report = answer["BatchLoadTaskDescription"]["ProgressReport"]
            assert report["RecordIngestionFailures"] == 0 and report["RecordsIngested"] == 3, report
        found = query(f'SELECT * FROM "{table}"."{table}"')
        assert len(found) == 3 and sorted(found["measure"]) == [2.0, 4.0, 6.0], found


for file_format, partitions in itertools.product((None, "CSV", "PARQUET"), (None, ["dim0"], ["dim1", "dim0"])):

    @check(f"unload as {file_format} by {partitions} and read back")
    def _(table):
        write(table, frame())
        last = partitions or []
        columns = ["measure_value::double AS v", "time", *[name for name in ("dim1", "dim0") if name not in last], *last]
        options = {"unload_format": file_format} if file_format else {}
        found = wr.timestream.unload(
            sql=f'SELECT {", ".join(columns)} FROM "{table}"."{table}"',
            path=f"s3://{BUCKET}/{table}/out/",
            partition_cols=partitions,
            boto3_session=both,
            **options,
        )
        assert found.shape == (3, 4), found


print(f"{counts['passed']} passed, {counts['failed']} failed")
sys.exit(counts["failed"] > 0)
