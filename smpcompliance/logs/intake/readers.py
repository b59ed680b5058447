"""Every format that is read: how each is recognised, and who reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from smpcompliance.logs.intake.exports import known as exports
from smpcompliance.logs.intake.printout import lisa, melaview
from smpcompliance.logs.intake.printout import read as printout
from smpcompliance.logs.intake.printout.profile import Profile
from smpcompliance.logs.intake.printout.tuttnauer import reader as tuttnauer
from smpcompliance.logs.intake.raw import RawTable, SourceFile
from smpcompliance.logs.intake.tables import delimited, parquet, workbook


@dataclass(frozen=True)
class Reader:
    """A format: what it recognises by name and content, and how it is read; both may use the studio's own devices."""

    format: str
    recognises: Callable[[SourceFile, Sequence[Profile]], bool]
    read: Callable[[SourceFile, Sequence[Profile]], tuple[RawTable, ...]]


Recognises = Callable[[SourceFile], bool]
Reads = Callable[[SourceFile], tuple[RawTable, ...]]


def _reader(format: str, recognises: Recognises, read: Reads) -> Reader:
    """A format for which the studio's own devices do not matter."""
    return Reader(format, lambda source, _: recognises(source), lambda source, _: read(source))


def _ends(*suffixes: str) -> Recognises:
    return lambda source: PurePosixPath(source.name.lower()).suffix in suffixes


def _is_workbook(source: SourceFile) -> bool:
    """By content, and by name: the reader of workbooks says best what is wrong with a damaged one."""
    return workbook.recognises(source) or _ends(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")(source)


JSON = "JSON"
READERS: tuple[Reader, ...] = (
    _reader("workbook", _is_workbook, workbook.read),
    _reader("Parquet", parquet.recognises, parquet.read),
    _reader(JSON, _ends(".json", ".jsonl", ".ndjson"), exports.read_json),
    _reader("Lisa log file", lisa.recognises, lisa.read),
    Reader("MELAview file", melaview.recognises, melaview.read),
    _reader("Tuttnauer printout", lambda source: tuttnauer.recognises(source.data), tuttnauer.read),
    Reader("printout", printout.recognises, printout.read),
    _reader("delimited text", _ends(".csv", ".tsv", ".tab", ".txt"), delimited.read),
)
"""The first that recognises a file reads it."""


def reader_of(source: SourceFile, own: Sequence[Profile]) -> Reader | None:
    """The reader of a file; None where it is of no known format.

    Args:
        own: the studio's own profiles of devices.
    """
    return next((reader for reader in READERS if reader.recognises(source, own)), None)
