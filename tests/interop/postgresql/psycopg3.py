"""psycopg 3: results as text and binary, parameters, server-side cursors, executemany, COPY, pipeline, cancel, timeout."""

import datetime
import threading
import time

import psycopg
from psycopg.rows import dict_row

from checks import check, finish

SLOW = (
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), "
    "UNNEST(sequence(1, 1000)) AS c(z) WHERE (x * y + z) % 7 = 3"
)
UTC = datetime.timezone.utc


def connect(**options):
    return psycopg.connect("", **options)


@check("values of all types, as text and binary")
def _():
    with connect() as connection:
        for binary in (False, True):
            row = (
                connection.cursor(binary=binary, row_factory=dict_row)
                .execute(
                    """SELECT true AS b, 7 AS i, 9007199254740993 AS l, 0.1 AS d, 'é' AS s, timestamp '2026-01-02 03:04:05.123456789' AS t,
                    date '2020-02-29' AS day, time '03:04:05.5' AS clock, interval '1' day + interval '90' minute AS span, NULL AS n,
                    ARRAY['a b', NULL, '"'] AS texts, ARRAY[1, 2] AS numbers, ROW(1, 'x') AS r, nan() AS nothing"""
                )
                .fetchone()
            )
            nothing = row.pop("nothing")
            assert nothing != nothing
            assert row == {
                "b": True,
                "i": 7,
                "l": 9007199254740993,
                "d": 0.1,
                "s": "é",
                "t": datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, UTC),
                "day": datetime.date(2020, 2, 29),
                "clock": datetime.time(3, 4, 5, 500000),
                "span": datetime.timedelta(days=1, minutes=90),
                "n": None,
                "texts": ["a b", None, '"'],
                "numbers": [1, 2],
                "r": {"f1": 1, "f2": "x"},
            }, (binary, row)


@check("parameters of each type, by place and name, sent as text and binary")
def _():
    since = datetime.datetime.now(UTC) - datetime.timedelta(hours=1)
    with connect() as connection:
        for form in ("s", "t", "b"):
            found = connection.execute(
                f"""SELECT site, count(*) FROM pumps WHERE time > %(since){form} AND strokes <= %(most){form} AND site <> %(not){form}
                AND running = %(on){form} AND pressure < %(p){form} GROUP BY 1 ORDER BY 1""",
                {"since": since, "most": 30, "not": "s0", "on": True, "p": 1e9},
            ).fetchall()
            assert found == [("s1", 5), ("s2", 5)], found
        assert connection.execute("SELECT %s, %s", (None, "it's")).fetchone() == (None, "it's")
        assert connection.execute("SELECT count(*) FROM pumps WHERE checked::date = %s", (datetime.date(2026, 1, 2),)).fetchone() == (2500,)
        assert connection.execute("SELECT count(*) FROM pumps WHERE site = ANY(%s)", (["s1", "s2"],)).fetchone() == (1667,)


@check("times to the microsecond")
def _():
    with connect() as connection:
        assert connection.execute("SELECT max(checked) FROM pumps").fetchone() == (datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),)


@check("fetchone, fetchmany, iteration, rowcount, description")
def _():
    with connect() as connection:
        cursor = connection.execute("SELECT strokes, pressure FROM pumps ORDER BY strokes")
        assert cursor.rowcount == 2500
        assert [column.name for column in cursor.description] == ["strokes", "pressure"]
        assert [column.type_code for column in cursor.description] == [20, 701]
        assert cursor.fetchone() == (1, 0.5)
        assert [row[0] for row in cursor.fetchmany(2)] == [2, 3]
        assert sum(1 for _ in cursor) == 2497


@check("a server-side cursor, fetchmany, with parameters, scrolled, text and binary")
def _():
    with connect() as connection:
        for binary in (False, True):
            with connection.cursor("of pumps", binary=binary) as cursor:
                cursor.itersize = 300
                cursor.execute("SELECT strokes, time FROM pumps WHERE strokes > %s ORDER BY strokes", (100,))
                assert [column.name for column in cursor.description] == ["strokes", "time"]
                assert [row[0] for row in cursor.fetchmany(3)] == [101, 102, 103]
                cursor.scroll(7)
                assert cursor.fetchone()[0] == 111
                rows = [row[0] for row in cursor]
                assert rows == list(range(112, 2501)), len(rows)
        with connection.cursor("rest") as cursor:
            cursor.execute("SELECT strokes FROM pumps")
            assert len(cursor.fetchall()) == 2500


