"""Writing files whole: beside the place first, then renamed, so that no half-written report is ever left."""

import contextlib
import os
import tempfile
from pathlib import Path

from smpcompliance.cli.shared import fail


def write_whole(file: Path, data: bytes) -> None:
    """Writes a file, or ends the program with exit code 2 where that is not possible.

    Whatever ends the run in between (an interrupt, a full disc), what stood in the place before still stands there.
    """
    beside = None
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as opened:
            beside = opened.name
            opened.write(data)
        os.chmod(beside, 0o644)
        os.replace(beside, file)
    except BaseException as error:
        if beside:
            with contextlib.suppress(OSError):
                os.unlink(beside)
        if not isinstance(error, OSError):
            raise
        place = "give a folder that exists and can be written to"
        fail(f"{file}: the report cannot be written ({error.strerror}); {place}")
