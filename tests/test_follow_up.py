"""Kind `follow_up`: what must follow, how soon, and what may not happen before it."""

import random
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.base import Verdict
from smpcompliance.checks.follow_up import FollowUp
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs

LOAD = {"cycle_type": {"enum": ["load"]}}
FAIL = {"log": "spore_tests", "where": {"result": {"enum": ["fail"]}}, "at": "result_on"}
PASS = {"log": "spore_tests", "where": {"result": {"enum": ["pass"]}}, "at": "result_on"}
STOP = {
    "after": FAIL,
    "same": ["equipment_id"],
    "then": PASS,
    "never": {
        "log": "sterilization_cycles",
        "where": LOAD | {"disposition": {"not": ["held", "reprocessed", "discarded"]}},
    },
}


def check(fields: dict) -> FollowUp:
    return FollowUp.model_validate({"kind": "follow_up"} | fields)


def evaluate(fields: dict, found: Logs, **days: str) -> Verdict:
    return check(fields).evaluate(scope(found, **days))


def answers(fields: dict, found: Logs, **days: str) -> dict[str, str]:
    """The answer for each event, by the key of its record."""
    verdict = evaluate(fields, found, **days)
    log = fields["after"]["log"]
    key = found.cells(log, found.log(log).schema.key)
    why = verdict.unknowns.why
    assert why is not None
    out = {key.text(int(row)): "bad" for row in verdict.failures.rows}
    out |= {key.text(int(r)): Reason(w).name for r, w in zip(verdict.unknowns.rows, why, strict=True)}
    later = verdict.not_due.rows if verdict.not_due else []
    out |= {key.text(int(row)): "later" for row in later}
    assert verdict.examined.sum() >= len(verdict.failures) + len(verdict.unknowns)
    return out


def steriliser(tests: str, cycles: str, fields: dict = STOP, **days: str) -> dict[str, str]:
    heads = "spore_test_id, equipment_id, tested_at, result_on, result, cycle_id\n"
    cycle_heads = "cycle_id, equipment_id, cycle_type, started_at, disposition\n"
    return answers(fields, logs(spore_tests=heads + tests, sterilization_cycles=cycle_heads + cycles), **days)


def test_a_load_after_the_failure_and_before_the_next_pass_is_a_breach() -> None:
    tests = "F, A, 2025-01-10, 2025-01-15, fail,\nP, A, 2025-01-18, 2025-01-20, pass,"
    assert steriliser(tests, "1, A, load, 2025-01-17, released") == {"F": "bad"}
    assert steriliser(tests, "1, A, load, 2025-01-21, released") == {}
    assert steriliser(tests, "1, B, load, 2025-01-17, released") == {}
    assert steriliser(tests, "1, A, control_test, 2025-01-17, released") == {}
    assert steriliser(tests, "1, A, load, 2025-01-17, held") == {}


def test_a_load_on_the_day_of_the_failure_is_undecided_without_times() -> None:
    tests = "F, A, 2025-01-15, 2025-01-15, fail,\nP, A, 2025-01-18, 2025-01-20, pass,"
    assert steriliser(tests, "1, A, load, 2025-01-15 08:00, released") == {"F": "precision"}
    both = "1, A, load, 2025-01-15 08:00, released\n2, A, load, 2025-01-16, released"
    assert steriliser(tests, both) == {"F": "bad"}


def test_with_times_the_load_before_the_failure_is_none_and_the_one_after_is() -> None:
    at = {**STOP, "after": {**FAIL, "at": "tested_at"}}
    tests = "F, A, 2025-01-15 10:00,, fail,\nP, A, 2025-01-18, 2025-01-20, pass,"
    assert steriliser(tests, "1, A, load, 2025-01-15 09:59, released", at) == {}
    assert steriliser(tests, "1, A, load, 2025-01-15 10:00, released", at) == {"F": "precision"}
    assert steriliser(tests, "1, A, load, 2025-01-15 10:01, released", at) == {"F": "bad"}


def test_the_run_that_failed_is_no_use_after_the_failure() -> None:
    at = {**STOP, "after": {**FAIL, "at": "tested_at"}}
    tests = "F, A, 2025-01-15,, fail, 1\nP, A, 2025-01-18, 2025-01-20, pass,"
    assert steriliser(tests, "1, A, load, 2025-01-15, released", at) == {}
    assert steriliser(tests, "1, A, load, 2025-01-15, released\n2, A, load, 2025-01-15, released", at) == {
        "F": "precision"
    }


