"""Packing: exports of many studios are read once, in groups, and dealt out to buckets of whole studios."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from smpcompliance import __version__
from smpcompliance.api import inputs_of, left_out, not_there
from smpcompliance.audit.waivers import read_waivers
from smpcompliance.dates import Ints
from smpcompliance.fleet import dataset as stored
from smpcompliance.fleet.dataset import BucketFile, Dataset, bucket_of, folder_of
from smpcompliance.fleet.whole import filled, made, write_whole
from smpcompliance.logs import arrow
from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.intake.places.place import WAIVERS, Place, own_files, text_of
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.logs.intake.raw import SourceFile
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Log

_AT_ONCE = 64 << 20  # bytes of the files that are read together; a folder is never parted
_SPOOL = ".spool"
_SPOOLED = pa.ipc.IpcWriteOptions(compression="lz4")

Placed = tuple[Place, Studio]


@dataclass(frozen=True)
class Packed:
    """What became of a packing: the dataset, its studios, and a line for each file that is not used."""

    dataset: Dataset
    studios: int
    left_out: tuple[str, ...]


def pack(
    paths: Sequence[Path | SourceFile], out: Path, buckets: int, progress: Callable[[str], None] = lambda _: None
) -> Packed:
    """Reads exports and writes them as a dataset; the same exports in the same order give the same bytes.

    The files of at most some 64 MB of folders stand in memory at once, and at least one folder.

    Args:
        paths: as `hand_in` takes them.
        out: the folder of the dataset, new or empty. A packing that was stopped leaves it empty.
        buckets: how many; 1 or more.
        progress: called with the name of each file that is read, then of each bucket.

    Raises:
        NothingToRead: a path leads nowhere, no file could be used as a log, or `out` holds something.
        SourceError: every mistake in the studios' own files.
        NotWritten: `out` cannot be made.
    """
    found = find_studios(paths)
    if out.is_dir() and any(out.iterdir()):
        raise NothingToRead(f"{out}: there is something in this folder; name a new or an empty one")
    made(out)
    with filled(out):
        return _packed(found, out, buckets, progress)


def _packed(found: Sequence[Placed], out: Path, buckets: int, progress: Callable[[str], None]) -> Packed:
    spool = made(out / _SPOOL)
    lines: list[str] = []
    is_used = False
    for group in _groups(found):
        reading = read_folders(group, progress)
        is_used |= any(file.log and not file.problem for file in reading.files)
        lines += left_out(reading.files)
        for bucket, name, table in _parts(reading, group, buckets):
            _append(spool, bucket, name, table)
    if not is_used:
        said = [f"  {line}" for line in dict.fromkeys(lines)]
        raise NothingToRead("\n".join(["nothing to pack: no file could be used as a log.", *said]))
    files = tuple(_settled(spool, out, n, progress) for n in range(buckets))
    spool.rmdir()
    dataset = Dataset(out, __version__, files)
    write_whole(out / stored.HEAD, stored.head_of(dataset, len(found)))
    return Packed(dataset, len(found), tuple(dict.fromkeys(lines)))


def _groups(found: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Studios that are read together: those of one folder always, and further ones while they are small."""
    group: list[Placed] = []
    size = 0
    for _, same in groupby(found, key=lambda one: id(one[0])):
        here = list(same)
        more = _size(here[0][0])
        if group and size + more > _AT_ONCE:
            yield group
            group, size = [], 0
        group += here
        size += more
    if group:
        yield group


def _size(place: Place) -> int:
    if place.archive:
        return sum(member.size for member in place.members)
    return sum(
        os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(place.path) for name in names
    )


def _parts(reading: Reading, group: Sequence[Placed], buckets: int) -> Iterator[tuple[int, str, pa.Table]]:
    """What was read, parted by bucket: (bucket, name of the file, rows)."""
    logs = reading.intake.logs
    ids = [studio.studio_id for studio in logs.studios]
    of = np.array([bucket_of(id, buckets) for id in ids], np.int64)
    for log in logs.tables.values():
        for bucket, table in _log_parts(log, of, ids):
            yield bucket, log.name, table
    rows: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for n, studio in enumerate(logs.studios):
        handed = [name for name in LOGS if logs.has(name)[n]]
        rows.setdefault((int(of[n]), stored.STUDIOS), []).append(stored.studio_row(studio, handed))
    for code, place in (*reading.intake.misfits, *not_there(reading)):
        rows.setdefault((int(of[code]), stored.MISFITS), []).append(stored.misfit_row(ids[code], place))
    for given in inputs_of(reading):
        rows.setdefault((bucket_of(given.studio_id, buckets), stored.INPUTS), []).append(stored.input_row(given))
    for row, whose in _waiver_files(group):
        for bucket in sorted({bucket_of(id, buckets) for id in whose}):
            rows.setdefault((bucket, stored.WAIVERS), []).append(row)
    for (bucket, name), entries in rows.items():
        yield bucket, name, _table(entries)


