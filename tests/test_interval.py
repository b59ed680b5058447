"""Kind `interval`: boundaries of calendar, gap and fit, service, idle time, doubt; and a plain loop as oracle."""

import calendar
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.interval import Interval
from smpcompliance.logs.cells import Reason

LOADS = {"log": "sterilization_cycles", "where": {"cycle_type": {"enum": ["load"]}}}
MONTHLY = {
    "kind": "interval", "log": "spore_tests", "where": {"result": {"enum": ["pass", "fail"]}}, "per": "equipment_id",
    "every": "P1M", "reckon": "calendar", "while": LOADS, "idle": "excused",
}  # fmt: skip
TRAINED = {
    "kind": "interval", "log": "training_records", "per": "practitioner_id", "every": "P1Y", "reckon": "fit",
    "while": {"log": "sessions", "where": {"status": {"enum": ["performed"]}}}, "first": "before_use",
}  # fmt: skip
Answers = tuple[list[tuple[str, ...]], list[tuple[str, ...]], int]


def spans(found: Any, *extra: str) -> list[tuple[str, ...]]:
    names = [*(n for n in found.facts if n.endswith("_id")), "span", *extra]
    return sorted(tuple(found.fact(name, n) for name in names) for n in range(len(found)))


def judge(check: dict[str, Any], when: dict[str, str] | None = None, **tables: Any) -> Answers:
    """Subject and span of each breach, of each stretch that cannot be judged, and how many were examined."""
    verdict = Interval.model_validate(check).evaluate(scope(logs(**tables), **(when or {})))
    return spans(verdict.failures), spans(verdict.unknowns), int(verdict.examined.sum())


def loads(*days: str, machine: str = "A1") -> str:
    return "equipment_id, cycle_type, started_at\n" + "\n".join(f"{machine}, load, {day}" for day in days)


def spores(*days: str, machine: str = "A1") -> str:
    return "equipment_id, result, tested_at\n" + "\n".join(f"{machine}, pass, {day}" for day in days)


def test_a_month_with_loads_and_without_a_test_is_one_breach() -> None:
    cycles = loads("2025-01-10", "2025-02-03T09:00", "2025-02-28T18:00", "2025-03-01")
    found = judge(MONTHLY, sterilization_cycles=cycles, spore_tests=spores("2025-01-31", "2025-03-01"))
    assert found == ([("A1", "2025-02")], [], 3)


def test_the_evidence_is_the_first_load_with_counts_and_the_tests_around() -> None:
    built = logs(
        sterilization_cycles=loads("2025-01-10", "2025-02-03", "2025-02-28", "2025-03-01"),
        spore_tests=spores("2025-01-28", "2025-03-03"),
    )
    found = Interval.model_validate(MONTHLY).evaluate(scope(built)).failures
    assert (found.log, list(found.rows)) == ("sterilization_cycles", [1])
    facts = {name: found.fact(name, 0) for name in ("count", "last", "next", "times", "due")}
    assert facts == {"count": "2", "last": "2025-01-28", "next": "2025-03-03", "times": "1", "due": "2025-02-28"}
    assert found.words(0) == (
        "2 records of sterilization cycles, no record of spore tests in 2025-02; "
        "the last one before on 2025-01-28, the next on 2025-03-03"
    )
    assert [(log, list(rows)) for log, _, rows in found.related()] == [("spore_tests", [0, 1])]


@pytest.mark.parametrize(
    ("change", "breaches"),
    [({}, 0), ({"reckon": "gap"}, 1), ({"reckon": "gap", "every": "P30D"}, 1), ({"reckon": "gap", "every": "P56D"}, 0)],
)
def test_tests_on_2_january_and_27_february(change: dict[str, str], breaches: int) -> None:
    cycles = loads("2025-01-02", "2025-01-20", "2025-02-10", "2025-02-27")
    when = {"period": "2025-01-01/2025-02-28", "as_of": "2025-02-28"}
    found = judge(MONTHLY | change, when, sterilization_cycles=cycles, spore_tests=spores("2025-01-02", "2025-02-27"))
    assert len(found[0]) == breaches


def test_a_gap_of_exactly_the_length_is_in_time_and_a_day_more_is_not() -> None:
    gap = MONTHLY | {"reckon": "gap", "idle": "counts"}
    when = {"period": "2025-01-01/2025-03-05", "as_of": "2025-03-05"}
    cycles = loads("2025-01-31")
    assert judge(gap, when, sterilization_cycles=cycles, spore_tests=spores("2025-01-31", "2025-02-28"))[0] == []
    late = judge(gap, when, sterilization_cycles=cycles, spore_tests=spores("2025-01-31", "2025-03-01"))[0]
    assert late == [("A1", "2025-01-31 to 2025-03-01")]


EQUIPMENT = "equipment_id, equipment_type, installed_on, retired_on\n"


