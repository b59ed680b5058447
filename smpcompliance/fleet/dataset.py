"""A packed dataset: what many studios handed in, as text, in buckets of whole studios.

A folder with `fleet.json` and one folder per bucket. Each bucket stands by itself: its studios, its logs, and what of
its studios' files could not be read. Cells are kept as they were written and are typed again at each audit, so that
there is one truth. A dataset holds what the exports hold, personal data too, and needs the same care.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from smpcompliance.audit.finding import Input
from smpcompliance.audit.waivers import Waiver, read_waivers
from smpcompliance.dates import Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Reading
from smpcompliance.logs.intake.build import Intake
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Log, LogFile, Logs
from smpcompliance.yamlio import Document, Problem, SourceError
from smpcompliance.yamlio import Path as Keys

SCHEMA = "smpcompliance/fleet/1"
HEAD = "fleet.json"
STUDIOS, MISFITS, INPUTS, WAIVERS = "studios", "misfits", "inputs", "waivers"
STUDIO, FILE, SHEET, SOURCE, LINE, MADE_UP = "studio_id", "_file", "_sheet", "_source", "_line", "_made_up"
"""Columns beside those of a log: whose a row is and where it stands; `_source` numbers the files in the metadata."""

MARK = b"smpcompliance"
"""The key of the metadata of a log's file: the files that its rows come from, with heads and how they are read."""

_SECRET = ("pseudonym_key", "files", "source")
_DAYS = ("opened_on", "closed_on")
_LISTS = ("overlays", "procedures", "records_on_site")


@dataclass(frozen=True)
class BucketFile:
    """A file of a bucket: its name, its rows, and the SHA-256 of its bytes."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """A packed dataset.

    Attributes:
        files: per bucket its files, in the order of their names; empty where no studio fell into it.
        version: of the program that packed it.
    """

    folder: Path
    version: str
    files: tuple[tuple[BucketFile, ...], ...]

    @property
    def filled(self) -> list[int]:
        """The buckets that hold a studio."""
        return [n for n, files in enumerate(self.files) if files]

    def rows(self, bucket: int) -> int:
        """The records of all logs of a bucket."""
        return sum(file.rows for file in self.files[bucket] if file.name in LOGS)

    def sha256(self, bucket: int) -> str:
        """One hash over all files of a bucket."""
        return hashlib.sha256("".join(f"{f.name}\0{f.sha256}\n" for f in self.files[bucket]).encode()).hexdigest()

    def place(self, bucket: int, name: str) -> Path:
        """Where a file of a bucket lies."""
        return self.folder / folder_of(bucket) / f"{name}.parquet"

    def studios(self, bucket: int) -> tuple[Studio, ...]:
        """The studios of a bucket, by id.

        Raises:
            Damaged: their file is missing or changed.
        """
        self.check(bucket, STUDIOS)
        return tuple(_studio(row) for row in _rows(pq.read_table(self.place(bucket, STUDIOS))))

    def check(self, bucket: int, name: str | None = None) -> None:
        """Looks whether the files of a bucket, or the one of this name, are what was packed.

        Raises:
            Damaged: one is missing or changed.
        """
        for file in self.files[bucket]:
            if name not in (None, file.name):
                continue
            place = self.place(bucket, file.name)
            try:
                with place.open("rb") as opened:
                    found = hashlib.file_digest(opened, "sha256").hexdigest()
            except OSError as error:
                raise Damaged(f"{place.relative_to(self.folder)}: {error.strerror}") from None
            if found != file.sha256:
                raise Damaged(f"{place.relative_to(self.folder)}: the file is not what it was when it was packed")


@dataclass(frozen=True)
class Bucket:
    """What was read back of a bucket: the same as a reading of its studios' exports gives."""

    intake: Intake
    inputs: tuple[Input, ...]
    waivers: tuple[Waiver, ...]


class Damaged(Exception):
    """A file of a dataset is not there, or is not what it was when it was packed."""


def bucket_of(studio_id: str, buckets: int) -> int:
    """The bucket of a studio: the same on every machine and in every year."""
    return crc32(studio_id.encode("utf-8", "replace")) % buckets


