"""Due days against a plain walk through the calendar, over random small logs; and against the verdict itself."""

import calendar
import random
from datetime import date, timedelta
from typing import Any

import pytest
from tables import logs, scope

from smpcompliance.checks.check import Check
from smpcompliance.checks.document import Document
from smpcompliance.checks.follow_up import FollowUp
from smpcompliance.checks.interval import Interval
from smpcompliance.checks.reference import Reference
from smpcompliance.checks.upcoming import NO_DAY
from smpcompliance.dates import EPOCH

FIRST = date(2027, 11, 20)  # a leap day follows
DAYS = 150
Entry = tuple[str, str]


def told(check: Check, as_of: date, **tables: Any) -> list[Entry]:
    """Last day in time and state of what is due of the only subject."""
    (found,) = check.upcoming(scope(logs(**tables), as_of=as_of.isoformat()))
    assert not found.why.any()
    out = []
    for n in range(len(found)):
        day = str(EPOCH + timedelta(days=int(found.due[n]))) if found.due[n] < NO_DAY else "-"
        out.append((day, "late" if found.late[n] else "if used" if found.conditional[n] else "due"))
    return out


def some_days(draw: random.Random, most: int, last: date) -> list[date]:
    days = [FIRST + timedelta(days=draw.randrange(DAYS)) for _ in range(draw.randint(0, most))]
    return sorted(day for day in days if day <= last)


def later(day: date, every: str) -> date:
    n = int(every[1:-1])
    if every[-1] == "D":
        return day + timedelta(days=n)
    year, month = divmod(day.month - 1 + n, 12)
    year += day.year
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def rows(head: str, lines: list[str]) -> str:
    return "\n".join([head, *lines])


def machine(draw: random.Random) -> tuple[date, date, list[date], list[date], date | None, dict[str, Any]]:
    """The day, the first day of service, tests, loads, the last day of service, and all of it as logs."""
    as_of = FIRST + timedelta(days=draw.randrange(60, DAYS))
    since = FIRST + timedelta(days=draw.randrange(30))
    tests = [day for day in some_days(draw, 5, as_of) if day >= since]
    loads = [day for day in some_days(draw, 6, as_of) if day >= since]
    until = draw.choice([None, None, as_of + timedelta(days=draw.randrange(-20, 40))])
    tests, loads = ([day for day in days if until is None or day <= until] for days in (tests, loads))
    tables: dict[str, Any] = {
        "spore_tests": rows("equipment_id, result, tested_at", [f"A, pass, {day}" for day in tests]),
        "sterilization_cycles": rows("equipment_id, cycle_type, started_at", [f"A, load, {day}" for day in loads]),
        "equipment": rows("equipment_id, installed_on, retired_on", [f"A, {since}, {until or ''}"]),
    }
    return as_of, since, tests, loads, until, tables


def duty(every: str, reckon: str, idle: str) -> Interval:
    return Interval.model_validate({
        "kind": "interval", "log": "spore_tests", "per": "equipment_id", "every": every, "reckon": reckon,
        "while": {"log": "sterilization_cycles"}, "idle": idle, "subjects": {"log": "equipment"},
    })  # fmt: skip


def next_gap(every: str, idle: str, as_of: date, since: date, tests: list[date], loads: list[date]) -> Entry:
    start = tests[-1] if tests else since
    day = later(start, every)
    used = any(load > start or (not tests and load == start) for load in loads)
    if idle == "before_use":
        return str(day), "late" if any(load > day for load in loads) else "if used"
    over = day < as_of
    if idle == "excused" and not used:
        return str(day), "if used"
    return str(day), "late" if over else "due"


@pytest.mark.parametrize("idle", ["counts", "excused", "before_use"])
@pytest.mark.parametrize("every", ["P1M", "P14D", "P2M"])
def test_gaps(every: str, idle: str) -> None:
    draw = random.Random(f"{every}{idle}")
    for _ in range(60):
        as_of, since, tests, loads, until, tables = machine(draw)
        wanted = next_gap(every, idle, as_of, since, tests, loads)
        over = until is not None and (until < as_of or (wanted[1] != "late" and date.fromisoformat(wanted[0]) >= until))
        assert told(duty(every, "gap", idle), as_of, **tables) == ([] if over else [wanted]), tables