def test_void_and_pending_tests_cure_nothing() -> None:
    for word in ("void", "pending", "fail"):
        tests = f"F, A, 2025-01-10, 2025-01-15, fail,\nV, A, 2025-01-16, 2025-01-16, {word},"
        assert steriliser(tests, "1, A, load, 2025-01-18, released")["F"] == "bad"
    tests = "F, A, 2025-01-10, 2025-01-15, fail,\nV, A, 2025-01-16, 2025-01-16,,"
    assert steriliser(tests, "1, A, load, 2025-01-18, released")["F"] == "blank"


def test_no_cure_and_no_use_yet_is_not_yet_due() -> None:
    tests = "F, A, 2025-01-10, 2025-01-15, fail,"
    assert steriliser(tests, "1, A, load, 2025-01-10, released") == {"F": "later"}


def test_a_load_without_a_machine_leaves_it_open() -> None:
    tests = "F, A, 2025-01-10, 2025-01-15, fail,\nP, A, 2025-01-18, 2025-01-20, pass,"
    assert steriliser(tests, "1, , load, 2025-01-17, released") == {"F": "ambiguous"}
    assert steriliser(tests, "1, , load, 2025-01-27, released") == {}


def test_a_failure_without_a_machine_or_a_day_cannot_be_judged() -> None:
    assert steriliser("F, , 2025-01-10, 2025-01-15, fail,", "1, A, load, 2025-01-17, released") == {"F": "blank"}
    tests = "F, A, 2025-01-10,, fail,"
    assert steriliser(tests, "1, A, load, 2025-01-17, released") == {"F": "blank"}
    assert steriliser(tests, "1, A, load, 2025-01-17, released", period="2024") == {}


def test_use_in_the_period_against_an_older_failure_that_nothing_cured_is_a_breach() -> None:
    failed, older = "F, A, 2024-12-10, 2024-12-15, fail,", "E, A, 2024-11-10, 2024-11-15, fail,"
    use = "1, A, load, 2025-02-01, released"
    assert steriliser(failed, use, period="2025") == {"F": "bad"}
    assert steriliser(f"{older}\n{failed}", use, period="2025") == {"F": "bad"}
    assert steriliser(failed, use, period="2025-02") == {"F": "bad"}
    assert steriliser(failed, use, period="2025-03") == {}
    assert steriliser(failed, use, period="2025-01") == {}
    assert steriliser(failed, "1, A, load, 2024-12-20, released", period="2025") == {}
    assert steriliser(f"{failed}\nP, A, 2025-01-05, 2025-01-08, pass,", use, period="2025") == {}
    assert steriliser(f"{failed}\nP, A, 2025-02-05, 2025-02-08, pass,", use, period="2025") == {"F": "bad"}
    assert steriliser(failed, "1, B, load, 2025-02-01, released", period="2025") == {}
    assert steriliser(failed, use, period="2025", valid="2024-12-16/2025-12-31") == {}


@pytest.mark.parametrize("excused", ["2024-12-15", "2025-01-20"])
def test_a_later_failure_that_is_excused_does_not_hide_an_older_one(excused: str) -> None:
    apart = {
        "unless": {
            "log": "sterilization_cycles",
            "match": {"cycle_id": "cycle_id"},
            "where": {"disposition": {"enum": ["held"]}},
        }
    }
    cycles = "8, A, load, 2024-11-10, released\n9, A, load, 2024-12-10, held\n1, A, load, 2025-02-01, released"
    for cycle, answer in (("8", "bad"), ("", "blank")):
        tests = f"E, A, 2024-11-10, 2024-11-15, fail, {cycle}\nF, A, 2024-12-10, {excused}, fail, 9"
        assert steriliser(tests, cycles, STOP | apart, period="2025") == {"E": answer}