@pytest.mark.parametrize("as_of", ["2025-03-31", "2025-04-20"])
def test_the_month_in_which_a_machine_was_installed_is_not_yet_due(as_of: str) -> None:
    built = logs(
        equipment=EQUIPMENT + "A1, sterilizer, 2025-03-20,",
        sterilization_cycles=loads("2025-03-25"),
        spore_tests=spores(),
    )
    verdict = Interval.model_validate(MONTHLY).evaluate(scope(built, "2025", as_of))
    assert spans(verdict.failures) == [] and verdict.examined.sum() == 0
    assert verdict.not_due is not None and spans(verdict.not_due)[0] == ("A1", "2025-03")


def test_the_month_of_installation_with_a_test_is_met_and_the_next_month_is_due() -> None:
    tables = {
        "equipment": EQUIPMENT + "A1, sterilizer, 2025-03-20,",
        "sterilization_cycles": loads("2025-03-25", "2025-04-02"),
    }
    when = {"period": "2025", "as_of": "2025-05-31"}
    assert judge(MONTHLY, when, **tables, spore_tests=spores("2025-03-21")) == ([("A1", "2025-04")], [], 2)


def test_the_month_that_the_audit_day_cuts_off_is_not_yet_due_unless_it_is_met() -> None:
    tables = {"sterilization_cycles": loads("2025-04-02", "2025-05-02")}
    when = {"period": "2025", "as_of": "2025-05-30"}
    assert judge(MONTHLY, when, **tables, spore_tests=spores("2025-04-30")) == ([], [], 1)
    assert judge(MONTHLY, when, **tables, spore_tests=spores("2025-04-30", "2025-05-03")) == ([], [], 2)
    assert judge(MONTHLY, when | {"as_of": "2025-05-31"}, **tables, spore_tests=spores("2025-04-30"))[0] == [
        ("A1", "2025-05")
    ]


def test_a_month_cut_off_by_retirement_is_not_judged() -> None:
    tables = {
        "equipment": EQUIPMENT + "A1, sterilizer, 2024-01-01, 2025-04-10",
        "sterilization_cycles": loads("2025-04-02"),
    }
    assert judge(MONTHLY, {"period": "2025"}, **tables, spore_tests=spores()) == ([], [], 0)


def test_a_month_without_a_load_is_excused_or_counts() -> None:
    tables = {
        "sterilization_cycles": loads("2025-07-02", "2025-09-02"),
        "spore_tests": spores("2025-07-02", "2025-09-02"),
    }
    when = {"period": "2025", "as_of": "2025-09-30"}
    assert judge(MONTHLY, when, **tables) == ([], [], 2)
    assert judge(MONTHLY | {"idle": "counts"}, when, **tables) == ([("A1", "2025-08")], [], 3)


def test_an_idle_month_before_use_breaches_only_when_the_next_use_comes_first() -> None:
    check, when = MONTHLY | {"idle": "before_use"}, {"period": "2025", "as_of": "2025-09-30"}
    cycles = loads("2025-07-02", "2025-09-05")
    assert judge(check, when, sterilization_cycles=cycles, spore_tests=spores("2025-07-02", "2025-09-05"))[0] == []
    assert judge(check, when, sterilization_cycles=cycles, spore_tests=spores("2025-07-02", "2025-09-06"))[0] == [
        ("A1", "2025-08")
    ]


@pytest.mark.parametrize(
    ("days", "late"),
    [
        (("2025-01-08", "2025-01-15", "2025-01-22"), True),
        (("2025-01-08", "2025-01-22"), True),
        (("2025-01-08", "2025-01-23"), False),
        (("2025-01-08",), False),
        (("2025-01-22",), False),
        (("2025-01-16",), True),
        ((), False),
    ],
)
def test_at_rest_is_what_is_not_used_for_longer_than_the_interval(days: tuple[str, ...], late: bool) -> None:
    check = MONTHLY | {"reckon": "gap", "every": "P14D", "idle": "at_rest"}
    when = {"period": "2025-01-01/2025-01-22", "as_of": "2025-01-22"}
    tests = spores("2025-01-01", "2025-01-22")
    found = judge(check, when, sterilization_cycles=loads("2025-01-01", *days), spore_tests=tests)
    assert bool(found[0]) == late


def test_the_day_of_the_test_decides_before_use_at_the_coarser_precision() -> None:
    gap = MONTHLY | {"reckon": "gap", "idle": "before_use"}
    when = {"period": "2025", "as_of": "2025-09-30"}
    cycles = loads("2025-07-02T08:00", "2025-09-05T08:00")
    for test, breaches in (("2025-09-05", 0), ("2025-09-05T08:00", 0), ("2025-09-05T08:01", 1)):
        found = judge(gap, when, sterilization_cycles=cycles, spore_tests=spores("2025-07-02T08:00", test))
        assert len(found[0]) == breaches


