"""What is due, worked out by hand from the law: nothing is lost, early, late, twice, or for nobody."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tables import logs, scope
from test_due import LOT, REPORT, RETEST, listed, rule, said
from test_follow_up import NEW_SERVICE, answers

from smpcompliance import dates
from smpcompliance.audit.due import DueList, due
from smpcompliance.checks.document import Document
from smpcompliance.checks.judging import latest_start
from smpcompliance.rules.ruleset import library, load_rulesets, packaged

STUDIO: dict[str, Any] = {"opened_on": "2024-01-31", "procedures": ("tattoo",), "instruments": "reusable"}


def of_law(id: str, as_of: str, *, only: str, within: str = "P1Y", profile: Any = None, **tables: str) -> DueList:
    """What a ruleset that comes with the program asks of one studio, by the rules whose id begins so."""
    found = logs(studios={"s": STUDIO | {"jurisdiction": id} | (profile or {})}, **tables)
    rulesets = load_rulesets(library(packaged()), (id,))
    told = due(rulesets, found, date.fromisoformat(as_of), dates.duration(within), version="test")
    keep = tuple(each for each in told.due if each.rule.id.startswith(only))
    return DueList(**(vars(told) | {"due": keep}))


def day_number(text: str) -> int:
    return int(np.datetime64(text, "D").astype(int)) * dates.DAY


@pytest.mark.parametrize(
    ("end", "length", "last"),
    [
        ("2027-11-30", "28 working", "2027-10-21"),
        ("2026-11-29", "28 working", "2026-10-20"),  # a Sunday: the 21st leaves 27 working days
        ("2026-02-28", "P1M", "2026-01-31"),  # a month after 31 January is 28 February
        ("2024-02-29", "P1M", "2024-01-31"),
        ("2026-03-31", "P1M", "2026-02-28"),
        ("2027-02-28", "P1Y", "2026-02-28"),
        ("2025-02-28", "P1Y", "2024-02-29"),
        ("2026-12-31", "P14D", "2026-12-17"),
    ],
)
def test_the_last_day_for_starting_is_the_last_from_which_the_time_fits(end: str, length: str, last: str) -> None:
    by = dates.duration({"working_days": 28} if "working" in length else length)
    everyone = [(np.ones(1, bool), None)]
    assert latest_start(np.array([day_number(end)]), by, everyone)[0] == day_number(last)


def test_a_notice_before_a_planned_event_is_not_missing_while_there_is_time() -> None:
    """Against a count of days by hand: a lead of 14 days, an event and a notice on any day, or none."""
    for seed in range(200):
        draw = random.Random(seed)
        as_of, event = (date(2026, 5, 1) + timedelta(days=draw.randrange(60)) for _ in range(2))
        sent = draw.choice([None, date(2026, 4, 20) + timedelta(days=draw.randrange(60))])
        found = logs(
            sessions=f"session_id, procedure, status, started_at\n1, tattoo, performed, {event}",
            notices="notice_type, procedure, sent_on\n" + (f"opening, tattoo, {sent}" if sent else ""),
        )
        last = event - timedelta(days=14)
        met = sent is not None and sent <= last
        wanted = {} if met else {"1": "later" if as_of <= last else "bad"}
        assert answers(NEW_SERVICE, found, as_of=str(as_of)) == wanted, (as_of, event, sent)


PLACE = "premises_id, premises_type, opened_on\nEV, event, 2026-12-31"


@pytest.mark.parametrize(
    "notices",
    [
        "notice_type, premises_id, sent_on\nopening, P1, 2020-01-01",  # nothing was sent for it
        "notice_type, premises_id, sent_on\nopening, P1, 2020-01-01\nevent, EV, 2026-12-20",  # planned, and too late
    ],
)
def test_the_notice_of_a_planned_event_is_due_so_long_before_it(notices: str) -> None:
    def on(day: str) -> list[tuple[str, str, str]]:
        return said(of_law("CA-ON", day, only="CA-ON/notify-before-opening", premises=PLACE, notices=notices))

    assert on("2026-11-21") == [("EV", "2026-12-17", "due")]
    assert on("2026-12-17") == [("EV", "2026-12-17", "due")]
    assert on("2026-12-18") == [("EV", "2026-12-17", "late")]


def test_a_notice_that_was_sent_in_time_is_not_due_again() -> None:
    notices = "notice_type, premises_id, sent_on\nopening, P1, 2020-01-01\nevent, EV, 2026-11-20"
    found = of_law("CA-ON", "2026-11-21", only="CA-ON/notify-before-opening", premises=PLACE, notices=notices)
    assert said(found) == []


APPROVAL = (
    "document_id, document_type, premises_id, valid_from, expires_on\nD, premises_approval, P1, 2024-11-29, {end}"
)


def renewal(end: str, as_of: str, **profile: Any) -> list[tuple[str, str, str]]:
    return said(
        of_law(
            "GB-WLS", as_of, only="GB-WLS/premises-renewal", documents=APPROVAL.format(end=end), profile=profile,
            premises="premises_id, premises_type, opened_on\nP1, studio, 2024-01-31",
        )
    )  # fmt: skip


def test_the_renewal_of_an_approval_that_ends_on_a_sunday_leaves_whole_working_days() -> None:
    assert renewal("2026-11-29", "2026-10-20") == [("P1", "2026-10-20", "due")]
    assert renewal("2026-11-29", "2026-10-21") == [("P1", "2026-10-20", "late")]
    assert renewal("2027-01-31", "2026-11-21", holidays="GB-WLS") == [("P1", "2026-12-17", "due")]


def test_the_day_for_asking_is_the_last_that_the_law_takes() -> None:
    """The list and the rule about applications that came too late must not disagree."""
    check = Document.model_validate(
        {"kind": "document", "for": "premises", "document_type": ["premises_approval"], "renew": {"working_days": 28}}
    )
    for n in range(60):
        end = date(2026, 11, 1) + timedelta(days=n)
        found = logs(
            documents=APPROVAL.format(end=end),
            premises="premises_id, premises_type, opened_on\nP1, studio, 2024-01-31",
        )
        failed = check.evaluate(scope(found, as_of=str(end))).failures
        asked = np.datetime64(failed.fact("ask_by", 0))
        assert np.busday_offset(asked, 28, roll="backward") <= np.datetime64(end)
        assert np.busday_offset(asked + 1, 28, roll="backward") > np.datetime64(end)


def test_a_place_that_closes_before_its_approval_ends_needs_no_renewal() -> None:
    assert renewal("2027-01-31", "2026-11-21", closed_on="2026-12-01") == []
    assert len(renewal("2027-01-31", "2026-11-21", closed_on="2027-03-01")) == 1


ACTION = """
check:
  kind: follow_up
  after: {log: incidents, at: occurred_at}
  then: {log: incidents, where: {action_taken: {required: true}}, at: occurred_at, same: {incident_id: incident_id}}
  within: P28D
