"""Results as rows: one for each studio and rule, as JSON Lines and as Parquet, for programs and databases.

A report of an audit holds every finding in the row of its rule; `fleet audit`, which tells only the first of them,
writes them as a table of their own. The columns that both have are the same, and so is what they mean.

Lines that were left out, and cells that no rule asked for and that could not be read, belong to no rule and have no
row: they stand in the other reports, and in a table of their own that `fleet audit` writes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.dates import MONTH, Ints
from smpcompliance.logs.cells import Moments
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs
from smpcompliance.report.shapes import evidence_data
from smpcompliance.report.telling import TOLD, Telling

Row = Mapping[str, Any]
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_AT_ONCE = 50_000  # rows of Parquet that are written together
_UNDATED = -(1 << 40)

_TEXT, _COUNT = pa.string(), pa.int64()
RESULTS = pa.schema(
    [("studio_id", _TEXT), ("rule", _TEXT), ("severity", _TEXT), ("status", _TEXT), ("examined", _COUNT),
     ("failed", _COUNT), ("unknown", _COUNT), ("waived", _COUNT), ("cause", _TEXT), ("about", pa.list_(_TEXT)),
     ("reasons", pa.list_(pa.struct([("reason", _TEXT), ("n", _COUNT)]))),
     ("months", pa.list_(pa.struct([("month", _TEXT), ("failures", _COUNT)]))), ("findings_left_out", _COUNT)]
)  # fmt: skip
"""One row for each studio and rule. A studio of a bucket that gave none has one row with status `not-audited`."""

_WHERE = [("file", _TEXT), ("sheet", _TEXT), ("line", _COUNT), ("column", _TEXT), ("log", _TEXT), ("record", _TEXT)]
_BREACH = [*_WHERE, ("message", _TEXT), ("fingerprint", _TEXT), ("waiver", _TEXT)]
_OPEN = [*_WHERE, ("reason", _TEXT), ("fingerprint", _TEXT)]

FINDINGS = pa.schema([("studio_id", _TEXT), ("rule", _TEXT), ("severity", _TEXT), *_BREACH])
"""The first findings of each studio and rule, in the order of file and line; `record` is its key, as JSON."""

UNREAD = pa.schema(
    [("studio_id", _TEXT), ("file", _TEXT), ("sheet", _TEXT), ("column", _TEXT), ("reason", _TEXT), ("n", _COUNT),
     ("lines", pa.list_(_COUNT))]
)  # fmt: skip
"""What was left out or could not be read: one row for each studio, file, column and reason, with the number of cells
and the first of their lines. Whole lines and files have no column."""

WHOLE = RESULTS.append(pa.field("findings", pa.list_(pa.struct(_BREACH)))).append(
    pa.field("undecided", pa.list_(pa.struct(_OPEN)))
)
"""A row of `RESULTS` with all its findings, and all that could not be judged, in the order of file and line."""


def jsonl(audit: Audit, _telling: Telling = TOLD) -> bytes:
    """The rows of an audit as JSON Lines; nothing in them depends on how it is told."""
    return _table(audit, JsonLines)


def parquet(audit: Audit, _telling: Telling = TOLD) -> bytes:
    """The rows of an audit as Parquet; the same audit gives the same bytes with the same version of pyarrow."""
    return _table(audit, Parquet)


def _table(audit: Audit, form: "type[JsonLines] | type[Parquet]") -> bytes:
    out, months = BytesIO(), Months(audit.logs)
    with closing(form(out, WHOLE)) as to:
        for result in audit.results:
            to.write([_whole(result, months)])
    return out.getvalue()


def _whole(result: RuleResult, months: "Months") -> Row:
    data = result_data(result, months, result.failed)
    undecided = ({**evidence_data(each.where), "reason": each.reason, "fingerprint": each.fingerprint}
                 for each in result.undecided)  # fmt: skip
    return {
        **result_row(result.studio_id, data),
        "findings": [_keyed(each) for each in data.get("findings", ())],
        "undecided": [_keyed(each) for each in undecided],
    }


def result_data(result: RuleResult, months: "Months", first: int) -> dict[str, Any]:
    """How a rule fared, with its first findings, as plain data; what is empty is left out."""
    said: dict[str, Any] = {
        "rule": result.rule.id,
        "severity": result.severity,
        "status": result.status,
        "examined": result.examined,
        "failed": result.failed,
        "unknown": result.unknown,
        "waived": result.waived,
    }
    for name, value in (("reasons", result.reasons), ("cause", result.cause), ("about", list(result.about))):
        if value:
            said[name] = value
    if result.failed:
        said["months"] = months.of(result.findings.rows())
        said["findings"] = [_finding(each) for each in result.findings[:first]]
    return said


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **evidence_data(finding.where),
        "message": finding.message,
        "fingerprint": finding.fingerprint,
        "waiver": finding.waiver,
    }


def result_row(studio_id: str, data: Row) -> dict[str, Any]:
    """A row of `RESULTS` from what `result_data` gave."""
    counts = {name: data.get(name, 0) for name in ("examined", "failed", "unknown", "waived")}
    return {
        "studio_id": studio_id,
        **{name: data.get(name) for name in ("rule", "severity", "status")},
        **counts,
        "cause": data.get("cause"),
        "about": data.get("about", []),
        "reasons": [{"reason": name, "n": n} for name, n in data.get("reasons", {}).items()],
        "months": [{"month": name, "failures": n} for name, n in data.get("months", {}).items()],
        "findings_left_out": counts["failed"] - len(data.get("findings", ())),
    }


def finding_rows(studio_id: str, data: Row) -> Iterator[dict[str, Any]]:
    """The rows of `FINDINGS` from what `result_data` gave."""
    about = {"studio_id": studio_id, "rule": data["rule"], "severity": data["severity"]}
    return ({**about, **_keyed(each)} for each in data.get("findings", ()))


def _keyed(found: Row) -> dict[str, Any]:
    return {**found, "record": _ENCODE(found["record"])}


class Months:
    """The month of each row of a log, by the day of its own event."""

    def __init__(self, logs: Logs) -> None:
        self._logs, self._of = logs, dict[str, Ints]()

    def of(self, rows: Sequence[tuple[str, Ints]]) -> dict[str, int]:
        """How many of these rows lie in each month, as `2026-10`; those without a day, and absences, under ""."""
        found = [self._month(log)[each] for log, each in rows if len(each)]
        if not found:
            return {}
        distinct, counts = np.unique(np.concatenate(found), return_counts=True)
        named = [
            "" if month == _UNDATED else f"{1970 + month // 12:04}-{month % 12 + 1:02}" for month in distinct.tolist()
        ]
        return dict(zip(named, counts.tolist(), strict=True))

    def _month(self, log: str) -> Ints:
        """Months since 1970 of every row; one entry more, the last, is that of an absence (row -1)."""
        if log not in self._of:
            known, when = schema(log), schema(log).when
            month = np.full(len(self._logs.log(log)) + 1, _UNDATED, np.int64)
            if when and not known.stands and len(month) > 1:
                cells = self._logs.cells(log, when)
                assert isinstance(cells, Moments)
                dated = np.flatnonzero((cells.why == 0) & (cells.precision <= MONTH))
                month[dated] = cells.at[dated].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
            self._of[log] = month
        return self._of[log]


class JsonLines:
    """Writes rows as JSON, a line each."""

    def __init__(self, to: BinaryIO, _schema: pa.Schema) -> None:
        self._to = to

    def write(self, rows: Iterable[Row]) -> None:
        self._to.writelines(f"{_ENCODE(row)}\n".encode() for row in rows)

    def close(self) -> None:
        """Writes what is still held back; the file stays open."""


class Parquet:
    """Writes rows as Parquet."""

    def __init__(self, to: BinaryIO, schema: pa.Schema) -> None:
        self._schema, self._rows = schema, list[Row]()
        self._to = pq.ParquetWriter(to, schema, compression="zstd", store_schema=False)

    def write(self, rows: Iterable[Row]) -> None:
        self._rows += rows
        if len(self._rows) >= _AT_ONCE:
            self._put()

    def _put(self) -> None:
        self._to.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def close(self) -> None:
        """Writes what is still held back; the file stays open."""
        self._put()
        self._to.close()


TABLES: dict[str, type[JsonLines] | type[Parquet]] = {"jsonl": JsonLines, "parquet": Parquet}
"""The forms of tables."""