def folder_of(bucket: int) -> str:
    """The name of a bucket's folder."""
    return f"bucket-{bucket:04d}"


def is_dataset(path: Path) -> bool:
    """Whether a folder is a packed dataset."""
    return (path / HEAD).is_file()


def open_dataset(folder: Path) -> Dataset:
    """The dataset of a folder.

    Raises:
        SourceError: its `fleet.json` is not one.
    """
    file = folder / HEAD
    try:
        data = json.loads(file.read_bytes())
        if data["schema"] != SCHEMA:
            raise SourceError([Problem(str(file), 1, 1, f"expected the schema {SCHEMA}, not {data['schema']!r}")])
        files: list[tuple[BucketFile, ...]] = [()] * data["buckets"]
        for each in data["filled"]:
            files[each["bucket"]] = tuple(BucketFile(f["file"], f["rows"], f["sha256"]) for f in each["files"])
        return Dataset(folder, data["tool"]["version"], tuple(files))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        text = f"this is not the head of a packed dataset ({type(error).__name__}); pack the exports anew"
        raise SourceError([Problem(str(file), 1, 1, text)]) from None


def head_of(dataset: Dataset, studios: int) -> bytes:
    """The content of `fleet.json`."""
    filled: list[dict[str, Any]] = [
        {"bucket": n, "rows": dataset.rows(n), "files": [_told(file) for file in dataset.files[n]]}
        for n in dataset.filled
    ]
    data = {
        "schema": SCHEMA,
        "tool": {"name": "smpcompliance", "version": dataset.version},
        "buckets": len(dataset.files),
        "studios": studios,
        "rows": sum(each["rows"] for each in filled),
        "filled": filled,
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _told(file: BucketFile) -> dict[str, Any]:
    return {"file": file.name, "rows": file.rows, "sha256": file.sha256}


def load_bucket(dataset: Dataset, bucket: int) -> Bucket:
    """Reads a bucket back.

    Raises:
        Damaged: a file of it is missing or changed.
    """
    dataset.check(bucket)
    table = pq.read_table(dataset.place(bucket, STUDIOS))
    studios = tuple(map(_studio, _rows(table)))
    handed = [json.loads(text) for text in table["handed_in"].to_pylist()]
    names = [name for name in LOGS if any(file.name == name for file in dataset.files[bucket])]
    tables = {name: _log(dataset.place(bucket, name), name, studios) for name in names}
    has: dict[str, Mask] = {
        name: np.array([name in own for own in handed]) for name in LOGS if any(name in own for own in handed)
    }
    code = {studio.studio_id: n for n, studio in enumerate(studios)}
    misfits = tuple(_misfit(row, code) for row in _table(dataset, bucket, MISFITS))
    inputs = tuple(_input(row) for row in _table(dataset, bucket, INPUTS))
    waivers = tuple(
        waiver
        for row in _table(dataset, bucket, WAIVERS)
        for waiver in _waivers(row)
        if waiver.studio_id is None or waiver.studio_id in code
    )
    return Bucket(Intake(Logs(studios, tables, has), misfits, ()), inputs, waivers)


def _table(dataset: Dataset, bucket: int, name: str) -> list[dict[str, Any]]:
    there = any(file.name == name for file in dataset.files[bucket])
    return _rows(pq.read_table(dataset.place(bucket, name))) if there else []


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _log(place: Path, name: str, studios: Sequence[Studio]) -> Log:
    file = pq.ParquetFile(place)
    told = json.loads(file.metadata.metadata[MARK])
    own = [column for column in file.schema_arrow.names if column in schema(name).columns]
    text = {column: _joined(file, column) for column in own}
    ids = pc.dictionary_encode(_joined(file, STUDIO))
    code = {studio.studio_id: n for n, studio in enumerate(studios)}
    codes = np.array([code[id] for id in ids.dictionary.to_pylist()] + [-1], np.int32)
    zones = tuple(studio.time_zone for studio in studios)
    return Log(
        schema(name),
        text,
        tuple(_log_file(each, zones) for each in told["files"]),
        arrow.numbers(_joined(file, SOURCE)),
        arrow.numbers(_joined(file, LINE)),
        codes[arrow.numbers(ids.indices)],
        arrow.numbers(_joined(file, MADE_UP)),
    )


def _joined(file: pq.ParquetFile, column: str) -> pa.Array:
    """A column in one piece; one at a time, so that no more than one stands in memory twice."""
    cells = file.read(columns=[column])[column]
    return cells.combine_chunks() if cells.num_chunks != 1 else cells.chunk(0)


def log_file_data(file: LogFile) -> dict[str, Any]:
    """What is known of a file of a log, as plain data; zones are those of the studios."""
    reading = file.reading
    return {
        "name": file.name,
        "sheet": file.sheet,
        "heads": file.heads,
        "unmapped": list(file.unmapped),
        "dates": reading.dates,
        "shown": reading.shown,
        "units": reading.units,
        "printed": file.printed,
        "of_machine": file.of_machine,
    }


def _log_file(data: Mapping[str, Any], zones: tuple[str, ...]) -> LogFile:
    dates = data["dates"]
    reading = Reading(
        _pairs(dates) if isinstance(dates, list) else dates, zones, _pairs(data["shown"]), _pairs(data["units"])
    )
    return LogFile(
        data["name"],
        data["heads"],
        tuple(data["unmapped"]),
        reading,
        data["printed"],
        data["sheet"],
        data["of_machine"],
    )


def _pairs(written: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((column, said) for column, said in written)


def studio_row(studio: Studio, handed_in: Iterable[str]) -> dict[str, str]:
    """A studio as a row: its profile without its secret and without how its files are read, which is done."""
    profile = {field.name: getattr(studio, field.name) for field in fields(Studio) if field.name not in _SECRET}
    profile |= {name: profile[name] and profile[name].isoformat() for name in _DAYS}
    source = studio.source
    marks = [[list(path), list(at)] for path, at in source.marks.items() if path[:1] != ("files",)] if source else []
    return {
        STUDIO: studio.studio_id,
        "profile": _json(profile),
        "handed_in": _json(list(handed_in)),
        "stands_in": source.file if source else "",
        "marks": _json(marks),
    }


def _studio(row: Mapping[str, str]) -> Studio:
    profile = json.loads(row["profile"])
    profile |= {name: profile[name] and date.fromisoformat(profile[name]) for name in _DAYS}
    profile |= {name: tuple(profile[name]) for name in _LISTS if profile[name] is not None}
    marks: dict[Keys, tuple[int, int]] = {tuple(path): (line, at) for path, (line, at) in json.loads(row["marks"])}
    return Studio(**profile, source=Document(row["stands_in"], {}, marks) if marks else None)


def misfit_row(studio_id: str, place: Unreadable) -> dict[str, Any]:
    """What cannot be read, as a row; a whole line has no column."""
    whole = {"whole_line": "" if place.column is not None else "yes"}
    return {STUDIO: studio_id, **asdict(place), "column": place.column or "", **whole}


def _misfit(row: Mapping[str, Any], code: Mapping[str, int]) -> tuple[int, Unreadable]:
    column = None if row["whole_line"] else row["column"]
    return code[row[STUDIO]], Unreadable(row["file"], row["line"], column, row["text"], row["reason"], row["sheet"])


def input_row(given: Input) -> dict[str, Any]:
    """A file that was read, as a row."""
    return {**asdict(given), "log": given.log or "", "remarks": _json(list(given.remarks))}


def _input(row: Mapping[str, Any]) -> Input:
    remarks = tuple(json.loads(row["remarks"]))
    return Input(row[STUDIO], row["file"], row["log"] or None, row["sha256"], row["rows"], remarks, row["sheet"])


def waiver_row(name: str, place: str, whose: str | None, text: str) -> dict[str, str]:
    """A file of waivers as a row; `whose` is the studio of its folder, None where several share it."""
    return {"file": name, "place": place, "whose": whose or "", "text": text}


def _waivers(row: Mapping[str, str]) -> Iterable[Waiver]:
    read = read_waivers(row["text"], f"{row['place']}/{row['file']}", row["whose"] or None)
    return (replace(waiver, file=row["file"]) for waiver in read)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
