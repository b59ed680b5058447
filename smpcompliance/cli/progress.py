"""A progress bar on a terminal: one line on stderr, gone when the work is done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WIDTH = 60


@contextmanager
def progress_bar(wanted: bool) -> Iterator[Callable[[str], None]]:
    """Gives a function to call with the name of each thing that is begun; silent where stderr is no terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _: None
        return
    count = 0

    def show(name: str) -> None:
        nonlocal count
        count += 1
        sys.stderr.write(f"\r{count:5} {name[:_WIDTH]:{_WIDTH}}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r" + " " * (_WIDTH + 6) + "\r")
        sys.stderr.flush()