@pytest.mark.parametrize(
    ("period", "told", "late"),
    [
        ("2025-10", "", False),
        ("2025-11", "", True),
        ("2025-11", "2025-11-04", False),
        ("2025-11", "2025-11-05", True),
        ("2025-12", "", False),
        ("2025-11-05/2025-11-30", "", False),
    ],
)
def test_a_deadline_that_ends_after_the_month_of_its_event_is_judged_in_the_month_in_which_it_ends(
    period: str, told: str, late: bool
) -> None:
    check = {
        "kind": "follow_up", "after": {"log": "incidents", "at": "occurred_at"}, "within": "P10D",
        "then": {"log": "notices", "at": "sent_on"},
    }  # fmt: skip
    found = logs(
        incidents="incident_id, occurred_at\nI, 2025-10-25",
        notices="notice_id, sent_on" + (f"\nN, {told}" if told else ""),
    )
    as_of = "2025-11-01" if period == "2025-10" else "2026-01-31"
    verdict = FollowUp.model_validate(check).evaluate(scope(found, period, as_of))
    assert (len(verdict.failures), len(verdict.unknowns)) == (int(late), 0)


def test_only_events_of_the_period_are_judged() -> None:
    tests = "F, A, 2024-12-10, 2024-12-15, fail,\nG, A, 2025-01-10, 2025-01-15, fail,"
    cycles = "1, A, load, 2025-02-01, released"
    assert steriliser(tests, cycles, period="2025") == {"G": "bad"}
    assert steriliser(tests, cycles, period="2025", valid="2025-01-16/2025-12-31") == {}


def test_a_log_that_was_not_handed_in_is_no_evidence() -> None:
    found = logs(
        spore_tests="spore_test_id, equipment_id, result_on, result\nF, A, 2025-01-15, fail",
        sterilization_cycles="cycle_id, equipment_id, cycle_type, started_at, disposition",
    )
    assert answers(STOP, found) == {"F": "later"}
    assert answers(STOP, not_handed_in(found, "sterilization_cycles")) == {"F": "no_log"}
    verdict = evaluate(STOP, not_handed_in(found, "spore_tests"))
    assert verdict.reasons == ((0, Reason.no_log),)


REPORT = {
    "after": {"log": "incidents", "where": {"incident_type": {"enum": ["infection"]}}, "at": "known_at"},
    "then": {"log": "notices", "where": {"notice_type": {"enum": ["equipment_failure"]}}, "at": "sent_on"},
}


def reported(within: object, known: str, *sent: str, as_of: str = "2026-11-21", **profile: str) -> str:
    found = logs(
        studios={"s": profile},
        incidents=f"incident_id, incident_type, occurred_at, known_at\nI, infection, 2025-01-01, {known}",
        notices="notice_type, sent_on, happened_on\n" + "\n".join(f"equipment_failure, {day}," for day in sent),
    )
    return answers(REPORT | {"within": within}, found, as_of=as_of).get("I", "met")


def test_the_last_day_of_a_deadline_is_in_time() -> None:
    assert reported("P14D", "2025-03-03", "2025-03-17") == "met"
    assert reported("P14D", "2025-03-03", "2025-03-18") == "bad"
    assert reported("P1M", "2025-01-31", "2025-02-28") == "met"
    assert reported("P1M", "2025-01-31", "2025-03-01") == "bad"
    assert reported("P14D", "2025-03-03", "2025-03-03") == "met"
    assert reported("P14D", "2025-03-03", "2025-03-02") == "bad"


def test_hours_need_times() -> None:
    assert reported("PT24H", "2025-03-03 14:10", "2025-03-03") == "met"
    assert reported("PT24H", "2025-03-03 14:10", "2025-03-04") == "precision"
    assert reported("PT24H", "2025-03-03 14:10", "2025-03-05") == "bad"


def test_a_deadline_that_runs_is_not_yet_due_through_its_last_day() -> None:
    assert reported("P14D", "2025-03-03", as_of="2025-03-17") == "later"
    assert reported("P14D", "2025-03-03", as_of="2025-03-18") == "bad"


def test_working_days_follow_the_calendar_of_the_profile() -> None:
    five = {"working_days": 5}
    assert reported(five, "2025-04-16", "2025-04-23") == "met"
    assert reported(five, "2025-04-16", "2025-04-24") == "bad"
    assert reported(five, "2025-04-16", "2025-04-25", holidays="GB-ENG") == "met"
    assert reported(five, "2025-04-16", "2025-04-26", holidays="GB-ENG") == "bad"


def test_a_notice_without_a_day_may_be_the_one() -> None:
    assert reported("P14D", "2025-03-03", "") == "blank"
    assert reported("P14D", "2025-03-03", "", "2025-03-10") == "met"


