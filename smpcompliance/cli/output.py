"""Where is written, and how: files whole, beside the place first, then renamed, so that no half report is ever left."""

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from smpcompliance.cli.shared import fail

_UNFINISHED: set[str] = set()


def outside(places: Iterable[str | Path], paths: Sequence[Path]) -> None:
    """Sees to it that nothing is written into what is read."""
    for read in (os.path.realpath(path) for path in paths if path.exists()):
        for place in map(os.path.realpath, places):
            if place == read or place.startswith(read + os.sep):
                raise click.BadParameter(f"{place!r} lies in what is read here; write elsewhere", param_hint="--out")


def write_whole(file: Path, data: bytes) -> None:
    """Writes a file, or ends the program with exit code 2 where that is not possible.

    Whatever ends the run in between (an interrupt, a full disc), what stood in the place before still stands there.
    A link stays a link, and what is no file (a pipe, /dev/null) is written to as it is.
    """
    beside = None
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):
            file.write_bytes(data)
            return
        place = Path(os.path.realpath(file))
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as opened:
            beside = opened.name
            _UNFINISHED.add(beside)
            opened.write(data)
        os.chmod(beside, _mode(place))
        os.replace(beside, place)
    except BaseException as error:
        if beside:
            with contextlib.suppress(OSError):
                os.unlink(beside)
        if not isinstance(error, OSError):
            raise
        advice = "give a folder that exists and can be written to"
        fail(f"{file}: the report cannot be written ({error.strerror}); {advice}")
    finally:
        _UNFINISHED.discard(beside or "")


def take_away() -> None:
    """Takes away what is being written, for a run that ends at once."""
    for beside in _UNFINISHED:
        with contextlib.suppress(OSError):
            os.unlink(beside)


def write_out(data: bytes) -> None:
    """Writes to stdout, or ends the program with exit code 2 where there is none."""
    if sys.stdout is None:
        fail("stdout is closed; the report cannot be written")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def put(file: str | Path, data: bytes, said: str) -> None:
    """Writes to a file and says so on stderr; `-` is stdout, of which nothing is said."""
    if str(file) == "-":
        write_out(data)
    else:
        write_whole(Path(file), data)
        click.echo(f"{said}: {file}", err=True)


def _mode(place: Path) -> int:
    """The rights of the file that stands there, or of a new one as the user's own setting (umask) has them."""
    if place.exists():
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
