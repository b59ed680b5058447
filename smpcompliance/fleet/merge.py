"""Parts become one: results and findings in the order of the studios, and the summary, whoever was ready first."""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from smpcompliance.fleet.bucket import Question, entries
from smpcompliance.fleet.whole import whole
from smpcompliance.report.fleet.summary import Counting, NotAudited, Summary

Row = Mapping[str, Any]
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_AT_ONCE = 50_000  # rows of Parquet that are written together

_TEXT, _COUNT = pa.string(), pa.int64()
RESULTS = pa.schema(
    [("studio_id", _TEXT), ("rule", _TEXT), ("severity", _TEXT), ("status", _TEXT), ("examined", _COUNT),
     ("failed", _COUNT), ("unknown", _COUNT), ("waived", _COUNT), ("cause", _TEXT), ("about", pa.list_(_TEXT)),
     ("reasons", pa.list_(pa.struct([("reason", _TEXT), ("n", _COUNT)]))),
     ("months", pa.list_(pa.struct([("month", _TEXT), ("failures", _COUNT)]))), ("findings_left_out", _COUNT)]
)  # fmt: skip
"""One row for each studio and rule. A studio of a bucket that gave none has one row with status `not-audited`."""

FINDINGS = pa.schema(
    [("studio_id", _TEXT), ("rule", _TEXT), ("severity", _TEXT), ("file", _TEXT), ("sheet", _TEXT), ("line", _COUNT),
     ("column", _TEXT), ("log", _TEXT), ("record", _TEXT), ("message", _TEXT),
     ("fingerprint", _TEXT), ("waiver", _TEXT)]
)  # fmt: skip
"""The first findings of each studio and rule, in the order of file and line."""

NOT_AUDITED = "not-audited"


def told(parts: Sequence[Path], gone: Sequence[NotAudited] = ()) -> Iterator[dict[str, Any]]:
    """The studios of all parts by id; one that was not audited has the reason under `not_audited`, and nothing else."""
    lost = sorted((studio, each.reason) for each in gone for studio in each.studios)
    studios = [_studios(part) for part in parts]
    left = ({"studio_id": studio, "not_audited": why} for studio, why in lost)
    return heapq.merge(*studios, left, key=lambda studio: studio["studio_id"])


def _studios(part: Path) -> Iterator[dict[str, Any]]:
    found = entries(part)
    next(found)
    yield from found


def summary(
    parts: Sequence[Path],
    question: Question,
    buckets: int,
    gone: Sequence[NotAudited],
    seen: Sequence[Callable[[Row], None]],
) -> Summary:
    """The summary of all parts; each studio is also given to `seen`, so that the parts are read once."""
    counting, rows = Counting(), 0
    for part in parts:
        head = next(entries(part))
        counting.know(head["rules"])
        rows += head["rows"]
    for studio in told(parts, gone):
        if "not_audited" not in studio:
            counting.add(studio)
        for see in seen:
            see(studio)
    asked = {
        "period": question.period.plain(),
        "as_of": question.as_of.isoformat(),
        **{name: list(value) for name, value in vars(question.asked).items()},
        "first": question.first,
    }
    return counting.done(question.version, asked, dict(question.hashes), buckets, rows, gone)


def result_rows(studio: Row) -> Iterator[dict[str, Any]]:
    """The rows of `RESULTS` of a studio."""
    if "not_audited" in studio:
        yield _result(studio["studio_id"], {"status": NOT_AUDITED, "about": [studio["not_audited"]]})
    for result in studio.get("results", ()):
        yield _result(studio["studio_id"], result)


def _result(studio_id: str, result: Row) -> dict[str, Any]:
    counts = {name: result.get(name, 0) for name in ("examined", "failed", "unknown", "waived")}
    return {
        "studio_id": studio_id,
        **{name: result.get(name) for name in ("rule", "severity", "status")},
        **counts,
        "cause": result.get("cause"),
        "about": result.get("about", []),
        "reasons": [{"reason": name, "n": n} for name, n in result.get("reasons", {}).items()],
        "months": [{"month": name, "failures": n} for name, n in result.get("months", {}).items()],
        "findings_left_out": counts["failed"] - len(result.get("findings", ())),
    }


def finding_rows(studio: Row) -> Iterator[dict[str, Any]]:
    """The rows of `FINDINGS` of a studio; the key of a record stands as JSON."""
    for result in studio.get("results", ()):
        for finding in result.get("findings", ()):
            record = _ENCODE(finding["record"])
            about = {"studio_id": studio["studio_id"], "rule": result["rule"], "severity": result["severity"]}
            yield {**about, **finding, "record": record}


class JsonLines:
    """Writes rows as JSON, a line each."""

    def __init__(self, place: Path, _schema: pa.Schema) -> None:
        self._to = place.open("w", encoding="utf-8", newline="\n")

    def write(self, rows: Iterable[Row]) -> None:
        self._to.writelines(_ENCODE(row) + "\n" for row in rows)

    def close(self) -> None:
        self._to.close()


class Parquet:
    """Writes rows as Parquet."""

    def __init__(self, place: Path, schema: pa.Schema) -> None:
        self._schema, self._rows = schema, list[Row]()
        self._to = pq.ParquetWriter(place, schema, compression="zstd", store_schema=False)

    def write(self, rows: Iterable[Row]) -> None:
        self._rows += rows
        if len(self._rows) >= _AT_ONCE:
            self._put()

    def _put(self) -> None:
        self._to.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def close(self) -> None:
        self._put()
        self._to.close()


TABLES: dict[str, type[JsonLines] | type[Parquet]] = {"jsonl": JsonLines, "parquet": Parquet}
"""The forms of the tables of results and findings."""


@dataclass(frozen=True)
class Wanted:
    """A table that is to be written: of results, or of findings, in one of `TABLES`."""

    what: Literal["results", "findings"]
    form: str
    file: Path


@contextmanager
def tables(wanted: Sequence[Wanted]) -> Iterator[list[Callable[[Row], None]]]:
    """Gives, for each table, what takes studio by studio and writes its rows; the files are there when all is done."""
    with ExitStack() as stack:
        yield [stack.enter_context(_table(each)) for each in wanted]


@contextmanager
def _table(wanted: Wanted) -> Iterator[Callable[[Row], None]]:
    schema, rows = (RESULTS, result_rows) if wanted.what == "results" else (FINDINGS, finding_rows)
    with whole(wanted.file) as beside, closing(TABLES[wanted.form](beside, schema)) as to:
        yield lambda studio: to.write(rows(studio))