def _log_parts(log: Log, of: Ints, ids: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
    bucket = of[log.studio]
    order = np.argsort(bucket, kind="stable")
    text = {name: arrow.take(cells, order) for name, cells in log.text.items()}
    studio = arrow.take(arrow.strings(ids), log.studio[order].astype(np.int64))
    source, line, made_up = log.file[order], log.line[order], log.made_up[order]
    ends = np.searchsorted(bucket[order], np.arange(int(of.max()) + 2))
    for n in np.unique(bucket).tolist():
        here = slice(int(ends[n]), int(ends[n + 1]))
        used, place = np.unique(source[here], return_inverse=True)
        files = [log.files[int(each)] for each in used]
        spelled = place.astype(np.int64)
        columns = {
            stored.STUDIO: studio[here],
            stored.FILE: arrow.take(arrow.strings(file.name for file in files), spelled),
            stored.SHEET: arrow.take(arrow.strings(file.sheet for file in files), spelled),
            stored.SOURCE: pa.array(place.astype(np.int32)),
            stored.LINE: arrow.int64s(line[here]),
            stored.MADE_UP: pa.array(made_up[here]),
            **{name: cells[here] for name, cells in text.items()},
        }
        told = json.dumps({"files": [stored.log_file_data(file) for file in files]}, ensure_ascii=False)
        yield n, pa.table(columns).replace_schema_metadata({stored.MARK: told.encode()})


def _waiver_files(group: Sequence[Placed]) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The files of waivers in the studios' folders, each with the studios that share its folder.

    Raises:
        SourceError: mistakes in them.
    """
    of_place: dict[Place, list[str]] = {}
    for place, studio in group:
        of_place.setdefault(place, []).append(studio.studio_id)
    for place, whose in of_place.items():
        only = whose[0] if len(whose) == 1 else None
        for name in own_files(place):
            if name in WAIVERS:
                text = text_of(place, name)
                read_waivers(text, f"{place}/{name}", only)
                yield stored.waiver_row(name, str(place), only, text), whose


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for name in rows[0]:
        cells = [row[name] for row in rows]
        is_text = isinstance(cells[0], str)
        columns[name] = arrow.strings(cells) if is_text else arrow.int64s(np.array(cells, np.int64))
    return pa.table(columns)


def _append(spool: Path, bucket: int, name: str, table: pa.Table) -> None:
    """Writes a further piece behind those of the same bucket and name."""
    with (
        (spool / f"{bucket:04d}-{name}").open("ab") as file,
        pa.ipc.new_stream(file, table.schema, options=_SPOOLED) as to,
    ):
        to.write_table(table)


def _settled(spool: Path, out: Path, bucket: int, progress: Callable[[str], None]) -> tuple[BucketFile, ...]:
    """Puts the pieces of a bucket together, one Parquet file for each log, and takes the pieces away."""
    files = []
    for name in sorted((*LOGS, stored.STUDIOS, stored.MISFITS, stored.INPUTS, stored.WAIVERS)):
        place = spool / f"{bucket:04d}-{name}"
        if not place.exists():
            continue
        progress(f"{folder_of(bucket)}/{name}")
        pieces = list(_pieces(place))
        table = _log_table(name, pieces) if name in LOGS else pa.concat_tables(pieces)
        if name == stored.STUDIOS:
            table = table.sort_by(stored.STUDIO)
        files.append(_written(table, out / folder_of(bucket), name))
        place.unlink()
    return tuple(files)


def _pieces(place: Path) -> Iterator[pa.Table]:
    with place.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        while file.tell() < end:
            yield pa.ipc.open_stream(file).read_all()


def _log_table(name: str, pieces: Sequence[pa.Table]) -> pa.Table:
    """The pieces of a log as one table: every column that any of them has, and the files of all."""
    there = {column for piece in pieces for column in piece.column_names}
    places = (stored.STUDIO, stored.FILE, stored.SHEET, stored.SOURCE, stored.LINE, stored.MADE_UP)
    names = [*places, *(column for column in schema(name).columns if column in there)]
    files: list[Any] = []
    laid = []
    for piece in pieces:
        columns = {
            column: piece[column] if column in piece.column_names else arrow.repeated("", len(piece))
            for column in names
        }
        columns[stored.SOURCE] = pa.array((arrow.numbers(piece[stored.SOURCE]) + len(files)).astype(np.int32))
        files += json.loads(piece.schema.metadata[stored.MARK])["files"]
        laid.append(pa.table(columns))
    told = {stored.MARK: json.dumps({"files": files}, ensure_ascii=False).encode()}
    return pa.concat_tables(laid).replace_schema_metadata(told)


def _written(table: pa.Table, folder: Path, name: str) -> BucketFile:
    folder.mkdir(0o700, exist_ok=True)
    place = folder / f"{name}.parquet"
    with pq.ParquetWriter(place, table.schema, compression="zstd", store_schema=False) as to:
        to.write_table(table)
        to.add_key_value_metadata(table.schema.metadata or {})
    with place.open("rb") as file:
        return BucketFile(name, len(table), hashlib.file_digest(file, "sha256").hexdigest())
