"""Waivers: breaches that somebody answers for, with a reason and until a day.

A waived breach stays a breach and is told like any other; it only does not count against the threshold. What a waiver
does not do (expired, unused, for a rule that must not be waived) is told as well.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from smpcompliance import dates
from smpcompliance.dates import Period
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Document, Problem, SourceError, parse

Day = Annotated[date, BeforeValidator(dates.day)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_LONGEST_PERIOD = 366  # days of a waiver that names nothing but a period
State = Literal["applied", "unused", "expired", "not-yet", "unknown-rule", "too-broad", "not-waivable"]


def _period(written: Any) -> Any:
    is_year = isinstance(written, int) and not isinstance(written, bool)
    return dates.period(str(written)) if is_year or isinstance(written, str) else written


class _Written(Strict):
    """A waiver as a studio writes it; it needs at least one of record, machine, person, period and fingerprint."""

    rule: Said
    studio_id: Said | None = None
    record: Said | None = None
    machine: Said | None = None
    person: Said | None = None
    period: Annotated[Period | None, BeforeValidator(_period), WithJsonSchema({"type": ["string", "integer"]})] = None
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    reason: Said
    approved_by: Said
    reference: str = ""
    from_: Annotated[Day | None, Field(alias="from")] = None
    until: Day


class _File(Strict):
    waivers: list[_Written] = []


@dataclass(frozen=True)
class Waiver:
    """One waiver. Of `record`, `machine`, `person`, `period` and `fingerprint` all that are given must fit.

    Attributes:
        studio_id: whose breaches it covers; None: those of every studio.
        record: key of the record that the finding is about; not of another that it leads to.
        machine, person: `equipment_id`, `practitioner_id` of the finding, of its record, or else of the first record
            behind it that names one.
        period: days in which the primary record lies.
        since, until: the audit days on which it holds, both included.
        file, line: where it is written.
    """

    rule: str
    studio_id: str | None
    record: str | None
    machine: str | None
    person: str | None
    period: Period | None
    fingerprint: str | None
    reason: str
    approved_by: str
    reference: str
    since: date | None
    until: date
    file: str
    line: int

    @property
    def said(self) -> str:
        """Why, who answers for it, and until when."""
        parts = (self.approved_by, self.reference, f"until {self.until.isoformat()}")
        return f"{self.reason} ({', '.join(part for part in parts if part)})"

    @property
    def is_too_broad(self) -> bool:
        """Whether it would cover every breach of a rule, of several, or of a rule for more than a year."""
        is_named = any((self.record, self.machine, self.person, self.fingerprint))
        is_long = self.period is None or (self.period.last - self.period.first).days > _LONGEST_PERIOD
        return (is_long and not is_named) or any(sign in self.rule for sign in "*?[")


@dataclass(frozen=True)
class WaiverUse:
    """What became of a waiver in an audit, and how many breaches it covers."""

    waiver: Waiver
    state: State
    covered: int = 0


def read_waivers(text: str, file: str, studio_id: str | None = None) -> list[Waiver]:
    """Reads waivers from YAML (`waivers:` and a list) or, by the name of the file, from CSV (the same names as heads).

    Args:
        text: its content.
        file: its name in messages.
        studio_id: the studio in whose folder it lies; a waiver of another studio is a mistake there.

    Raises:
        SourceError: every mistake in the file, with line and column.
    """
    document = _table(text, file) if file.lower().endswith(".csv") else parse(text, file)
    if not isinstance(document.data, dict):
        text = "expected waivers: and a list, each with rule, reason, approved_by and until"
        raise SourceError([Problem(file, 1, 1, text)])
    written = document.as_model(_File).waivers
    problems = [
        document.problem(("waivers", n, "studio_id"), f"this file is of the studio {studio_id!r}")
        for n, each in enumerate(written)
        if studio_id is not None and each.studio_id not in (None, studio_id)
    ] + [
        document.problem(("waivers", n, "until"), "it ends before it begins")
        for n, each in enumerate(written)
        if each.from_ and each.from_ > each.until
    ]
    if problems:
        raise SourceError(problems)
    return [
        Waiver(
            each.rule, each.studio_id or studio_id, each.record, each.machine, each.person, each.period,
            each.fingerprint, each.reason, each.approved_by, each.reference, each.from_, each.until, file,
            document.where(("waivers", n))[0],
        )
        for n, each in enumerate(written)
    ]  # fmt: skip


def _table(text: str, file: str) -> Document:
    """A CSV file in the shape of the YAML one; a blank cell is a key that is not there."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        heads = [head.strip() for head in next(rows, [])]
        if twice := sorted({head for head in heads if head and heads.count(head) > 1}):
            raise SourceError([Problem(file, 1, 1, f"the head {twice[0]!r} stands here a second time")])
        data: list[dict[str, str]] = []
        marks: dict[tuple[str | int, ...], tuple[int, int]] = {(): (1, 1), ("waivers",): (1, 1)}
        for cells in rows:
            if any(cell.strip() for cell in cells):
                marks["waivers", len(data)] = (rows.line_num, 1)
                if len(cells) > len(heads):
                    raise SourceError([Problem(file, rows.line_num, 1, "this line has more cells than the first one")])
                data.append({head: cell.strip() for head, cell in zip(heads, cells, strict=False) if cell.strip()})
    except csv.Error as error:
        raise SourceError([Problem(file, rows.line_num, 1, f"this is no CSV table ({error})")]) from None
    return Document(file, {"waivers": data}, marks)


def waivers_schema() -> dict[str, Any]:
    """The JSON Schema of `waivers.yaml`."""
    return _File.model_json_schema(by_alias=True)