NEW_SERVICE = {
    "after": {
        "log": "sessions",
        "first": "procedure",
        "where": {"status": {"enum": ["performed"]}},
        "at": "started_at",
    },
    "same": {"procedure": "procedure"},
    "then": {"log": "notices", "where": {"notice_type": {"enum": ["opening", "added_service"]}}, "at": "sent_on"},
    "lead": "P14D",
}


def test_a_notice_lies_the_lead_before_the_first_record_of_a_group() -> None:
    sessions = "session_id, procedure, status, started_at\n1, tattoo, performed, 2025-02-15 10:00\n2, tattoo, performed, 2025-03-01"
    heads = "notice_type, procedure, sent_on\n"
    for day, answer in (("2025-02-01", {}), ("2025-02-02", {"1": "bad"}), ("", {"1": "blank"})):
        found = logs(sessions=sessions, notices=heads + f"added_service, tattoo, {day}")
        assert answers(NEW_SERVICE, found) == answer
    other = logs(sessions=sessions, notices=heads + "added_service, microblading, 2025-01-01")
    assert answers(NEW_SERVICE, other) == {"1": "bad"}
    nameless = logs(sessions=sessions, notices=heads + "opening,, 2025-01-01")
    assert answers(NEW_SERVICE, nameless) == {"1": "ambiguous"}
    assert answers(NEW_SERVICE, nameless, period="2025-03") == {}


REQUALIFY = {
    "after": {"log": "equipment_events", "where": {"event_type": {"enum": ["repair"]}}, "at": "completed_at"},
    "same": ["equipment_id"],
    "then": PASS,
    "times": 3,
    "before": {"log": "sterilization_cycles", "where": LOAD},
}


def requalified(tests: list[tuple[str, str]], load: str) -> str:
    rows = "\n".join(f"A, {day}, {result}" for day, result in tests)
    found = logs(
        equipment_events="event_id, equipment_id, event_type, completed_at\nR, A, repair, 2025-01-01",
        spore_tests=f"equipment_id, result_on, result\n{rows}",
        sterilization_cycles=f"equipment_id, cycle_type, started_at\nA, load, {load}",
    )
    return answers(REQUALIFY, found).get("R", "met")


def test_three_in_a_row_without_a_failure_between() -> None:
    three = [("2025-01-02", "pass"), ("2025-01-03", "pass"), ("2025-01-04", "pass")]
    assert requalified(three, "2025-01-05") == "met"
    assert requalified(three, "2025-01-04") == "precision"
    assert requalified(three, "2025-01-03") == "bad"
    broken = [("2025-01-02", "pass"), ("2025-01-03", "fail"), ("2025-01-04", "pass"), ("2025-01-05", "pass")]
    assert requalified(broken, "2025-01-06") == "bad"
    assert requalified([*broken, ("2025-01-06", "pass")], "2025-01-07") == "met"
    void = [("2025-01-02", "pass"), ("2025-01-03", "void"), ("2025-01-04", "pass"), ("2025-01-05", "pass")]
    assert requalified(void, "2025-01-06") == "met"
    early = [("2024-12-30", "pass"), ("2025-01-03", "pass"), ("2025-01-04", "pass")]
    assert requalified(early, "2025-01-05") == "bad"


IDLE = {
    "after": {"log": "sterilization_cycles", "where": LOAD, "gap": "P14D"},
    "same": ["equipment_id"],
    "then": {"log": "spore_tests", "where": {"result": {"enum": ["pass"]}}},
    "before": {"log": "sterilization_cycles", "where": LOAD},
}


def test_after_a_gap_the_cure_lies_before_the_next_use() -> None:
    def idle(*loads: str, test: str) -> dict[str, str]:
        rows = "\n".join(f"{n}, A, load, {day}" for n, day in enumerate(loads))
        return answers(
            IDLE,
            logs(
                sterilization_cycles=f"cycle_id, equipment_id, cycle_type, started_at\n{rows}",
                spore_tests=f"equipment_id, tested_at, result\nA, {test}, pass",
            ),
        )

    assert idle("2025-01-01", "2025-01-15", test="2025-06-01") == {}
    assert idle("2025-01-01", "2025-01-16", test="2025-06-01") == {"1": "bad"}
    assert idle("2025-01-01", "2025-01-16", test="2025-01-15") == {}
    assert idle("2025-01-01", "2025-01-16", test="2025-01-16") == {"1": "precision"}
    assert idle("2025-01-01 10:00", "2025-01-16 10:00", test="2025-01-16 09:00") == {}
    assert idle("2025-01-01", "2025-01-16", test="2024-12-31") == {"1": "bad"}


