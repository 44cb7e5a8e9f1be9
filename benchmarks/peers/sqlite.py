"""SQLite behind a pipe: statements come as lines of JSON, answers go as lines of JSON."""
import csv
import json
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1000000")


def answer(request):
    if "load" in request:
        with open(request["load"], newline="") as file:
            rows = csv.reader(file)
            marks = ", ".join("?" * request["columns"])
            database.executemany(f"INSERT INTO cpu VALUES ({marks})", rows)
            database.commit()
        database.execute("ANALYZE")
        return {"rows": 0}
    return {"rows": len(database.execute(request["sql"]).fetchall())}


for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line))), flush=True)
    except Exception as error:
        print(json.dumps({"failure": str(error)}), flush=True)
