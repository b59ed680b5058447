"""Every format that is read: how each is recognised, and who reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from smpcompliance.logs.intake.printout.marks import may_be_printout
from smpcompliance.logs.intake.printout.tuttnauer import marks as tuttnauer
from smpcompliance.logs.intake.raw import RawTable, SourceFile

if TYPE_CHECKING:
    from smpcompliance.logs.intake.printout.profile import Profile

_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_BEGIN_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Reader:
    """A format: how it is recognised by name and content, and how it is read; both may use the studio's own devices.

    The module that reads it is loaded when a file of the format is met.
    """

    format: str
    recognises: Callable[[SourceFile, Sequence["Profile"]], bool]
    read: Callable[[SourceFile, Sequence["Profile"]], tuple[RawTable, ...]]


def _of(module: str) -> Any:
    return import_module(f"smpcompliance.logs.intake.{module}")


def _ends(source: SourceFile, *suffixes: str) -> bool:
    return PurePosixPath(source.name.lower()).suffix in suffixes


def _is_workbook(source: SourceFile) -> bool:
    """By content, and by name: the reader of workbooks says best what is wrong with a damaged one."""
    may_be = source.data.startswith(_BEGIN_WORKBOOKS)
    return _ends(source, *_WORKBOOKS) or (may_be and _of("tables.workbook").recognises(source))


def _is_printout(source: SourceFile, own: Sequence["Profile"]) -> bool:
    may_be = bool(own) or may_be_printout(source.data)
    return may_be and _of("printout.read").recognises(source, own)


JSON = "JSON"
READERS: tuple[Reader, ...] = (
    Reader("workbook", lambda file, _: _is_workbook(file), lambda file, _: _of("tables.workbook").read(file)),
    Reader(
        "Parquet",
        lambda file, _: file.data.startswith((b"PAR1", b"PARE")),
        lambda file, _: _of("tables.parquet").read(file),
    ),
    Reader(
        JSON,
        lambda file, _: _ends(file, ".json", ".jsonl", ".ndjson"),
        lambda file, _: _of("exports.known").read_json(file),
    ),
    Reader(
        "Lisa log file",
        lambda file, _: _ends(file, ".txt") and _of("printout.lisa").recognises(file),
        lambda file, _: _of("printout.lisa").read(file),
    ),
    Reader(
        "MELAview file",
        lambda file, own: _ends(file, ".pro", ".str") and _of("printout.melaview").recognises(file, own),
        lambda file, own: _of("printout.melaview").read(file, own),
    ),
    Reader(
        "Tuttnauer printout",
        lambda file, _: tuttnauer.recognises(file.data),
        lambda file, _: _of("printout.tuttnauer.reader").read(file),
    ),
    Reader("printout", _is_printout, lambda file, own: _of("printout.read").read(file, own)),
    Reader(
        "delimited text",
        lambda file, _: _ends(file, ".csv", ".tsv", ".tab", ".txt"),
        lambda file, _: _of("tables.delimited").read(file),
    ),
)
"""The first that recognises a file reads it."""


def reader_of(source: SourceFile, own: Sequence["Profile"]) -> Reader | None:
    """The reader of a file; None where it is of no known format.

    Args:
        own: the studio's own profiles of devices.
    """
    return next((reader for reader in READERS if reader.recognises(source, own)), None)