def months(since: date, until: date) -> list[tuple[date, date]]:
    first, out = since.replace(day=1), []
    while first <= until:
        following = later(first, "P1M")
        out.append((first, following - timedelta(days=1)))
        first = following
    return out


def next_month(
    idle: str, as_of: date, since: date, tests: list[date], loads: list[date], until: date | None
) -> list[Entry]:
    last = tests[-1] if tests else date.min
    coming = []
    for first, end in months(since, as_of + timedelta(days=70)):
        judged = first >= since and first > last and (until is None or until >= end)
        used = any(first <= load <= end for load in loads)
        if judged and end < as_of and (used or idle == "counts"):
            return [(str(end), "late")]
        if judged and end >= as_of:
            coming.append((str(end), "due" if used or idle == "counts" else "if used"))
    return coming[:1]


@pytest.mark.parametrize("idle", ["counts", "excused"])
def test_calendar_months(idle: str) -> None:
    draw = random.Random(idle)
    for _ in range(150):
        as_of, since, tests, loads, until, tables = machine(draw)
        over = until is not None and until < as_of
        wanted = [] if over else next_month(idle, as_of, since, tests, loads, until)
        assert told(duty("P1M", "calendar", idle), as_of, **tables) == wanted, tables


@pytest.mark.parametrize("reckon", ["gap", "calendar"])
def test_the_verdict_of_the_day_after_is_a_breach_and_before_there_is_none(reckon: str) -> None:
    draw = random.Random(7)
    check = duty("P1M", reckon, "counts")
    seen = 0
    for _ in range(80):
        as_of, *_rest, tables = machine(draw)
        for day, state in told(check, as_of, **tables):
            due = date.fromisoformat(day)
            built = logs(**tables)

            def breaches(on: date, built: Any = built) -> int:
                return len(check.evaluate(scope(built, as_of=on.isoformat())).failures)

            if state == "due":
                seen += 1
                assert breaches(due + timedelta(days=1)) > breaches(due - timedelta(days=1)), (day, tables)
            else:
                assert breaches(as_of), tables
    assert seen > 20


def papers(draw: random.Random) -> list[tuple[date, date]]:
    out = []
    for _ in range(draw.randint(0, 4)):
        first = FIRST + timedelta(days=draw.randrange(-30, 200))
        out.append((first, first + timedelta(days=draw.randrange(70))))
    return out


def next_end(spans: list[tuple[date, date]], as_of: date, opened: date, work: list[date] | None) -> list[Entry]:
    def covered(day: date) -> bool:
        return any(first <= day <= last for first, last in spans)

    day = as_of
    if covered(day):
        while covered(day):
            day += timedelta(days=1)
        return [(str(day - timedelta(days=1)), "due" if work is None else "if used")] if work != [] else []
    ended = max((last for first, last in spans if first <= as_of), default=None)
    bare = [day for day in work or [] if (ended is None or day > ended) and day <= as_of]
    if work is None:
        return [(str(ended or opened), "late")]
    if bare:
        return [(str(ended or bare[0]), "late")]
    return [(str(ended), "if used")] if work and ended else []


@pytest.mark.parametrize("worked", [True, False])
def test_papers(worked: bool) -> None:
    draw = random.Random(worked)
    source: dict[str, Any] = {"kind": "document", "for": "premises", "document_type": ["premises_licence"]}
    check = Document.model_validate(source | ({"while": {"log": "sessions"}} if worked else {}))
    for _ in range(150):
        as_of, spans = FIRST + timedelta(days=draw.randrange(60, 200)), papers(draw)
        work = [day for day in some_days(draw, 4, as_of) if day >= FIRST]
        lines = [f"premises_licence, P1, {first}, {last}" for first, last in spans]
        tables: dict[str, Any] = {
            "documents": rows("document_type, premises_id, valid_from, expires_on", lines),
            "premises": rows("premises_id, opened_on", [f"P1, {FIRST}"]),
            "sessions": rows("premises_id, status, started_at", [f"P1, performed, {day}" for day in work]),
        }
        assert told(check, as_of, **tables) == next_end(spans, as_of, FIRST, work if worked else None), (as_of, tables)