message: Nothing was done about {incident_id}.
"""


def test_each_event_that_only_its_own_record_answers_is_told(tmp_path: Path) -> None:
    incidents = (
        "incident_id, occurred_at, action_taken\n1, 2026-10-01,\n2, 2026-11-02,\n3, 2026-11-18,\n4, 2026-11-18, yes"
    )
    found = listed(tmp_path, logs(incidents=incidents), "2026-11-21", test=rule(ACTION))
    assert said(found) == [("1", "2026-10-29", "late"), ("2", "2026-11-30", "due"), ("3", "2026-12-16", "due")]


FIRST_TEST = """
check:
  kind: follow_up
  after: {log: equipment, where: {equipment_type: {enum: [sterilizer]}}, at: installed_on}
  same: [equipment_id]
  then: {log: spore_tests, where: {result: {enum: [pass]}}, at: tested_at}
  never: {log: sterilization_cycles, where: {cycle_type: {enum: [load]}}}
message: No test of {equipment_id} before its first load.
"""


def test_a_machine_out_of_service_needs_no_first_test(tmp_path: Path) -> None:
    machines = "equipment_id, equipment_type, installed_on, retired_on\nOLD, sterilizer, 2024-02-29, 2026-03-31\nA, sterilizer, 2026-11-01,"
    found = logs(
        equipment=machines,
        spore_tests="equipment_id, result, tested_at\nB, pass, 2023-01-01",
        sterilization_cycles="equipment_id, cycle_type, started_at\nB, load, 2023-01-01",
    )
    assert said(listed(tmp_path, found, "2026-11-21", test=rule(FIRST_TEST))) == [("A", "-", "if used")]


DECLARED = """
check:
  kind: reference
  log: sessions
  where: {status: {enum: [performed]}}
  find:
    log: documents
    where: {any_of: [{document_type: {enum: [practitioner_registration]}, practitioner_id: {equals: practitioner_id}},
                     {document_type: {enum: [event_permit]}, premises_id: {equals: premises_id}}]}
    valid: document
