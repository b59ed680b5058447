"""A baseline: the breaches that were there when a studio began to watch, so that only new ones count.

It holds fingerprints, with the day and the law of the audit that it was made from.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError

from smpcompliance import dates
from smpcompliance.dates import Period
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Problem, SourceError

SCHEMA = "smpcompliance/baseline/1"
_MAKE_ONE = "make one with `smpcompliance baseline create`"


class Known(NamedTuple):
    """A breach that was there."""

    studio_id: str
    rule: str
    fingerprint: str


@dataclass(frozen=True)
class Baseline:
    """The breaches of an earlier audit.

    Attributes:
        as_of: the audit day they were found on.
        version: of the program that found them.
        rulesets: id → hash of each ruleset by which they were found.
        entries: each breach, and how often it was there.
        period: the days that were audited; None in a file that does not say.
    """

    as_of: date
    version: str
    rulesets: Mapping[str, str]
    entries: Mapping[Known, int]
    period: Period | None = None

    def is_looked_at(self, period: Period) -> bool:
        """Whether an audit of these days looks at all of its own, so that what it does not find is gone."""
        return self.period is None or (period.first <= self.period.first and self.period.last <= period.last)

    @property
    def said(self) -> str:
        """The words by which a breach is marked."""
        return f"known since {self.as_of.isoformat()} (baseline)"


@dataclass(frozen=True)
class BaselineUse:
    """What a baseline did in an audit.

    Attributes:
        covered: studio id → breaches that it knows.
        refused: studio id → breaches that it knows of rules that must not be waived; they count.
        gone: entries whose rule was judged, on the same days, and found them no more.
        unseen: entries whose rule or days were not judged; nobody knows whether they are still there.
    """

    baseline: Baseline
    covered: Counter[str]
    refused: Counter[str]
    gone: Counter[Known]
    unseen: Counter[Known]


class _Entry(Strict):
    studio_id: str
    rule: str
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    times: Annotated[int, Field(ge=1)] = 1


class _Days(Strict):
    from_: Annotated[date, Field(alias="from"), BeforeValidator(dates.day)]
    to: Annotated[date, BeforeValidator(dates.day)]


class _File(Strict):
    schema_: Annotated[Literal["smpcompliance/baseline/1"], Field(alias="schema")]
    as_of: Annotated[date, BeforeValidator(dates.day)]
    version: str
    rulesets: dict[str, str]
    entries: list[_Entry]
    period: _Days | None = None


def read_baseline(data: bytes, file: str) -> Baseline:
    """Reads a baseline.

    Raises:
        SourceError: it is none; the message says what is wrong with it.
    """
    try:
        written = _File.model_validate(json.loads(data))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        text = f"this is no baseline ({place}: {first['msg']}); {_MAKE_ONE}"
        raise SourceError([Problem(file, 1, 1, text)]) from None
    except (ValueError, RecursionError):
        raise SourceError([Problem(file, 1, 1, f"this is no baseline; {_MAKE_ONE}")]) from None
    entries: Counter[Known] = Counter()
    for each in written.entries:
        entries[Known(each.studio_id, each.rule, each.fingerprint)] += each.times
    days = Period(written.period.from_, written.period.to) if written.period else None
    return Baseline(written.as_of, written.version, written.rulesets, entries, days)


def baseline_data(baseline: Baseline) -> dict[str, Any]:
    """A baseline as plain data, in stable order."""
    days = baseline.period
    return {
        "schema": SCHEMA,
        "as_of": baseline.as_of.isoformat(),
        "period": days and days.plain(),
        "version": baseline.version,
        "rulesets": dict(sorted(baseline.rulesets.items())),
        "entries": [{**known._asdict(), "times": times} for known, times in sorted(baseline.entries.items())],
    }


def baseline_schema() -> dict[str, Any]:
    """The JSON Schema of a baseline."""
    return _File.model_json_schema(by_alias=True)
