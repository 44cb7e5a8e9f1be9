"""Starts ClickHouse out of libchdb, in this process: launch-node.py LIBRARY ARGUMENT…"""

import ctypes
import signal
import sys

if sys.platform == "linux":
    # PR_SET_PDEATHSIG: a node never outlives the test that started it
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
library = ctypes.CDLL(sys.argv[1])
arguments = [b"clickhouse", *(argument.encode() for argument in sys.argv[2:])]
library.query_stable_v2(len(arguments), (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None))