message: Nobody declared {session_id}.
"""


@pytest.mark.parametrize("place", ["", "P1"])
def test_everybody_is_told_whose_paper_ends_not_only_who_worked_last(tmp_path: Path, place: str) -> None:
    found = logs(
        sessions="session_id, status, started_at, practitioner_id, premises_id\n"
        f"1, performed, 2026-10-15, ANN, {place}\n2, performed, 2026-11-10, OWN, {place}",
        documents="document_id, document_type, practitioner_id, premises_id, valid_from, expires_on\n"
        "D1, practitioner_registration, ANN, P9, 2025-01-06, 2026-11-25\n"
        "D2, practitioner_registration, OWN, P9, 2025-01-06, 2026-12-31",
    )
    told = listed(tmp_path, found, "2026-11-21", test=rule(DECLARED)).due
    assert [(each.subject["practitioner_id"], str(each.due_on)) for each in told] == [
        ("ANN", "2026-11-25"),
        ("OWN", "2026-12-31"),
    ]


TOLD = """
check:
  kind: reference
  log: spore_tests
  where: {result: {enum: [fail]}}
  find: {log: incidents, where: {equipment_id: {equals: equipment_id}, reported_at: {required: true, not_before: tested_at}}}
message: Nobody was told of {equipment_id}.
"""


def test_a_report_that_was_made_does_not_end_and_each_machine_needs_its_own(tmp_path: Path) -> None:
    found = logs(
        spore_tests="equipment_id, result, tested_at\nA, fail, 2026-10-01\nB, fail, 2026-10-20\nC, fail, 2026-11-02",
        incidents="incident_id, incident_type, equipment_id, reported_at\nI, sterilization_failure, B, 2026-10-22",
    )
    told = listed(tmp_path, found, "2026-11-21", test=rule(TOLD))
    assert said(told) == [("A", "2026-10-01", "late"), ("C", "2026-11-02", "late")]


VACCINE = (
    "practitioner_id, employment, started_on, left_on, exposed_from_on, hepatitis_b_status, hepatitis_b_offered_on\n"
)


def test_the_vaccination_of_a_new_colleague_is_to_be_offered_within_ten_working_days() -> None:
    people = VACCINE + (
        "NEW, employee, 2026-11-16,, 2026-11-16,,\n"
        "LATE, employee, 2026-10-01,, 2026-10-01, not_offered,\n"
        "DONE, employee, 2026-11-16,, 2026-11-16, not_offered, 2026-11-17\n"
        "IMMUNE, employee, 2026-11-16,, 2026-11-16, vaccinated,\n"
        "GONE, employee, 2026-10-01, 2026-11-20, 2026-10-01, not_offered,\n"
        "BOSS, owner, 2026-11-16,, 2026-11-16,,"
    )
    sittings = "session_id, status, practitioner_id, procedure, started_at\n" + "\n".join(
        f"{n}, performed, {who}, tattoo, 2026-11-19" for n, who in enumerate(("NEW", "LATE", "DONE", "IMMUNE", "GONE"))
    )
    found = of_law(
        "US-CA", "2026-11-21", only="US/hepatitis-b-offer", practitioners=people, sessions=sittings,
        profile={"holidays": "US-CA", "employees_peak": 5},
    )  # fmt: skip
    assert said(found) == [("LATE", "2026-10-15", "late"), ("NEW", "2026-12-02", "if used")]


def test_a_bottle_of_ink_is_not_empty_after_one_session(tmp_path: Path) -> None:
    found = logs(
        supply_lots="lot_id, item_type, expires_on, received_on, quantity\n"
        "INK, pigment, 2026-12-31, 2026-01-01, 1\nPIN, needle, 2026-12-31, 2026-01-01, 1",
        session_supplies="supply_id, session_id, item_type, lot_id\n1, 1, pigment, INK\n2, 1, needle, PIN",
        sessions="session_id, status, started_at\n1, performed, 2026-11-01",
    )
    text = LOT.replace("[needle]", "[needle, pigment]")
    assert said(listed(tmp_path, found, "2026-11-21", test=rule(text))) == [("INK", "2026-12-31", "if used")]


LICENCE = """
check:
  kind: reference
  log: sessions
  where: {status: {enum: [performed]}}
  find: {log: documents, match: {practitioner_id: practitioner_id}, where: {document_type: {enum: [practitioner_licence]}}, valid: document}