def test_a_failed_test_is_a_test_and_void_and_pending_ones_are_not() -> None:
    cycles = loads("2025-01-10")
    for word, breaches in (("fail", 0), ("void", 1), ("pending", 1)):
        table = f"equipment_id, result, tested_at\nA1, {word}, 2025-01-10\nA1, pass, 2024-12-30"
        assert len(judge(MONTHLY, sterilization_cycles=cycles, spore_tests=table)[0]) == breaches


def test_a_test_without_result_makes_its_month_undecided() -> None:
    table = "equipment_id, result, tested_at\nA1, , 2025-01-10\nA1, pass, 2025-03"
    assert judge(MONTHLY, sterilization_cycles=loads("2025-01-10", "2025-02-10", "2025-03-10"), spore_tests=table) == (
        [("A1", "2025-02")], [("A1", "2025-01")], 3,
    )  # fmt: skip


def test_a_machine_without_any_test_is_one_finding_for_all_its_months() -> None:
    built = logs(sterilization_cycles=loads("2025-01-10", "2025-02-10", "2025-02-11"), spore_tests=spores())
    verdict = Interval.model_validate(MONTHLY).evaluate(scope(built))
    assert spans(verdict.failures, "times", "count") == [("A1", "2025-01, 2025-02", "2", "3")]
    assert list(verdict.examined) == list(verdict.failed) == [1]


def test_a_blank_machine_belongs_to_the_only_one_and_else_to_any() -> None:
    blank = "equipment_id, result, tested_at\n, pass, 2025-01-10"
    one = loads("2025-01-10")
    assert judge(MONTHLY, sterilization_cycles=one, spore_tests=blank) == ([], [], 1)
    two = one + "\nA2, load, 2025-01-11\nA2, load, 2025-02-11"
    found = judge(MONTHLY, sterilization_cycles=two, spore_tests=blank)
    assert found == ([("A2", "2025-02")], [("A1", "2025-01"), ("A2", "2025-01")], 3)


def test_a_test_under_a_name_nobody_knows_may_be_of_any_machine() -> None:
    cycles, test = loads("2025-01-10", "2025-02-10"), spores("2025-01-20", machine="Elara")
    built = logs(sterilization_cycles=cycles, spore_tests=test)
    verdict = Interval.model_validate(MONTHLY).evaluate(scope(built))
    assert (spans(verdict.failures), spans(verdict.unknowns)) == ([("A1", "2025-02")], [("A1", "2025-01")])
    assert verdict.unknowns.why is not None and list(verdict.unknowns.why) == [Reason.dangling]
    gaps = MONTHLY | {"reckon": "gap"}
    assert (
        judge(gaps, {"period": "2025", "as_of": "2025-02-19"}, sterilization_cycles=cycles, spore_tests=test)[0] == []
    )


def test_a_machine_of_the_register_or_of_the_cycle_log_is_known_by_its_name() -> None:
    cycles, test = loads("2025-01-10"), spores("2025-01-20", machine="B2")
    listed = EQUIPMENT + "B2, sterilizer, 2024-01-01,"
    assert judge(MONTHLY, sterilization_cycles=cycles, spore_tests=test)[0] == []
    assert judge(MONTHLY, sterilization_cycles=cycles, spore_tests=test, equipment=listed)[0] == [("A1", "2025-01")]
    helix = cycles + "\nB2, helix, 2025-01-19"
    assert judge(MONTHLY, sterilization_cycles=helix, spore_tests=test)[0] == [("A1", "2025-01")]
    nameless = loads("2025-01-10", "2025-02-10", machine="")
    assert judge(MONTHLY, sterilization_cycles=nameless, spore_tests=test) == ([("B2", "2025-02")], [], 2)


def test_service_without_a_day_of_its_own_begins_with_the_first_use_and_not_with_the_studio() -> None:
    collected = {
        "kind": "interval", "log": "waste_collections", "every": "P1Y", "reckon": "gap",
        "while": {"log": "sessions", "where": {"status": {"enum": ["performed"]}}},
    }  # fmt: skip

    def breaches(check: dict[str, Any], opened: str, waste: str) -> list[tuple[str, ...]]:
        return judge(
            check, {"as_of": "2026-11-10"}, studios={"s": {"opened_on": opened}},
            sessions="status, started_at\nperformed, 2026-05-10\nperformed, 2026-09-10",
            waste_collections=f"waste_type, collected_on\nsharps, {waste}",
        )[0]  # fmt: skip

    assert breaches(collected, "2020-01-01", "2026-06-01") == []
    assert breaches(collected | {"every": "P20D"}, "2020-01-01", "2026-06-01") == [
        ("2026-05-10 to 2026-06-01",), ("2026-06-01 to 2026-11-10",)]  # fmt: skip
    without = {name: part for name, part in collected.items() if name != "while"}
    assert breaches(without, "2025-05-31", "2026-06-01") == [("2025-05-31 to 2026-06-01",)]