def test_one_cure_serves_all_earlier_events_unless_each_wants_its_own() -> None:
    found = logs(
        incidents="incident_id, incident_type, occurred_at, known_at\nI, infection,, 2025-03-01\nJ, infection,, 2025-03-02",
        notices="notice_type, sent_on, happened_on\nequipment_failure, 2025-03-03,",
    )
    assert answers(REPORT | {"within": "P14D"}, found) == {}
    assert answers(REPORT | {"within": "P14D", "each": True}, found) == {"J": "bad"}


def test_the_window_reaches_back_to_the_placement_of_the_last_pass() -> None:
    recall = {
        "after": FAIL,
        "same": ["equipment_id"],
        "back_to": {"log": "spore_tests", "where": {"result": {"enum": ["pass"]}}, "at": "tested_at"},
        "also": {
            "log": "sterilization_cycles",
            "in": "window",
            "where": LOAD,
            "require": {"disposition": {"enum": ["reprocessed", "held", "discarded"]}},
        },
    }
    tests = (
        "P, A, 2025-01-01, 2025-01-05, pass,\nF, A, 2025-01-10, 2025-01-15, fail,\nQ, A, 2025-01-12, 2025-01-14, pass,"
    )
    assert steriliser(tests, "1, A, load, 2025-01-02, released", recall) == {"F": "bad"}
    assert steriliser(tests, "1, A, load, 2025-01-02, held", recall) == {}
    assert steriliser(tests, "1, A, load, 2025-01-02,", recall) == {"F": "blank"}
    assert steriliser(tests, "1, A, load, 2025-01-01, released", recall) == {"F": "precision"}
    assert steriliser(tests, "1, A, load, 2024-12-31, released", recall) == {}
    assert steriliser(tests, "1, A, load, 2025-01-16, released", recall) == {}
    nothing_before = "F, A, 2025-01-10, 2025-01-15, fail,"
    assert steriliser(nothing_before, "1, A, load, 2024-01-01, released", recall) == {"F": "bad"}


def test_a_cure_may_come_early_where_the_rule_says_so() -> None:
    exam = {
        "after": {"log": "equipment_events", "where": {"event_type": {"enum": ["examination"]}}, "at": "next_due_on"},
        "same": ["equipment_id"],
        "then": {"log": "equipment_events", "where": {"event_type": {"enum": ["examination"]}}},
        "never": {"log": "sterilization_cycles", "where": LOAD},
        "early": "record",
    }
    heads = "event_id, equipment_id, event_type, happened_at, next_due_on\nE, A, examination, 2024-01-10, 2025-01-10\n"
    cycles = "equipment_id, cycle_type, started_at\nA, load, 2025-01-20"
    again = "N, A, examination, 2025-01-03, 2026-12-03"
    assert (
        answers(
            exam, logs(equipment_events=heads + again, sterilization_cycles=cycles), as_of="2026-01-01", period="2025"
        )
        == {}
    )
    assert answers(exam, logs(equipment_events=heads, sterilization_cycles=cycles)) == {"E": "bad"}
    staff = {
        "after": {"log": "practitioners", "at": "left_on"},
        "same": ["practitioner_id"],
        "then": {"log": "notices", "where": {"notice_type": {"enum": ["staff_left"]}}, "at": "sent_on"},
        "within": "P30D",
        "early": "P1Y",
    }
    people = "practitioner_id, started_on, left_on\nX, 2024-01-01, 2025-05-01\nY, 2024-01-01,"
    for sent, answer in (
        ("2025-04-01", {}),
        ("2025-05-31", {}),
        ("2025-06-01", {"X": "bad"}),
        ("2024-04-30", {"X": "bad"}),
    ):
        found = logs(practitioners=people, notices=f"notice_type, practitioner_id, sent_on\nstaff_left, X, {sent}")
        assert answers(staff, found) == answer


def test_the_finding_shows_the_arithmetic() -> None:
    found = logs(
        incidents="incident_id, incident_type, occurred_at, known_at\nI, infection,, 2025-03-03 14:10",
        notices="notice_type, sent_on, happened_on\nequipment_failure, 2025-03-06,",
    )
    failures = evaluate(REPORT | {"within": "PT24H"}, found).failures
    assert failures.fact("due", 0) == "2025-03-04 14:10"
    assert failures.fact("then", 0) == "2025-03-06"
    assert failures.words(0) == "known 2025-03-03 14:10, due 2025-03-04 14:10, then 2025-03-06"


