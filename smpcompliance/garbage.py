"""When not to search for garbage: while things are made that stay, to look through them is for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting() -> Iterator[None]:
    """No search for garbage meanwhile: a tenth of the time of loading modules, a third of that of reading law."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