def test_the_month_in_which_the_studio_opened_is_not_yet_due_either() -> None:
    tables = {"sterilization_cycles": loads("2025-03-25", "2025-04-02"), "spore_tests": spores()}
    opened = {"studios": {"s": {"opened_on": "2025-03-20"}}}
    assert judge(MONTHLY, **opened, **tables)[0] == [("A1", "2025-04")]
    assert judge(MONTHLY, **tables)[0] == [("A1", "2025-03, 2025-04")]


def test_logs_that_name_no_machine_speak_of_one() -> None:
    cycles, done = "cycle_type, started_at\nload, 2025-01-10\nload, 2025-02-10", "result, tested_at\npass, 2025-01-10"
    assert judge(MONTHLY, sterilization_cycles=cycles, spore_tests=done) == ([("", "2025-02")], [], 2)


def test_a_month_that_began_before_the_period_needs_its_history() -> None:
    check, when = MONTHLY | {"idle": "counts"}, {"period": "2025-01-15/2025-02-28", "as_of": "2025-02-28"}
    cycles = loads("2025-01-03", "2025-01-20", "2025-02-03")
    assert judge(check, when, sterilization_cycles=cycles, spore_tests=spores("2025-02-03")) == (
        [],
        [("A1", "2025-01")],
        2,
    )
    assert judge(check, when, sterilization_cycles=cycles, spore_tests=spores("2025-01-02", "2025-02-03")) == (
        [],
        [],
        2,
    )
    found = judge(check, when, sterilization_cycles=cycles, spore_tests=spores("2024-12-30", "2025-02-03"))
    assert found == ([("A1", "2025-01")], [], 2)


def test_a_leading_gap_without_history_is_judged_only_by_what_the_log_covers() -> None:
    check = MONTHLY | {"reckon": "gap", "idle": "counts"}
    tables = {"equipment": EQUIPMENT + "A1, sterilizer, 2024-01-01,", "sterilization_cycles": loads("2025-01-03")}
    when = {"period": "2025", "as_of": "2025-02-20"}
    assert judge(check, when, **tables, spore_tests=spores("2025-02-01"))[1] == [("A1", "2024-01-01 to 2025-02-01")]
    assert judge(check, when, **tables, spore_tests=spores("2025-02-02"))[0] == [("A1", "2024-01-01 to 2025-02-02")]


def test_trained_at_assignment_and_within_the_year_before_each_session() -> None:
    sessions = "practitioner_id, status, started_at\nP, performed, 2025-03-01T09:00\nP, performed, 2025-06-02\nP, performed, 2026-03-02\nQ, performed, 2025-05-05\nQ, booked, 2025-04-01"
    training = "practitioner_id, completed_on\nP, 2025-03-01\nQ, 2025-05-06"
    found = judge(TRAINED, training_records=training, sessions=sessions)
    assert found == ([("P", "2026-03-02"), ("Q", "2025-05-05")], [], 2)


def test_sessions_that_share_their_last_training_are_one_finding_with_their_number() -> None:
    sessions = "practitioner_id, status, started_at\nP, performed, 2025-03-01\nP, performed, 2025-03-02\nP, performed, 2025-03-03"
    built = logs(training_records="practitioner_id, completed_on\nP, 2024-03-01", sessions=sessions)
    verdict = Interval.model_validate(TRAINED).evaluate(scope(built))
    assert spans(verdict.failures, "count", "last") == [("P", "2025-03-02 to 2025-03-03", "2", "2024-03-01")]
    assert list(verdict.failures.rows) == [1] and list(verdict.examined) == [1]


def test_a_session_without_practitioner_cannot_be_judged() -> None:
    sessions = "practitioner_id, status, started_at\nP, performed, 2025-03-01\nQ, performed, 2025-03-01\n, performed, 2025-03-02"
    training = "practitioner_id, completed_on\nP, 2025-01-01\nQ, 2025-01-01"
    assert judge(TRAINED, training_records=training, sessions=sessions) == ([], [("", "2025-03-02")], 3)


def test_an_interval_may_be_counted_in_uses() -> None:
    check = MONTHLY | {"reckon": "gap", "every": {"records": 2}}
    cycles = loads("2025-01-01T08:00", "2025-01-01T09:00", "2025-01-01T10:00", "2025-01-02T08:00", "2025-01-03T08:00")
    when = {"as_of": "2025-01-31", "period": "2025"}
    assert judge(check, when, sterilization_cycles=cycles, spore_tests=spores("2025-01-01T07:00", "2025-01-01T09:30"))[
        0
    ] == [("A1", "2025-01-01 to 2025-01-31")]
    assert (
        judge(
            check,
            when,
            sterilization_cycles=cycles,
            spore_tests=spores("2025-01-01T07:00", "2025-01-01T09:30", "2025-01-02T08:00"),
        )[0]
        == []
    )


