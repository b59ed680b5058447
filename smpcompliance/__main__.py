"""The program itself: `smpcompliance`, and `python -m smpcompliance`."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from smpcompliance.cli import main

ENDINGS = tuple(s for name in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, name, None)) is not None)
"""Signals that tell a run to end: exit code 128 + signal, and what it was writing is taken away."""


def _end(number: int, _: object) -> NoReturn:
    """Ends at once. An exception would be swallowed where a library catches everything, and the run would go on."""
    for name in ("smpcompliance.cli.output", "smpcompliance.fleet.whole"):
        if writing := sys.modules.get(name):
            writing.take_away()
    os._exit(128 + number)


def run() -> NoReturn:
    """Runs the command line and ends the process at once with its exit code.

    At an ordinary end of Python the threads of Arrow are torn down while they may just be ending by themselves, which
    now and then aborts the process («terminate called without an active exception») after all its work is done, and
    turns exit code 0 into 134.
    """
    code: object = 0
    for ending in ENDINGS:
        if signal.getsignal(ending) != signal.SIG_IGN:
            signal.signal(ending, _end)
    try:
        main(prog_name="smpcompliance")
    except SystemExit as end:
        code = end.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    run()
