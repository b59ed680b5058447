"""Writing files whole: beside the place first, then renamed, so that no half-written report is ever left."""

import os
import tempfile
from pathlib import Path

from smpcompliance.cli.shared import fail


def write_whole(file: Path, data: bytes) -> None:
    """Writes a file, or ends the program with exit code 2 where that is not possible."""
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as beside:
            beside.write(data)
        os.chmod(beside.name, 0o644)
        os.replace(beside.name, file)
    except OSError as error:
        fail(
            f"{file}: the report cannot be written ({error.strerror}); give a folder that exists and can be written to"
        )