def test_retests() -> None:
    draw = random.Random(3)
    check = FollowUp.model_validate({
        "kind": "follow_up", "after": {"log": "spore_tests", "where": {"result": {"enum": ["fail"]}}, "at": "tested_at"},
        "same": ["equipment_id"], "within": "P7D",
        "then": {"log": "spore_tests", "where": {"result": {"enum": ["pass"]}}, "at": "tested_at"},
    })  # fmt: skip
    for _ in range(150):
        as_of = FIRST + timedelta(days=draw.randrange(60, DAYS))
        failed, passed = some_days(draw, 3, as_of), some_days(draw, 3, as_of)
        lines = [f"A, fail, {day}" for day in failed] + [f"A, pass, {day}" for day in passed]
        open_ = [day for day in failed if not any(good >= day for good in passed)]
        due = min(open_) + timedelta(days=7) if open_ else None
        wanted = [(str(due), "late" if due < as_of else "due")] if due else []
        tests = rows("equipment_id, result, tested_at", lines)
        assert told(check, as_of, spore_tests=tests) == wanted, (as_of, tests)


def test_courses() -> None:
    draw = random.Random(11)
    check = Interval.model_validate({
        "kind": "interval", "log": "training_records", "per": "practitioner_id", "every": "P2M", "reckon": "fit",
        "first": "before_use", "while": {"log": "sessions"},
    })  # fmt: skip
    for _ in range(150):
        as_of = FIRST + timedelta(days=draw.randrange(60, DAYS))
        taken, work = some_days(draw, 4, as_of), some_days(draw, 5, as_of)
        left = draw.choice([None, None, as_of + timedelta(days=draw.randrange(-20, 60))])
        tables: dict[str, Any] = {
            "training_records": rows("practitioner_id, completed_on", [f"P, {day}" for day in taken]),
            "sessions": rows("practitioner_id, status, started_at", [f"P, performed, {day}" for day in work]),
            "practitioners": rows("practitioner_id, left_on", [f"P, {left or ''}"]),
        }
        day = later(taken[-1], "P2M") if taken else None
        stale = [use for use in work if day is None or use > day]
        wanted = [(str(day or stale[0]), "late" if stale else "if used")] if work else []
        if left and (left < as_of or (not stale and day and day >= left)):
            wanted = []
        assert told(check, as_of, **tables) == wanted, (as_of, tables)


def test_licences() -> None:
    draw = random.Random(5)
    check = Reference.model_validate({
        "kind": "reference", "log": "sessions",
        "find": {"log": "documents", "match": {"practitioner_id": "practitioner_id"}, "valid": "document"},
    })  # fmt: skip
    for _ in range(150):
        as_of, spans = FIRST + timedelta(days=draw.randrange(60, 200)), papers(draw)
        spans.append((FIRST - timedelta(days=40), FIRST - timedelta(days=35)))
        work = some_days(draw, 4, as_of)
        lines = [f"practitioner_licence, P, {first}, {last}" for first, last in spans]
        tables: dict[str, Any] = {
            "documents": rows("document_type, practitioner_id, valid_from, expires_on", lines),
            "sessions": rows("practitioner_id, status, started_at", [f"P, performed, {day}" for day in work]),
        }
        wanted = next_licence(spans, as_of, work[-1]) if work else []
        assert told(check, as_of, **tables) == wanted, (as_of, tables)


def next_licence(spans: list[tuple[date, date]], as_of: date, worked: date) -> list[Entry]:
    def covered(day: date) -> bool:
        return any(first <= day <= last for first, last in spans)

    day = as_of
    while covered(day):
        day += timedelta(days=1)
    if day > as_of:
        return [(str(day - timedelta(days=1)), "if used")]
    ended = max(last for _, last in spans if last < as_of)
    return [(str(min(ended, worked)), "late")] if not covered(worked) else [(str(ended), "if used")]
