"""How the process holds memory while tables of millions of rows come and go."""

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
_LARGEST = 32 << 20  # bytes; the most that glibc takes for the second
_NEVER = (1 << 31) - 1


def keep_memory() -> None:
    """Keeps memory that was freed for the next table, instead of asking the system for clean pages each time.

    A whole law makes some ten thousand arrays of a million rows, of which few live long: clean pages for each of them
    cost an eighth of all CPU time, and the peak is the same. Other systems than those of glibc are left as they are.
    """
    if adjust := getattr(ctypes.CDLL(None) if os.name == "posix" else None, "mallopt", None):
        adjust(_TRIM_THRESHOLD, _NEVER)
        adjust(_MMAP_THRESHOLD, _LARGEST)
