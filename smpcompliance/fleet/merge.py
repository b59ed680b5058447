"""Parts become one: results and findings in the order of the studios, and the summary, whoever was ready first."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from smpcompliance.fleet.bucket import Question, entries
from smpcompliance.fleet.whole import whole
from smpcompliance.report.fleet.summary import Counting, NotAudited, Summary
from smpcompliance.report.rows import FINDINGS, RESULTS, TABLES, UNREAD, Row, finding_rows, result_row

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


def _result_rows(studio: Row) -> Iterator[dict[str, Any]]:
    """The rows of `RESULTS` of a studio."""
    if "not_audited" in studio:
        yield result_row(studio["studio_id"], {"status": NOT_AUDITED, "about": [studio["not_audited"]]})
    for result in studio.get("results", ()):
        yield result_row(studio["studio_id"], result)


def _unread_rows(studio: Row) -> Iterator[dict[str, Any]]:
    """The rows of `UNREAD` of a studio."""
    return ({"studio_id": studio["studio_id"], **each} for each in studio.get("unread", ()))


def _finding_rows(studio: Row) -> Iterator[dict[str, Any]]:
    """The rows of `FINDINGS` of a studio."""
    for result in studio.get("results", ()):
        yield from finding_rows(studio["studio_id"], result)


What = Literal["results", "findings", "unread"]
_ROWS: dict[What, tuple[pa.Schema, Callable[[Row], Iterator[Row]]]] = {
    "results": (RESULTS, _result_rows),
    "findings": (FINDINGS, _finding_rows),
    "unread": (UNREAD, _unread_rows),
}


@dataclass(frozen=True)
class Wanted:
    """A table that is to be written, in one of `TABLES`: of results, of findings, or of what could not be read."""

    what: What
    form: str
    file: Path


@contextmanager
def tables(wanted: Sequence[Wanted]) -> Iterator[list[Callable[[Row], None]]]:
    """Gives, for each table, what takes studio by studio and writes its rows; the files are there when all is done."""
    with ExitStack() as stack:
        yield [stack.enter_context(_table(each)) for each in wanted]


@contextmanager
def _table(wanted: Wanted) -> Iterator[Callable[[Row], None]]:
    schema, rows = _ROWS[wanted.what]
    with (
        whole(wanted.file) as beside,
        beside.open("wb") as file,
        closing(TABLES[wanted.form](file, schema)) as to,
    ):
        yield lambda studio: to.write(rows(studio))