@check("a cursor WITH HOLD outlives its transaction, another does not")
def _():
    with connect() as connection:
        held = connection.cursor("held", withhold=True)
        held.execute("SELECT strokes FROM pumps ORDER BY strokes")
        connection.commit()
        assert [row[0] for row in held.fetchmany(2)] == [1, 2]
        held.close()
        plain = connection.cursor("plain")
        plain.execute("SELECT strokes FROM pumps")
        connection.commit()
        try:
            plain.fetchone()
            raise AssertionError("the cursor is still there")
        except psycopg.errors.InvalidCursorName:
            connection.rollback()


@check("stream")
def _():
    with connect() as connection:
        assert sum(1 for _ in connection.cursor().stream("SELECT strokes FROM pumps")) == 2500


@check("executemany INSERT")
def _():
    now = datetime.datetime.now(UTC)
    with connect(autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.executemany(
            "INSERT INTO incoming_python (time, machine, load, cycles, ok) VALUES (%s, %s, %s, %s, %s)",
            [(now - datetime.timedelta(seconds=i), f"m{i % 4}", i / 2, i, i % 2 == 0) for i in range(200)],
        )
        assert cursor.rowcount == 200, cursor.rowcount
        found = connection.execute(
            "SELECT count(*), sum(load), sum(cycles), count(distinct machine), count(*) FILTER (WHERE ok), max(time) FROM incoming_python"
        ).fetchone()
        assert found == (200, 9950.0, 19900, 4, 100, now), found


@check("COPY … TO STDOUT")
def _():
    with connect() as connection, connection.cursor().copy("COPY (SELECT site, strokes FROM pumps ORDER BY strokes LIMIT 3) TO STDOUT") as copy:
        copy.set_types(["text", "int8"])
        assert list(copy.rows()) == [("s1", 1), ("s2", 2), ("s0", 3)]


@check("a prepared statement and a pipeline")
def _():
    with connect() as connection:
        for most in range(10):
            assert connection.execute("SELECT count(*) FROM pumps WHERE strokes <= %s", (most,), prepare=True).fetchone() == (most,)
        with connection.pipeline():
            cursors = [connection.execute("SELECT count(*) FROM pumps WHERE strokes <= %s", (most,)) for most in range(10)]
            assert [cursor.fetchone()[0] for cursor in cursors] == list(range(10))


@check("errors have classes and a place, and a transaction ends at one")
def _():
    with connect() as connection:
        for sql, error in (
            ("SELECT nope FROM pumps", psycopg.errors.UndefinedColumn),
            ("SELECT 1 FROM nothing", psycopg.errors.UndefinedTable),
            ("SELECT nope(1)", psycopg.errors.UndefinedFunction),
            ("SELECT 1 +", psycopg.errors.SyntaxError),
            ("CREATE TABLE t (a int)", psycopg.errors.ReadOnlySqlTransaction),
        ):
            try:
                connection.execute(sql)
                raise AssertionError(f"{sql} was accepted")
            except error as thrown:
                if error is psycopg.errors.UndefinedColumn:
                    assert thrown.diag.statement_position == "8", thrown.diag.statement_position
            try:
                connection.execute("SELECT 1")
                raise AssertionError("the transaction went on")
            except psycopg.errors.InFailedSqlTransaction:
                connection.rollback()


@check("cancel from another thread")
def _():
    with connect() as connection:
        threading.Timer(0.5, connection.cancel_safe).start()
        started = time.monotonic()
        try:
            connection.execute(SLOW)
            raise AssertionError("it was not cancelled")
        except psycopg.errors.QueryCanceled:
            assert time.monotonic() - started < 30
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


@check("statement timeout by option and by SET")
def _():
    for options, statement in (("-c statement_timeout=300", None), (None, "SET statement_timeout = '300ms'")):
        with psycopg.connect("", options=options) if options else connect() as connection:
            if statement:
                connection.execute(statement)
            try:
                connection.execute(SLOW)
                raise AssertionError("it was not stopped")
            except psycopg.errors.QueryCanceled as error:
                assert "timeout" in str(error)


@check("a wrong password")
def _():
    try:
        connect(password="wrong")
        raise AssertionError("it was accepted")
    except psycopg.OperationalError as error:
        assert "password authentication failed" in str(error)


finish()
