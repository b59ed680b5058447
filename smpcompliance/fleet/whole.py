"""Files that are there whole or not at all, whatever ends the run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(place: Path) -> Iterator[Path]:
    """Gives a place beside it to write to, which takes its name in the end; two runs do not mix."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield beside
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def write_whole(place: Path, data: bytes) -> None:
    """Writes beside the place, then renames."""
    with whole(place) as beside:
        beside.write_bytes(data)
