"""What is due next: the same rules, readings and parameters as an audit, asked for days to come."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from smpcompliance.audit.evidence import evidence_at, private
from smpcompliance.audit.finding import NOTHING_MORE, Asked, Audit, Evidence
from smpcompliance.audit.judge import Task, reached
from smpcompliance.audit.run import check_profiles, tasks
from smpcompliance.checks.base import Scope
from smpcompliance.checks.check import Check
from smpcompliance.checks.upcoming import NO_DAY, Upcoming
from smpcompliance.dates import ALWAYS, DAY, EPOCH, LAST_DAY, Codes, Duration, Mask, Period, add, start_of
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs
from smpcompliance.rules.rule import SEVERITIES, Rule, Severity, Version
from smpcompliance.rules.ruleset import Ruleset

QUARTER = Duration(days=90)
"""How far a list looks ahead where nothing else is asked."""
_ALWAYS_AHEAD = ("interval", "document", "follow_up")


@dataclass(frozen=True)
class Due:
    """One thing that is due, or that was due and is still open.

    Attributes:
        kind: the log that lists such subjects (`equipment`, `practitioners`, `supply_lots` …), `studio` for the studio.
        subject: what it is due for, as column → value; empty for the studio itself.
        due_on: last day in time; None where only a use makes it due, or so many uses.
        late: the rule is breached, and nothing has been entered since that mends it.
        overdue_days: days since `due_on` where it is late.
        passed: `due_on` is past; without `late` it is due before the next use.
        conditional: it is due only if the thing is used, or the work goes on.
        offered: nobody breaches anything by letting the day pass (a touch-up).
        uses_left: how many more uses are allowed; None where days count.
        why: from what it was reckoned.
        evidence: the record it was reckoned from; `row` -1 where there is none.
        uid: names the duty and its subject, not the day: the same duty moved to another day keeps it.
    """

    studio_id: str
    rule: Rule
    severity: Severity
    kind: str
    subject: dict[str, str]
    due_on: date | None
    late: bool
    overdue_days: int
    passed: bool
    conditional: bool
    offered: bool
    uses_left: int | None
    why: str
    evidence: Evidence
    uid: str


@dataclass(frozen=True)
class Untold:
    """Something of which it cannot be told whether or when it is due.

    Attributes:
        reason: name of a Reason, `profile_silent`, or `broke` where the check itself broke.
        about: the logs, fields or the mistake that the reason is about.
        evidence: the record that leaves it open; None where the whole rule is open.
    """

    studio_id: str
    rule: Rule
    severity: Severity
    reason: str
    about: tuple[str, ...] = ()
    kind: str = "studio"
    subject: dict[str, str] | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class DueList:
    """What is due from a day through another, and what was due before and is still open; overdue first.

    Attributes:
        within: how far it looks ahead; `until` the last day it tells of.
        rulesets: those that were asked.
    """

    as_of: date
    within: Duration
    until: date
    studios: tuple[Studio, ...]
    rulesets: tuple[Ruleset, ...]
    due: tuple[Due, ...]
    untold: tuple[Untold, ...]
    version: str
    asked: Asked = NOTHING_MORE

    @property
    def overdue(self) -> tuple[Due, ...]:
        """What is late."""
        return tuple(each for each in self.due if each.late)


def horizon(as_of: date, within: Duration) -> date:
    """The last day of a list; never after the last day of the calendar."""
    at = int(add(np.array([start_of(as_of)]), within)[0]) // DAY
    return EPOCH + timedelta(days=min(at, (LAST_DAY - EPOCH).days))


def due(
    rulesets: Mapping[str, Ruleset],
    logs: Logs,
    as_of: date,
    within: Duration = QUARTER,
    *,
    version: str,
    asked: Asked = NOTHING_MORE,
    progress: Callable[[str], None] = lambda _: None,
) -> DueList:
    """Lists what is due. Pure: the same input gives the same list.

    Args:
        rulesets: all that the studios' law needs, parents included.
        as_of: the day of the list; later records are not looked at.
        within: how far to look ahead.
        version: the program's version.
        asked: rules to be left out.
        progress: called with the id of each rule.

    Raises:
        SourceError: a studio names an overlay or a reading that no rule knows.
        ValueError: a glob of `asked` matches no rule.
    """
    check_profiles(logs.studios, rulesets)
    until = horizon(as_of, within)
    found: list[Due | Untold] = []
    for task in tasks(logs.studios, rulesets, asked.select, asked.ignore):
        progress(task.rule.id)
        found += _of_rule(task, logs, as_of, until)
    return DueList(
        as_of, within, until, logs.studios, tuple(rulesets[id] for id in sorted(rulesets)),
        tuple(sorted((each for each in found if isinstance(each, Due)), key=_urgency)),
        tuple(sorted((each for each in found if isinstance(each, Untold)), key=_place)),
        version, asked,
    )  # fmt: skip


def due_after(audit: Audit) -> DueList:
    """What is due in the quarter after an audit: of its studios, by its law, from its day on; reckoned once."""
    rulesets = {ruleset.id: ruleset for ruleset in audit.rulesets}
    return audit.memo.get(
        "due", lambda: due(rulesets, audit.logs, audit.as_of, version=audit.version, asked=audit.asked)
    )


def _urgency(each: Due) -> tuple[object, ...]:
    day = each.due_on or LAST_DAY
    heavy = SEVERITIES.index(each.severity)
    return (not each.late, day, heavy, each.studio_id, each.rule.id, tuple(each.subject.values()))


def _place(each: Untold) -> tuple[object, ...]:
    heavy = SEVERITIES.index(each.severity)
    line = (each.evidence.line or 0) if each.evidence else 0
    return (heavy, each.studio_id, each.rule.id, each.reason, tuple((each.subject or {}).values()), line)


def _of_rule(task: Task, logs: Logs, as_of: date, until: date) -> list[Due | Untold]:
    """Everything due of one rule, each studio by the reading it chose."""
    rule = task.rule
    if not _looks_ahead(rule) or not any(version.valid.meet(Period(as_of, until)) for version in rule.versions):
        return []
    reach, open_ = reached(rule, logs, task.studios)
    out: list[Due | Untold] = []
    for reading in (None, *rule.readings):
        chosen = np.array([_reading(rule, studio) == reading for studio in logs.studios])
        studios = task.studios & reach & chosen
        if studios.any():
            found = _by_reading(rule, reading, logs, as_of, until, studios, open_)
            if reading:
                plain = _by_reading(rule, None, logs, as_of, until, studios, open_)
                found = [_as_advice(each, plain) for each in found]
            out += found
    return out


def _reading(rule: Rule, studio: Studio) -> str | None:
    chosen = studio.readings.get(rule.id)
    return chosen if chosen in rule.readings else None


def _as_advice(each: Due | Untold, plain: Sequence[Due | Untold]) -> Due | Untold:
    """What only a chosen reading asks, or asks sooner than the default one, is advice."""
    if isinstance(each, Untold):
        return each
    same = next((other for other in plain if isinstance(other, Due) and other.uid == each.uid), None)
    asked = same and (same.due_on or LAST_DAY) <= (each.due_on or LAST_DAY) and same.late >= each.late
    return each if asked else replace(each, severity="advice")


def _by_reading(
    rule: Rule, reading: str | None, logs: Logs, as_of: date, until: date, studios: Mask, open_: Codes
) -> list[Due | Untold]:
    told: dict[str, Due] = {}
    untold: list[Untold] = []
    for version in rule.versions:
        if version.valid.first > until:
            continue
        past = version.valid.last < as_of
        for each in _by_version(rule, version, reading, logs, as_of, until, studios):
            if past and not _keeps_its_law(rule, each):
                continue
            if isinstance(each, Untold):
                untold.append(each)
            elif _is_asked(rule, each, logs, as_of, until):
                before = told.get(each.uid)
                told[each.uid] = each if before is None else min(before, each, key=_urgency)
    return [*_closed(rule, told.values(), untold, logs, open_)]


def _keeps_its_law(rule: Rule, each: Due | Untold) -> bool:
    """Whether it is told also by a version that is no longer the law: what is late, or follows from an event of its
    days; of all else the version after it tells."""
    if isinstance(each, Due) and each.late:
        return True
    of_event = rule.kind == "follow_up" or (rule.kind == "record" and each.kind != "supply_lots")
    return of_event and each.evidence is not None


def _is_asked(rule: Rule, each: Due, logs: Logs, as_of: date, until: date) -> bool:
    """Whether it falls within the list, on a day on which the rule is the law and the studio may still be at work."""
    if _after_closing(each, logs, as_of):
        return False
    if each.due_on is None:
        return True
    day = max(each.due_on, as_of)
    return each.due_on <= until and any(v.valid.first <= day <= v.valid.last for v in rule.versions)


def _after_closing(each: Due, logs: Logs, as_of: date) -> bool:
    """Whether only a use could make it due, or late, and the studio is closed by then."""
    if not each.conditional and each.due_on is not None:
        return False
    closed = next(studio.closed_on for studio in logs.studios if studio.studio_id == each.studio_id)
    return closed is not None and max(each.due_on or as_of, as_of) > closed


def _closed(
    rule: Rule, told: Iterable[Due], untold: Sequence[Untold], logs: Logs, open_: Codes
) -> Iterator[Due | Untold]:
    """The entries; of a studio whose profile leaves open whether the rule reaches it, that alone is told."""
    silent = {logs.studios[n].studio_id for n in np.flatnonzero(open_)}
    fields = tuple(dict.fromkeys(path.removeprefix("studio.") for path, _, _ in rule.applies_to.columns()))
    said: set[str] = set()
    every: list[Due | Untold] = [*told, *untold]
    for each in every:
        if each.studio_id not in silent:
            yield each
        elif each.studio_id not in said:
            said.add(each.studio_id)
            yield Untold(each.studio_id, rule, rule.severity, "profile_silent", fields)


def _by_version(
    rule: Rule, version: Version, reading: str | None, logs: Logs, as_of: date, until: date, studios: Mask
) -> Iterator[Due | Untold]:
    everyone = [logs.studios[n].studio_id for n in np.flatnonzero(studios)]
    if version.check is None:
        yield from (Untold(id, rule, rule.severity, Reason.parameter_unknown.name) for id in everyone)
        return
    check = version.readings[reading] if reading else version.check
    scope = Scope(logs, ALWAYS, version.valid, as_of, studios, rule.in_force)
    try:
        for found in check.upcoming(scope):
            yield from _entries(rule, check, found, logs, as_of, until)
    except Exception as error:  # a broken check must be shown, whatever broke in it
        text = f"{type(error).__name__}: {error}"
        yield from (Untold(id, rule, rule.severity, "broke", (text,)) for id in everyone)


def _looks_ahead(rule: Rule) -> bool:
    """Whether any version or reading of the rule asks for things that are due."""
    checks = [check for v in rule.versions if v.check for check in (v.check, *v.readings.values())]
    return any(check.looks_ahead() for check in checks) if checks else rule.kind in _ALWAYS_AHEAD


def _entries(rule: Rule, check: Check, found: Upcoming, logs: Logs, as_of: date, until: date) -> Iterator[Due | Untold]:
    needed = tuple(dict.fromkeys(check.logs_needed()))
    for studio, reason in dict.fromkeys(found.reasons):
        lacking = tuple(log for log in needed if not logs.has(log)[studio])
        yield Untold(logs.studios[studio].studio_id, rule, rule.severity, reason.name, lacking)
    named = [name for name in found.subject if not any(private(log, name) for log in (found.log, *needed))]
    told = np.flatnonzero((found.due <= (until - EPOCH).days) | (found.due == NO_DAY) | (found.why > 0))
    for entry in told.tolist():
        studio_id = logs.studios[int(found.studio[entry])].studio_id
        subject = {name: text for name in named if (text := found.subject[name][entry])}
        evidence = evidence_at(logs.log(found.log), int(found.rows[entry]), found.column or None)
        if code := int(found.why[entry]):
            yield Untold(studio_id, rule, rule.severity, Reason(code).name, (), found.kind, subject, evidence)
            continue
        number = int(found.due[entry])
        day = EPOCH + timedelta(days=number) if number < NO_DAY else None
        late = bool(found.late[entry])
        passed = day is not None and day < as_of
        overdue = (as_of - day).days if late and day and passed else 0
        yield Due(
            studio_id, rule, rule.severity, found.kind if subject else "studio", subject, day, late, overdue, passed,
            bool(found.conditional[entry]), found.offered, found.left(entry), found.words(entry), evidence,
            _uid(studio_id, rule.id, found.kind, subject),
        )  # fmt: skip


def _uid(studio_id: str, rule: str, kind: str, subject: dict[str, str]) -> str:
    text = json.dumps([studio_id, rule, kind, subject], ensure_ascii=False)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}@smpcompliance"
