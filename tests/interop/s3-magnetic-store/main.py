"""The magnetic store in a bucket of an S3 server: encrypted there, read back through a bounded cache, found again after a restart."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECRET = "dimension-value-that-nobody-may-read"
CACHE_BYTES = 2_000_000
ROUNDS, ROWS = 60, 100
HOUR = 3_600_000
counts = {"passed": 0, "failed": 0}
keys = {"aws_access_key_id": "bucketkey", "aws_secret_access_key": "bucketsecret", "region_name": "us-east-1"}


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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_bucket_server():
    port = free_port()
    child = subprocess.Popen(
        [pathlib.Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
            return child, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the S3 server does not answer")


class Tidemark:
    def __init__(self, data, bucket_endpoint):
        self.child = subprocess.Popen(
            ["node", ROOT / "dist/cli/main.js", "serve", "--listen", "127.0.0.1:0", "--data", data]
            + ["--magnetic-store-path", "s3://cold-data/here", "--s3-endpoint", bucket_endpoint]
            + ["--limits", f"magneticCacheBytes={CACHE_BYTES},recordsPerWrite=1000"],
            env={
                **os.environ,
                "TIDEMARK_S3_ACCESS_KEY_ID": keys["aws_access_key_id"],
                "TIDEMARK_S3_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
                "TIDEMARK_ROOT_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
                "TIDEMARK_ROOT_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self.child.stdout:
            match = re.match(r"tidemark listening on (\S+)$", line)
            if match:
                self.endpoint = match[1]
                break
        else:
            raise RuntimeError("Tidemark did not start")
        self.write = boto3.client("timestream-write", endpoint_url=self.endpoint)
        self.query = boto3.client("timestream-query", endpoint_url=self.endpoint)

    def one(self, text):
        """The first cell of the result."""
        return self.query.query(QueryString=text)["Rows"][0]["Data"][0]["ScalarValue"]

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(60)


def bytes_under(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


data = tempfile.mkdtemp(prefix="tidemark-s3-")
bucket_server, bucket_endpoint = start_bucket_server()
s3 = boto3.client("s3", endpoint_url=bucket_endpoint, **keys)
s3.create_bucket(Bucket="cold-data")
tidemark = Tidemark(data, bucket_endpoint)
now = int(time.time() * 1000)
COUNT = f"SELECT count(*) FROM tiers.cpu WHERE host = '{SECRET}'"
TEXTS = "SELECT sum(length(measure_value::varchar)) FROM tiers.cpu"
RECENT = "SELECT count(*) FROM tiers.cpu WHERE time > ago(30m)"


@check("records of both tiers are written and read")
def _():
    tidemark.write.create_database(DatabaseName="tiers")
    tidemark.write.create_table(
        DatabaseName="tiers",
        TableName="cpu",
        RetentionProperties={"MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 100},
        MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True},
    )
    common = {
        "Dimensions": [{"Name": "host", "Value": SECRET}],
        "MeasureName": "text",
        "MeasureValueType": "VARCHAR",
    }
    for day in range(ROUNDS):
        records = [
            {"Time": str(now - 2 * HOUR - day * 24 * HOUR - i), "MeasureValue": os.urandom(500).hex()} for i in range(ROWS)
        ]
        answer = tidemark.write.write_records(DatabaseName="tiers", TableName="cpu", CommonAttributes=common, Records=records)
        assert answer["RecordsIngested"] == {"Total": ROWS, "MemoryStore": 0, "MagneticStore": ROWS}, answer
    recent = [{"Time": str(now - i), "MeasureValue": "recent"} for i in range(3)]
    tidemark.write.write_records(DatabaseName="tiers", TableName="cpu", CommonAttributes=common, Records=recent)
    assert tidemark.one(COUNT) == str(ROUNDS * ROWS + 3), tidemark.one(COUNT)
    assert tidemark.one(TEXTS) == str(ROUNDS * ROWS * 1000 + 18)


def objects():
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="cold-data"):
        yield from page.get("Contents", [])


@check("late rows lie in the bucket, and nothing of them can be read there or on the disk")
def _():
    found = list(objects())
    assert len(found) > 10, found
    assert all(item["Key"].startswith("here/") for item in found)
    assert sum(item["Size"] for item in found) > ROUNDS * ROWS * 500
    for item in found:
        body = s3.get_object(Bucket="cold-data", Key=item["Key"])["Body"].read()
        assert SECRET.encode() not in body, item["Key"]
    for path in pathlib.Path(data).rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


@check("the cache of what was read stays within its bound")
def _():
    cache = pathlib.Path(data) / "engine/cache/magnetic"
    assert tidemark.one(TEXTS) == str(ROUNDS * ROWS * 1000 + 18)
    used = bytes_under(cache)
    assert 0 < used <= 1.1 * CACHE_BYTES, used


@check("after a restart without the cache everything is found again")
def _():
    global tidemark
    tidemark.stop()
    shutil.rmtree(pathlib.Path(data) / "engine/cache")
    tidemark = Tidemark(data, bucket_endpoint)
    assert tidemark.one(COUNT) == str(ROUNDS * ROWS + 3)
    assert tidemark.one(TEXTS) == str(ROUNDS * ROWS * 1000 + 18)


@check("while the bucket does not answer, recent data is read and written")
def _():
    bucket_server.send_signal(signal.SIGSTOP)
    try:
        assert tidemark.one(RECENT) == "3"
        record = {
            "Time": str(now + 1),
            "MeasureName": "text",
            "MeasureValueType": "VARCHAR",
            "MeasureValue": "recent",
            "Dimensions": [{"Name": "host", "Value": SECRET}],
        }
        tidemark.write.write_records(DatabaseName="tiers", TableName="cpu", Records=[record])
        assert tidemark.one(RECENT) == "4"
    finally:
        bucket_server.send_signal(signal.SIGCONT)
    assert tidemark.one(COUNT) == str(ROUNDS * ROWS + 4)


def run_tidemark(*arguments):
    environment = {**os.environ, "AWS_ENDPOINT_URL": tidemark.endpoint}
    done = subprocess.run(["node", ROOT / "dist/cli/main.js", *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@check("a backup of both tiers goes into another bucket, sealed, what is new only after that, and a table comes back out of it")
def _():
    s3.create_bucket(Bucket="vault")
    rows = ROUNDS * ROWS + 4
    assert f"-full: 1 tables, {rows} rows" in run_tidemark("backup", "s3://vault/nightly")
    full = sum(item["Size"] for item in s3.list_objects_v2(Bucket="vault")["Contents"])
    assert full > ROUNDS * ROWS * 500, full
    assert f"-incremental: 1 tables, {rows} rows" in run_tidemark("backup", "s3://vault/nightly", "--incremental")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="vault"):
        for item in page["Contents"]:
            body = s3.get_object(Bucket="vault", Key=item["Key"])["Body"].read()
            assert SECRET.encode() not in body and keys["aws_secret_access_key"].encode() not in body, item["Key"]
    assert run_tidemark("backups", "s3://vault/nightly", "--format", "csv").count("\n") == 3
    texts = tidemark.one(TEXTS)
    names = ["--database", "tiers", "--table", "cpu", "--as-table", "cpu2"]
    assert f"1 tables, {rows} rows, counts and checksums agree" in run_tidemark("restore", "s3://vault/nightly", *names)
    assert tidemark.one(TEXTS.replace("tiers.cpu", "tiers.cpu2")) == texts
    tidemark.write.delete_table(DatabaseName="tiers", TableName="cpu2")


@check("a table that is deleted leaves nothing in the bucket")
def _():
    tidemark.write.delete_table(DatabaseName="tiers", TableName="cpu")
    for _ in range(100):
        if not [item for item in objects() if "clickhouse_access_check" not in item["Key"]]:
            return
        time.sleep(0.1)
    raise AssertionError([item["Key"] for item in objects()][:5])


tidemark.stop()
bucket_server.kill()
shutil.rmtree(data)
print(f"{counts['passed']} passed, {counts['failed']} failed")
sys.exit(0 if counts["failed"] == 0 else 1)
