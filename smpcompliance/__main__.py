"""The program itself: `smpcompliance`, and `python -m smpcompliance`."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from smpcompliance.cli import main

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a run that was told to end; what it was writing is taken away."""


def run() -> NoReturn:
    """Runs the command line and ends the process at once with its exit code.

    At an ordinary end of Python the threads of Arrow are torn down while they may just be ending by themselves, which
    now and then aborts the process («terminate called without an active exception») after all its work is done, and
    turns exit code 0 into 134.
    """
    code: object = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        main(prog_name="smpcompliance")
    except SystemExit as end:
        code = end.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    run()