def test_the_finding_counts_and_names_what_lies_between() -> None:
    found = logs(
        spore_tests="spore_test_id, equipment_id, result_on, result\nF, A, 2025-01-15, fail",
        sterilization_cycles="cycle_id, equipment_id, cycle_type, started_at, disposition\n"
        "1, A, load, 2025-01-16, released\n2, A, load, 2025-01-14, released\n3, A, load, 2025-01-17, released",
    )
    failures = evaluate(STOP, found).failures
    assert failures.fact("between", 0) == "2"
    assert failures.fact("then", 0) == ""
    assert [(log, sorted(rows.tolist())) for log, _, rows in failures.related()] == [
        ("spore_tests", []),
        ("sterilization_cycles", [0, 2]),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"after": FAIL},
        {"after": FAIL, "then": PASS},
        {"after": FAIL, "then": PASS, "lead": "P1D", "within": "P1D"},
        {"after": FAIL, "then": PASS, "within": "P1D", "each": True, "times": 2},
        {"after": FAIL, "before": PASS, "never": PASS},
        {"after": {**FAIL, "first": "equipment_id", "gap": "P1D"}, "then": PASS, "within": "P1D"},
    ],
)
def test_a_duty_that_says_nothing_is_a_mistake(fields: dict) -> None:
    with pytest.raises(ValidationError):
        check(fields)


def test_it_says_itself() -> None:
    assert "must follow within 14 days" in check(REPORT | {"within": "P14D"}).explain()
    assert check(NEW_SERVICE).explain().startswith("At least 14 days before the first record of sessions")
    assert "there must be no record of sterilization cycles" in check(STOP).explain()


Z_SHAPES = [
    {"then": PASS, "within": "P5D"},
    {"then": PASS, "within": "PT36H"},
    {"then": PASS, "before": {"log": "sterilization_cycles", "where": LOAD}},
    {"then": PASS, "never": {"log": "sterilization_cycles", "where": LOAD}, "within": "P4D"},
    {"never": {"log": "sterilization_cycles", "where": LOAD}},
    {"then": {**PASS, "at": "tested_at"}, "lead": "P3D"},
]
RESULTS, KINDS, MACHINES = ["pass", "fail", "void", ""], ["load", "load", "helix", ""], ["A", "A", "B", ""]
AS_OF = "2025-01-16"


def some_moment(chance: random.Random) -> str:
    at = datetime(2025, 1, 1) + timedelta(days=chance.randrange(14), hours=chance.choice([8, 9, 20]))
    return chance.choice([f"{at:%Y-%m-%d}", f"{at:%Y-%m-%d}", f"{at:%Y-%m-%d %H:%M}", ""] if chance.random() < 0.3 else
                         [f"{at:%Y-%m-%d}", f"{at:%Y-%m-%d %H:%M}"])  # fmt: skip


def stretch(text: str) -> tuple[datetime, datetime]:
    if not text:
        return datetime.min, datetime.max
    low = datetime.fromisoformat(text)
    return low, low if len(text) > 10 else low + timedelta(hours=23, minutes=59, seconds=59)


def both(*answers: str) -> str:
    return "F" if "F" in answers else "U" if "U" in answers else "T"


def some(answers: list[str]) -> str:
    return "T" if "T" in answers else "U" if "U" in answers else "F"


def flip(answer: str) -> str:
    return {"T": "F", "F": "T", "U": "U"}[answer]


def meant(cell: str, word: str) -> str:
    return "U" if not cell else "T" if cell == word else "F"


