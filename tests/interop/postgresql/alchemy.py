"""SQLAlchemy on psycopg 3, and pandas on SQLAlchemy: reflection, statements of Core and the ORM, streaming, frames."""

import datetime

import pandas
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Session

from checks import check, finish

engine = sa.create_engine("postgresql+psycopg://")
UTC = datetime.timezone.utc


@check("inspection of schemas, tables, columns, keys, indexes, comments")
def _():
    inspector = sa.inspect(engine)
    assert "plant" in inspector.get_schema_names()
    assert inspector.default_schema_name == "plant", inspector.default_schema_name
    assert "pumps" in inspector.get_table_names(schema="plant")
    assert "pumps" in inspector.get_table_names()
    types = {column["name"]: str(column["type"]) for column in inspector.get_columns("pumps", schema="plant")}
    assert types["time"] == "TIMESTAMP" and types["pressure"] == "DOUBLE PRECISION" and types["strokes"] == "BIGINT", types
    assert types["site"] == "TEXT" and types["running"] == "BOOLEAN", types
    assert inspector.get_pk_constraint("pumps", schema="plant")["constrained_columns"] == []
    for of in (inspector.get_foreign_keys, inspector.get_indexes, inspector.get_unique_constraints, inspector.get_check_constraints):
        assert of("pumps", schema="plant") == []
    assert inspector.get_table_comment("pumps", schema="plant") == {"text": None}
    assert inspector.get_view_names(schema="plant") == []
    assert inspector.has_table("pumps", schema="plant") and not inspector.has_table("nothing", schema="plant")


@check("reflected tables, and statements made of them")
def _():
    metadata = sa.MetaData()
    metadata.reflect(engine, schema="plant", only=["pumps"])
    pumps = metadata.tables["plant.pumps"]
    with engine.connect() as connection:
        since = datetime.datetime.now(UTC) - datetime.timedelta(hours=1)
        statement = (
            sa.select(pumps.c.site, sa.func.count().label("n"), sa.func.avg(pumps.c.pressure))
            .where(pumps.c.time > since, pumps.c.strokes.between(1, 30), pumps.c.site.in_(["s1", "s2"]), pumps.c.running.is_(True))
            .group_by(pumps.c.site)
            .order_by(pumps.c.site.desc())
            .limit(10)
            .offset(0)
        )
        assert [(row.site, row.n) for row in connection.execute(statement)] == [("s2", 5), ("s1", 5)]
        hour = sa.func.date_trunc(sa.literal_column("'hour'"), pumps.c.time).label("hour")
        assert sum(n for _, n in connection.execute(sa.select(hour, sa.func.count()).group_by(hour))) == 2500
        assert connection.execute(sa.select(sa.cast(pumps.c.strokes, sa.Text)).order_by(pumps.c.strokes).limit(1)).scalar() == "1"
        assert connection.execute(sa.select(sa.func.count()).where(pumps.c.site.ilike("S%"))).scalar() == 2500


@check("texts with parameters, streamed results")
def _():
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM pumps WHERE strokes <= :most"), {"most": 10}).scalar() == 10
        with connection.execution_options(stream_results=True, max_row_buffer=200).execute(sa.text("SELECT strokes FROM pumps")) as result:
            assert sum(len(part) for part in result.partitions(300)) == 2500


@check("the ORM reads")
def _():
    class Base(DeclarativeBase):
        pass

    class Pump(Base):
        __table__ = sa.Table("pumps", Base.metadata, schema="plant", autoload_with=engine)
        __mapper_args__ = {"primary_key": [__table__.c.time, __table__.c.site]}

    with Session(engine) as session:
        pump = session.scalars(sa.select(Pump).order_by(Pump.strokes.desc())).first()
        assert (pump.strokes, pump.pressure) == (2500, 1250.0)


@check("INSERT of many rows")
def _():
    table = sa.table("incoming_python", *(sa.column(name) for name in ("time", "line", "heat")))
    now = datetime.datetime.now(UTC)
    with engine.begin() as connection:
        connection.execute(sa.insert(table), [{"time": now - datetime.timedelta(seconds=i), "line": "a", "heat": i + 0.5} for i in range(30)])
        assert connection.execute(sa.text("SELECT sum(heat) FROM incoming_python WHERE line = 'a'")).scalar() == 450


@check("pandas.read_sql, read_sql_table, in chunks")
def _():
    frame = pandas.read_sql("SELECT time, site, strokes, pressure, running FROM pumps ORDER BY strokes", engine)
    assert len(frame) == 2500
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["time"].startswith("datetime64[") and kinds["time"].endswith("UTC]"), kinds
    assert kinds["strokes"] == "int64" and kinds["pressure"] == "float64" and kinds["running"] == "bool", kinds
    assert frame.set_index("time")["pressure"].resample("10min").mean().notna().any()
    assert len(pandas.read_sql_table("pumps", engine, schema="plant", columns=["site", "strokes"])) == 2500
    assert sum(len(part) for part in pandas.read_sql(sa.text("SELECT strokes FROM pumps WHERE strokes > :from"), engine, params={"from": 500}, chunksize=600)) == 2000


@check("errors are those of the driver")
def _():
    with engine.connect() as connection:
        try:
            connection.execute(sa.text("SELECT nope FROM pumps"))
            raise AssertionError("it was accepted")
        except sa.exc.ProgrammingError as error:
            assert error.orig.sqlstate == "42703"


finish()
