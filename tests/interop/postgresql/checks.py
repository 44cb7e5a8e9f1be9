"""Scenarios of one client, counted."""

import sys
import traceback

counts = {"passed": 0, "failed": 0}


def check(name):
    def run(body):
        try:
            body()
            counts["passed"] += 1
            print("ok", name, flush=True)
        except Exception:
            counts["failed"] += 1
            print("FAILED", name)
            traceback.print_exc(file=sys.stdout)

    return run


def finish():
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)