def naive(fields: dict, x: dict, tests: list[dict], cycles: list[dict]) -> str:
    """The answer for one event, by comparing it with every record of the other logs."""
    lead = "lead" in fields
    moment = fields["then"]["at"] if "then" in fields else ""
    x_low, x_high = stretch(x["result_on"])

    def same(other: dict) -> str:
        if other["studio_id"] != x["studio_id"]:
            return "F"
        return "U" if not other["equipment_id"] else "T" if other["equipment_id"] == x["equipment_id"] else "F"

    def not_before(text: str) -> str:
        if not text or not x["result_on"]:
            return "U"
        coarse = 10 if min(len(text), len(x["result_on"])) == 10 else 16
        return "T" if text[:coarse] >= x["result_on"][:coarse] else "F"

    def within(text: str) -> str:
        if not text or not x["result_on"]:
            return "U"
        low, high = stretch(text)
        if fields["within"] == "PT36H":
            first, last = x_low + timedelta(hours=36), x_high + timedelta(hours=36)
            return "F" if low > last else "U" if high > first else "T"
        days = {"P5D": 5, "P4D": 4}[fields["within"]]
        return "T" if low.date() <= x_low.date() + timedelta(days=days) else "F"

    def far_enough(text: str) -> str:
        if not text or not x["result_on"]:
            return "U"
        return "T" if x_low.date() >= stretch(text)[0].date() + timedelta(days=3) else "F"

    def ends_before(y: str, z: str) -> str:
        if not y or not z:
            return "U"
        return "T" if stretch(y)[1] < stretch(z)[0] else "F" if stretch(y)[0] > stretch(z)[1] else "U"

    if not x["equipment_id"]:
        return "U"
    cures = [(y[moment], both(meant(y["result"], "pass"), same(y), "T" if lead else not_before(y[moment]))) for y in tests
             ] if moment else []  # fmt: skip
    if lead:
        return some([both(fits, far_enough(at)) for at, fits in cures])
    parts = []
    if "never" in fields or "before" in fields:
        wrong = []
        for z in cycles:
            cured = some([both(fits, ends_before(at, z["started_at"])) for at, fits in cures])
            own = z["cycle_id"] == x["cycle_id"] and z["studio_id"] == x["studio_id"]
            after = ends_before(x["result_on"], z["started_at"])
            wrong.append("F" if own else both(meant(z["cycle_type"], "load"), same(z), after, flip(cured)))
        parts.append(flip(some(wrong)))
    if "within" in fields:
        found = some([both(fits, within(at)) for at, fits in cures])
        hours = 36 if fields["within"] == "PT36H" else 24 * int(fields["within"][1])
        running = (
            (x_high + timedelta(hours=hours)).date() >= datetime.fromisoformat(AS_OF).date()
            if x["result_on"]
            else False
        )
        parts.append("later" if found == "F" and running else found)
    elif cures or "then" in fields:
        there = some([fits for _, fits in cures])
        parts.append("T" if there == "T" else "U" if there == "U" else "later")
    return next((a for a in ("F", "U", "later") if a in parts), "T")


@pytest.mark.parametrize("shape", range(len(Z_SHAPES)))
def test_it_agrees_with_comparing_every_record_with_every_other(shape: int) -> None:
    fields = {"after": FAIL, "same": ["equipment_id"]} | Z_SHAPES[shape]
    for seed in range(250):
        chance = random.Random(seed * 17 + shape)
        tests = [
            {"spore_test_id": f"T{n}", "studio_id": chance.choice("st"), "equipment_id": chance.choice(MACHINES),
             "tested_at": some_moment(chance), "result_on": some_moment(chance)[:10],
             "result": chance.choice(RESULTS), "cycle_id": f"C{chance.randrange(8)}"}
            for n in range(chance.randrange(1, 7))
        ]  # fmt: skip
        cycles = [
            {"cycle_id": f"C{n}", "studio_id": chance.choice("st"), "equipment_id": chance.choice(MACHINES),
             "cycle_type": chance.choice(KINDS), "started_at": some_moment(chance)}
            for n in range(chance.randrange(5))
        ]  # fmt: skip
        found = logs(studios={"s": {}, "t": {}}, spore_tests=text(tests, "spore_test_id, studio_id, equipment_id, tested_at, "
                     "result_on, result, cycle_id"), sterilization_cycles=text(cycles, "cycle_id, studio_id, equipment_id, "
                     "cycle_type, started_at"))  # fmt: skip
        got = {
            key: {"bad": "F", "later": "later"}.get(why, "U")
            for key, why in answers(fields, found, as_of=AS_OF).items()
        }
        wanted = {}
        for x in tests:
            exists = both(meant(x["result"], "fail"), "T" if x["result_on"] else "U")
            answer = naive(fields, x, tests, cycles)
            if exists == "U" and answer == "F":
                answer = "U"
            if exists != "F" and answer != "T":
                wanted[x["spore_test_id"]] = answer
        assert got == wanted, (seed, tests, cycles)