def test_each_machine_may_state_its_own_interval() -> None:
    check = {
        "kind": "interval", "log": "equipment_events", "where": {"event_type": {"enum": ["service"]}}, "per": "equipment_id",
        "every": {"column": "equipment.service_interval"}, "subjects": {"log": "equipment", "where": {"equipment_type": {"enum": ["sterilizer"]}}},
    }  # fmt: skip
    machines = "equipment_id, equipment_type, installed_on, service_interval\nA, sterilizer, 2025-01-01, P6M\nB, sterilizer, 2025-01-01, P1Y\nC, sterilizer, 2025-01-01,\nD, ultrasonic_cleaner, 2025-01-01, P1M\nE, sterilizer, 2025-01-01, soon"
    events = "equipment_id, event_type, happened_at\nA, repair, 2025-03-01"
    found = judge(check, {"period": "2025", "as_of": "2025-12-31"}, equipment=machines, equipment_events=events)
    assert found[0] == [("A", "2025-01-01 to 2025-12-31")]
    assert [subject for subject, _ in found[1]] == ["C", "E"]


def test_a_machine_on_the_list_is_due_although_nothing_is_recorded_of_it() -> None:
    check = MONTHLY | {
        "idle": "counts",
        "subjects": {"log": "equipment", "where": {"equipment_type": {"enum": ["sterilizer"]}}},
    }
    machines = EQUIPMENT + "A1, sterilizer, 2024-01-01,\nU1, ultrasonic_cleaner, 2024-01-01,"
    when = {"period": "2025-01", "as_of": "2025-02-01"}
    assert judge(check, when, equipment=machines, sterilization_cycles=loads(), spore_tests=spores()) == (
        [("A1", "2025-01")],
        [],
        1,
    )


def test_before_use_wants_a_test_before_the_first_load_of_a_new_machine() -> None:
    check, when = MONTHLY | {"first": "before_use"}, {"period": "2025", "as_of": "2025-03-31"}
    tables = {"equipment": EQUIPMENT + "A1, sterilizer, 2025-03-20,", "sterilization_cycles": loads("2025-03-25")}
    assert judge(check, when, **tables, spore_tests=spores("2025-03-26"))[0] == [("A1", "2025-03-20 to 2025-03-25")]
    assert judge(check, when, **tables, spore_tests=spores("2025-03-25"))[0] == []


@pytest.mark.parametrize("log", ["spore_tests", "sterilization_cycles"])
def test_a_log_that_was_not_handed_in_breaches_nothing_and_forbids_a_pass(log: str) -> None:
    built = not_handed_in(logs(sterilization_cycles=loads("2025-01-10"), spore_tests=spores()), log)
    verdict = Interval.model_validate(MONTHLY).evaluate(scope(built))
    assert (verdict.examined.sum(), verdict.reasons) == (0, ((0, Reason.no_log),))


def test_the_law_is_that_of_the_last_day_and_its_first_month_is_not_due() -> None:
    cycles = loads("2025-01-10", "2025-02-10", "2025-03-10")
    tables = {"sterilization_cycles": cycles, "spore_tests": spores("2024-12-01")}
    assert judge(MONTHLY, {"valid": "2025-02-10/2025-12-31"}, **tables)[0] == [("A1", "2025-03")]
    assert judge(MONTHLY, {"valid": "2024-01-01/2025-02-28"}, **tables)[0] == [("A1", "2025-01"), ("A1", "2025-02")]
    assert judge(MONTHLY, {"valid": "2026-01-01/2026-12-31", "period": "2025"}, **tables) == ([], [], 0)


@pytest.mark.parametrize(
    ("every", "label"),
    [("P1D", "2025-05-14"), ("P1W", "2025-W20"), ("P3M", "2025-Q2"), ("P6M", "2025-H1"), ("P1Y", "2025")],
)
def test_calendar_stretches_have_names(every: str, label: str) -> None:
    found = judge(MONTHLY | {"every": every}, sterilization_cycles=loads("2025-05-14"), spore_tests=spores())
    assert found[0] == [("A1", label)]


