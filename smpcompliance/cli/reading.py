"""The paths on the command line, the archive on stdin among them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smpcompliance.cli.shared import fail

if TYPE_CHECKING:
    from smpcompliance.logs.intake.raw import SourceFile

_CHUNK = 1 << 20  # bytes


class _Given(click.Path):
    """A path that is not empty: an empty one, as of a variable that is not set, would be the present folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("a path is empty; write . for the present folder", param, ctx)
        return super().convert(value, param, ctx)


GIVEN = _Given(path_type=Path)
"""Type of the paths on the command line."""


def given(paths: Sequence[Path]) -> "list[Path | SourceFile]":
    """The paths; `-` is the archive that stands on stdin."""
    if sum(str(path) == "-" for path in paths) > 1:
        fail("- stands for the ZIP archive on stdin and can be given once only")
    return [_stdin() if str(path) == "-" else path for path in paths]


def _stdin() -> "SourceFile":
    """What stands on stdin, or only its beginning where that shows that it is no archive."""
    from smpcompliance.logs.intake.places.place import STDIN
    from smpcompliance.logs.intake.raw import SourceFile
    from smpcompliance.logs.intake.tables.encoding import LARGEST_FILE

    if sys.stdin is None or sys.stdin.isatty():
        fail("- reads a ZIP archive of a studio's folder from stdin; write for instance: audit - < studio.zip")
    chunks = [sys.stdin.buffer.read(2)]
    size = 2
    while chunks[0] == b"PK" and chunks[-1]:
        chunks.append(sys.stdin.buffer.read(_CHUNK))
        size += len(chunks[-1])
        if size > LARGEST_FILE:
            fail(f"stdin holds more than {LARGEST_FILE:,} bytes; split the archive, for instance by studio")
    return SourceFile(STDIN, b"".join(chunks))