def ordered(chance: random.Random, n: int) -> list[str]:
    return [f"{datetime(2025, 1, 1) + timedelta(days=chance.randrange(12)):%Y-%m-%d}" for _ in range(n)]


def test_runs_without_a_failure_agree_with_counting_by_hand() -> None:
    fields = REQUALIFY | {"times": 2}
    for seed in range(500):
        chance = random.Random(seed)
        days = chance.sample(ordered(chance, 40), 6)
        tests = sorted(
            {d: (chance.choice("AB"), chance.choice(["pass", "pass", "fail", "void"])) for d in days}.items()
        )
        repairs = [(chance.choice("AB"), d) for d in ordered(chance, 2)]
        loads = [(chance.choice("AB"), d) for d in ordered(chance, 2)]
        found = logs(
            equipment_events="event_id, event_type, equipment_id, completed_at\n"
            + "\n".join(f"R{n}, repair, {m}, {d}" for n, (m, d) in enumerate(repairs)),
            spore_tests="result_on, equipment_id, result\n" + "\n".join(f"{d}, {m}, {r}" for d, (m, r) in tests),
            sterilization_cycles="cycle_type, equipment_id, started_at\n"
            + "\n".join(f"load, {m}, {d}" for m, d in loads),
        )
        wanted = {}
        for n, (machine, repaired) in enumerate(repairs):
            run, cured = 0, "9"
            for day, (other, result) in tests:
                if other == machine and day >= repaired and cured == "9":
                    run = run + 1 if result == "pass" else 0 if result == "fail" else run
                    cured = day if run == 2 else cured
            uses = [d for m, d in loads if m == machine and d >= repaired and d <= cured]
            if uses or cured == "9":
                sure = any(repaired < d < cured for d in uses)
                wanted[f"R{n}"] = "bad" if sure else "precision" if uses else "later"
        assert answers(fields, found) == wanted, (seed, repairs, tests, loads)


def test_a_cure_for_each_agrees_with_handing_them_out_one_by_one() -> None:
    for seed in range(500):
        chance = random.Random(seed)
        known, sent = sorted(ordered(chance, chance.randrange(1, 6))), sorted(ordered(chance, chance.randrange(6)))
        found = logs(
            incidents="incident_id, incident_type, known_at\n"
            + "\n".join(f"I{n}, infection, {d}" for n, d in enumerate(known)),
            notices="notice_type, sent_on\n" + "\n".join(f"equipment_failure, {d}" for d in sent),
        )
        left, wanted = list(sent), {}
        for n, day in enumerate(known):
            mine = next((d for d in left if d >= day), None)
            if mine:
                left.remove(mine)
            if not mine or datetime.fromisoformat(mine) > datetime.fromisoformat(day) + timedelta(days=3):
                wanted[f"I{n}"] = "bad"
        assert answers(REPORT | {"within": "P3D", "each": True}, found) == wanted, (seed, known, sent)


def test_the_first_of_each_group_agrees_with_sorting() -> None:
    for seed in range(300):
        chance = random.Random(seed)
        rows = [
            (d, chance.choice(["tattoo", "microblading"]), chance.choice(["performed", "cancelled"]))
            for d in ordered(chance, 6)
        ]
        notices = [(d, chance.choice(["tattoo", "microblading"])) for d in ordered(chance, 2)]
        found = logs(
            sessions="session_id, started_at, procedure, status\n"
            + "\n".join(f"{n}, {', '.join(r)}" for n, r in enumerate(rows)),
            notices="sent_on, procedure, notice_type\n" + "\n".join(f"{d}, {p}, opening" for d, p in notices),
        )
        wanted = {}
        for kind in ("tattoo", "microblading"):
            mine = sorted((d, n) for n, (d, p, s) in enumerate(rows) if p == kind and s == "performed")
            early = [
                d
                for d, p in notices
                if p == kind
                and mine
                and datetime.fromisoformat(d) + timedelta(days=3) <= datetime.fromisoformat(mine[0][0])
            ]
            if mine and not early:
                wanted[str(mine[0][1])] = "bad"
        assert answers(NEW_SERVICE | {"lead": "P3D"}, found) == wanted, (seed, rows, notices)


def text(rows: list[dict], heads: str) -> str:
    return "\n".join([heads, *(", ".join(row[head] for head in heads.split(", ")) for row in rows)])