@pytest.mark.parametrize(
    "change",
    [{"every": "P30D"}, {"every": "P2M"}, {"every": {"records": 3}}, {"reckon": "gap", "every": "PT24H"},
     {"reckon": "fit", "while": None}, {"subjects": {"log": "equipment"}, "per": []}, {"idle": "before_use", "while": None}],
)  # fmt: skip
def test_what_does_not_fit_together_is_a_mistake(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Interval.model_validate(MONTHLY | change)


# The oracle: the same duty, judged record by record with plain loops.


@dataclass
class Thing:
    studio: str
    subject: str | None
    low: date
    high: date
    at: datetime | None
    why: bool
    stray: bool = False


def _thing(row: dict[str, str], when: str, meant: bool | None) -> Thing | None:
    text = row[when]
    if meant is False:
        return None
    if not text:
        low, high, at = date.min, date.max, None
    elif len(text) == 7:
        low = date.fromisoformat(text + "-01")
        high, at = low.replace(day=calendar.monthrange(low.year, low.month)[1]), None
    else:
        low = high = date.fromisoformat(text[:10])
        at = datetime.fromisoformat(text) if len(text) > 10 else None
    return Thing(row["studio_id"], row["equipment_id"] or None, low, high, at, meant is None or not text)


def _moment(rng: random.Random) -> str:
    day = date(2025, 1, 1) + timedelta(days=rng.randrange(150))
    kind = rng.random()
    if kind < 0.06:
        return ""
    if kind < 0.14:
        return day.isoformat()[:7]
    return day.isoformat() + (f"T{rng.choice(['08:00', '12:00'])}" if kind < 0.5 else "")


def _world(rng: random.Random) -> tuple[list[dict[str, str]], list[dict[str, str]], list[dict[str, str]]]:
    blank = rng.choice([0.0, 0.1])

    def rows(n: int, when: str, word: str, words: list[str], machines: str = "AB") -> list[dict[str, str]]:
        return [
            {"studio_id": rng.choice("st"), "equipment_id": "" if rng.random() < blank else rng.choice(machines),
             word: rng.choice(words), when: _moment(rng) if rng.random() < 0.8 else "2025-03-10T08:00"}
            for _ in range(n)
        ]  # fmt: skip

    cycles = rows(rng.randrange(12), "started_at", "cycle_type", ["load"] * 6 + ["helix", ""])
    done = rows(rng.randrange(9), "tested_at", "result", ["pass"] * 6 + ["void", ""], rng.choice(["AB", "ABAX"]))
    machines = [
        {"studio_id": s, "equipment_id": m, "installed_on": rng.choice(["", "2025-01-20", "2024-06-01"]),
         "retired_on": rng.choice(["", "", "2025-04-10"])}
        for s in "st" for m in "ABX" if rng.random() < (0.5 if m < "X" else 0.1)
    ]  # fmt: skip
    return cycles, done, machines


def _csv(rows: list[dict[str, str]], heads: str) -> str:
    names = heads.split(", ")
    return "\n".join([heads, *(", ".join(row[name] for name in names) for row in rows)])


def _subjects(things: list[Thing]) -> dict[str, list[str]]:
    """Names of each studio, a nameless one where there is none."""
    names: dict[str, list[str]] = {}
    for studio in "st":
        here = [t for t in things if t.studio == studio]
        names[studio] = sorted({t.subject for t in here if t.subject}) or ([""] if here else [])
    return names


def _set_astray(tests: list[Thing], cycles: list[Thing], known: set[tuple[str, str]]) -> None:
    """Takes their machine from tests that name one nobody knows, where the studio has another."""
    for studio in "st":
        here = [t for t in tests + cycles if t.studio == studio and t.subject]
        lost = [t for t in here if t in tests and (studio, t.subject) not in known]
        if any(t not in lost for t in here):
            for thing in lost:
                thing.subject, thing.stray, thing.why = None, True, True


def _before(a: Thing | date, b: Thing) -> bool:
    """Whether a lies surely before b, at the coarser of their precisions."""
    if isinstance(a, Thing) and a.at and b.at:
        return a.at < b.at
    return (a if isinstance(a, date) else a.low) < b.low


class _Oracle:
    def __init__(self, world: Any, idle: str, period: tuple[date, date], as_of: date) -> None:
        cycles, done, machines = world
        words = {"load": True, "": None, "helix": False, "pass": True, "void": False}
        every_cycle = [t for r in cycles if (t := _thing(r, "started_at", words[r["cycle_type"]]))]
        every_test = [t for r in done if (t := _thing(r, "tested_at", words[r["result"]]))]
        known = {(r["studio_id"], r["equipment_id"]) for r in cycles + machines}
        _set_astray(every_test, every_cycle, known)
        self.uses = [t for t in every_cycle if t.low <= as_of]
        self.events = [t for t in every_test if t.low <= as_of]
        names = _subjects(every_cycle + every_test)
        for thing in self.uses + self.events:
            if thing.subject is None and not thing.stray and len(names[thing.studio]) == 1:
                thing.subject = names[thing.studio][0]
            thing.why = thing.why or thing.subject is None
            thing.high = min(thing.high, max(as_of, thing.low))
        self.idle, self.period, self.as_of = idle, period, as_of
        self.subjects = [(s, m) for s in "st" for m in names[s]]
        self.machines = {(m["studio_id"], m["equipment_id"]): m for m in machines}
        dated = {
            s: [
                date.fromisoformat((r["tested_at"] + "-01")[:10])
                for r in done
                if r["studio_id"] == s and r["tested_at"]
            ]
            for s in "st"
        }
        self.covered = {s: min([period[0], *dated[s]]) for s in "st"}

    def of(self, things: list[Thing], key: tuple[str, str]) -> list[Thing]:
        return [t for t in things if t.studio == key[0] and t.subject in (key[1], None)]

    def exact(self, things: list[Thing], key: tuple[str, str]) -> list[Thing]:
        return [t for t in self.of(things, key) if not t.why and t.low == t.high]

    def service(self, key: tuple[str, str]) -> tuple[date, date, bool]:
        machine = self.machines.get(key, {"installed_on": "", "retired_on": ""})
        until = date.fromisoformat(machine["retired_on"] or "9999-01-01")
        if machine["installed_on"]:
            return date.fromisoformat(machine["installed_on"]), until, True
        for things in (self.uses, self.events):
            if found := [t.low for t in self.exact(things, key)]:
                return min(found), until, False
        return self.period[0], until, False

    def months(self) -> dict[tuple[str, str, str], str]:
        out = {}
        for key in self.subjects:
            since, until, stated = self.service(key)
            for n in range(12):
                first = date(2025, n + 1, 1) if n < 12 else date.max
                last = first.replace(day=calendar.monthrange(2025, n + 1)[1])
                if last < since or first > min(until, self.as_of) or not self.period[0] <= last <= self.period[1]:
                    continue
                if until < min(last, self.as_of):
                    continue
                answer = self.month(key, first, last, stated and since > first)
                if answer:
                    out[(*key, first.isoformat()[:7])] = answer
        return out

    def month(self, key: tuple[str, str], first: date, last: date, partial: bool) -> str | None:
        def here(things: list[Thing]) -> tuple[bool, bool]:
            mine = [t for t in self.of(things, key) if t.low <= last and t.high >= first]
            return any(not t.why and first <= t.low and t.high <= last for t in mine), bool(mine)

        (event, may_event), (use, may_use) = here(self.events), here(self.uses)
        due, may_be_due = (True, True) if self.idle == "counts" else (use, may_use)
        if not may_be_due:
            return None
        if event:
            return "met"
        if last > self.as_of or partial:
            return "later"
        if not due or may_event or first < self.covered[key[0]]:
            return "unknown"
        return "bad"

    def gaps(self, days: int) -> dict[tuple[str, str, str], str]:
        out = {}
        for key in self.subjects:
            since, until, _ = self.service(key)
            stop = min(until, self.as_of, self.period[1])
            if since > stop:
                continue
            pieces = self.pieces(key, since, stop, self.exact(self.events, key), self.spread(self.uses, key), days)
            possible = self.spread(self.events, key)
            kind = max(since, self.covered[key[0]])
            strict = self.pieces(key, kind, stop, possible, self.exact(self.uses, key), days) if kind <= stop else []
            undated = any(t.low == date.min for t in self.of(self.events, key))
            for start, finish, closed, over, used in pieces:
                if finish < self.period[0] or (not used and self.idle == "excused"):
                    continue
                if not closed and not over:
                    if stop == self.as_of and until > self.as_of:
                        out[(*key, _span(start, finish))] = "later"
                    continue
                sure = any(o and s >= start and f <= finish for s, f, _, o, _ in strict)
                answer = "met" if not over else "bad" if sure and not undated else "unknown"
                worse = {"met": 0, "unknown": 1, "bad": 2, "later": 0}
                name = (*key, _span(start, finish))
                if worse[answer] >= worse[out.get(name, "met")]:
                    out[name] = answer
        return out

    def fits(self, days: int) -> list[tuple[tuple[str, str, str], str]]:
        runs: dict[Any, dict[str, list[date]]] = {}
        for n, use in enumerate(self.uses):
            if use.high < self.period[0] or use.low > self.period[1]:
                continue
            if use.subject is None or use.low != use.high:
                runs[n] = {"unknown": [use.low]}
                continue
            key = (use.studio, use.subject)
            sure = [e for e in self.exact(self.events, key) if not _before(use, e)]
            possible = [e for e in self.spread(self.events, key) if not _before(use, e)]
            undated = any(e.low == date.min for e in self.of(self.events, key))
            start = use.low - timedelta(days=days)
            if any(e.low >= start for e in sure):
                answer = "met"
            elif use.why or undated or any(e.low >= start for e in possible) or start < self.covered[key[0]]:
                answer = "unknown"
            else:
                answer = "bad"
            last = max((e.at or datetime.combine(e.low, datetime.min.time()) for e in sure), default=None)
            runs.setdefault((key, last), {}).setdefault(answer, []).append(use.low)
        out = []
        for name, run in runs.items():
            answer = next(a for a in ("bad", "unknown", "met") if a in run)
            owner = (self.uses[name].studio, self.uses[name].subject or "") if isinstance(name, int) else name[0]
            out.append(((*owner, _span(min(run[answer]), max(run[answer]))), answer))
        return out

    def spread(self, things: list[Thing], key: tuple[str, str]) -> list[Thing]:
        dated = [t for t in self.of(things, key) if t.low != date.min]
        exact = [t for t in dated if t.low == t.high]
        return exact + [
            Thing(t.studio, t.subject, day, day, None, True)
            for t in dated if t.low < t.high
            for day in (t.low + timedelta(days=n) for n in range((t.high - t.low).days + 1))
        ]  # fmt: skip

    def pieces(
        self, key: tuple[str, str], since: date, stop: date, events: list[Thing], uses: list[Thing], days: int
    ) -> list[tuple[date, date, bool, bool, bool]]:
        inside = [e for e in events if since <= e.low <= stop]
        inside.sort(key=lambda e: e.at or datetime.combine(e.low, datetime.min.time()))
        out = []
        for a, b in zip([None, *inside], [*inside, None], strict=True):
            start, finish = a.low if a else since, b.low if b else stop
            between = [
                u for u in uses
                if (_before(a, u) if a else u.low >= since) and (_before(u, b) if b else u.low <= stop)
            ]  # fmt: skip
            due = start + timedelta(days=days)
            over = finish > due
            if self.idle == "excused":
                over = over and bool(between)
            if self.idle == "before_use":
                over = over and any(u.low > due for u in between)
            out.append((start, finish, b is not None, over, bool(between)))
        return out


def _span(first: date, last: date) -> str:
    return f"{first} to {last}" if first != last else "" if first == date.min else str(first)


def _vectorised(check: dict[str, Any], world: Any, period: str, as_of: str) -> dict[tuple[str, str, str], str]:
    return dict(_entries(check, world, period, as_of))


def _entries(check: dict[str, Any], world: Any, period: str, as_of: str) -> list[tuple[tuple[str, str, str], str]]:
    cycles, done, machines = world
    built = logs(
        studios={"s": {}, "t": {}},
        sterilization_cycles=_csv(cycles, "studio_id, equipment_id, cycle_type, started_at"),
        spore_tests=_csv(done, "studio_id, equipment_id, result, tested_at"),
        equipment=_csv(machines, "studio_id, equipment_id, installed_on, retired_on"),
    )
    verdict = Interval.model_validate(check).evaluate(scope(built, period, as_of))
    out = []
    for found, word in ((verdict.failures, "bad"), (verdict.unknowns, "unknown"), (verdict.not_due, "later")):
        for n in range(len(found) if found else 0):
            for span in found.fact("spans", n).split(", "):
                out.append((("st"[found.studio[n]], found.fact("equipment_id", n), span), word))
    return out


@pytest.mark.parametrize("idle", ["excused", "counts"])
@pytest.mark.parametrize("seed", range(4))
def test_calendar_months_agree_with_a_plain_loop(idle: str, seed: int) -> None:
    rng = random.Random(f"{idle} {seed}")
    for _ in range(250):
        world, as_of = _world(rng), rng.choice([date(2025, 4, 15), date(2025, 5, 31)])
        first, last = rng.choice([(date(2025, 1, 1), date(2025, 12, 31)), (date(2025, 2, 10), date(2025, 4, 30))])
        wanted = _Oracle(world, idle, (first, last), as_of).months()
        found = _vectorised(MONTHLY | {"idle": idle}, world, f"{first}/{last}", str(as_of))
        assert found == {key: answer for key, answer in wanted.items() if answer != "met"}, world


@pytest.mark.parametrize("idle", ["excused", "counts", "before_use"])
@pytest.mark.parametrize("seed", range(4))
def test_gaps_agree_with_a_plain_loop(idle: str, seed: int) -> None:
    rng = random.Random(f"{idle} {seed}")
    for _ in range(250):
        world, as_of = _world(rng), rng.choice([date(2025, 4, 15), date(2025, 5, 31)])
        first, last = rng.choice([(date(2025, 1, 1), date(2025, 12, 31)), (date(2025, 2, 10), date(2025, 4, 30))])
        wanted = _Oracle(world, idle, (first, last), as_of).gaps(20)
        check = MONTHLY | {"idle": idle, "reckon": "gap", "every": "P20D"}
        found = _vectorised(check, world, f"{first}/{last}", str(as_of))
        assert found == {key: answer for key, answer in wanted.items() if answer != "met"}, world


@pytest.mark.parametrize("seed", range(4))
def test_freshness_at_each_use_agrees_with_a_plain_loop(seed: int) -> None:
    rng = random.Random(seed)
    check = MONTHLY | {"reckon": "fit", "every": "P20D", "first": "before_use"}
    for _ in range(250):
        world, as_of = _world(rng), rng.choice([date(2025, 4, 15), date(2025, 5, 31)])
        first, last = rng.choice([(date(2025, 1, 1), date(2025, 12, 31)), (date(2025, 2, 10), date(2025, 4, 30))])
        wanted = _Oracle(world, "excused", (first, last), as_of).fits(20)
        found = _entries(check, world, f"{first}/{last}", str(as_of))
        assert sorted(found) == sorted(entry for entry in wanted if entry[1] != "met"), world