message: No licence at {session_id}.
"""
RESTS = RETEST.replace("  within: P7D\n", "  never: {log: sterilization_cycles, where: {cycle_type: {enum: [load]}}}\n")


@pytest.mark.parametrize(
    ("field", "left", "seen"),
    [("left_on", "2026-12-15", False), ("left_on", "2026-12-31", False), ("left_on", "2027-01-01", True), ("closed_on", "2026-12-30", False),
     ("closed_on", "2026-11-20", False), ("closed_on", "2027-01-31", True)],
)  # fmt: skip
def test_who_stops_before_the_paper_ends_needs_no_other(tmp_path: Path, field: str, left: str, seen: bool) -> None:
    person = left if field == "left_on" else ""
    found = logs(
        studios={"s": {"closed_on": left} if field == "closed_on" else {}},
        practitioners=f"practitioner_id, started_on, left_on\nANN, 2025-01-01, {person}",
        sessions="session_id, status, started_at, practitioner_id\n1, performed, 2026-11-10, ANN",
        documents="document_id, document_type, practitioner_id, valid_from, expires_on\n"
        "D, practitioner_licence, ANN, 2025-01-01, 2026-12-31",
    )
    told = said(listed(tmp_path, found, "2026-11-21", test=rule(LICENCE)))
    assert told == ([("ANN", "2026-12-31", "if used")] if seen else [])


def test_a_closed_studio_owes_its_reports_and_no_tests_before_use(tmp_path: Path) -> None:
    found = logs(
        studios={"s": {"closed_on": "2026-11-20"}},
        spore_tests="spore_test_id, equipment_id, result, tested_at, result_on\nF, A, fail, 2026-11-10, 2026-11-17",
        sterilization_cycles="equipment_id, cycle_type, started_at\nA, load, 2026-11-01",
        incidents="incident_id, incident_type, occurred_at, known_at, reported_at\nI, infection, 2026-11-18, 2026-11-20 09:00,",
    )
    told = listed(tmp_path, found, "2026-11-21", rests=rule(RESTS), report=rule(REPORT))
    assert said(told) == [("I", "2026-11-21", "due")]


CHANGES = "parameters:\n  n: {about: how long, since: {0001-01-01: P30D, 2026-11-21: P20D}}\n"


@pytest.mark.parametrize(
    ("as_of", "state"), [("2026-11-19", "due"), ("2026-11-22", "due"), ("2026-12-15", "due"), ("2026-12-16", "late")]
)
def test_a_deadline_goes_on_running_when_the_law_changes(tmp_path: Path, as_of: str, state: str) -> None:
    found = logs(
        spore_tests="equipment_id, result, tested_at, result_on\nA, fail, 2026-11-14, 2026-11-15",
        incidents="incident_id, incident_type, occurred_at, known_at, reported_at\nI, infection, 2026-11-15, 2026-11-15,",
    )
    retest, report = RETEST.replace("P7D", "$n"), REPORT.replace("PT24H", "$n")
    told = listed(tmp_path, found, as_of, a=rule(retest, more=CHANGES), b=rule(report, more=CHANGES))
    assert said(told) == [("A", "2026-12-15", state), ("I", "2026-12-15", state)]


def test_what_is_entered_for_a_later_day_has_not_been_done(tmp_path: Path) -> None:
    found = logs(
        spore_tests="equipment_id, result, tested_at, result_on\nA, fail, 2026-11-14, 2026-11-20\nA, pass, 2026-12-10, 2026-12-11"
    )
    assert said(listed(tmp_path, found, "2026-11-21", test=rule(RETEST))) == [("A", "2026-11-27", "due")]
    assert said(listed(tmp_path, found, "2026-12-10", test=rule(RETEST))) == []
