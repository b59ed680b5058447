"""When not to search for garbage: while things are made that stay, to look through them is for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting() -> Iterator[None]:
    """No search for garbage meanwhile: a tenth of the time of loading modules, a third of that of reading law.

    What was made counts as old at once, as if it had been searched; where someone has frozen things, nothing is moved.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """A search now and then only: what an audit makes lives until its end, and to search it takes a tenth more."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
