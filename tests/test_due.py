"""What is due: by which day, for whom, under which law; overdue and open; and what cannot be told."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import vobject
from click.testing import CliRunner
from law import law, write
from tables import logs, not_handed_in

from smpcompliance import dates
from smpcompliance.audit.due import Due, DueList, Untold, due, due_after, horizon
from smpcompliance.audit.finding import Audit
from smpcompliance.audit.run import audit
from smpcompliance.cli import main
from smpcompliance.cli.due import exit_code
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.logs.table import Logs
from smpcompliance.report.due import render
from smpcompliance.report.due.json import due_schema
from smpcompliance.report.page import Heading, Table
from smpcompliance.report.sections.due_next import upcoming
from smpcompliance.report.telling import TOLD
from smpcompliance.report.words import load_words
from smpcompliance.rules.ruleset import library, load_rulesets

HEAD = """
title: {title}
severity: {severity}
citation: {{text: "§ 7(2)", source: act}}
basis: text
verified: 2026-01-01
"""
LAW = """
name: Law of XX
authority: the council
instrument: the Act
sources: [{id: act, title: The Act, kind: statute, read: full}]
"""
TEST = """
check:
  kind: interval
  log: spore_tests
  where: {result: {enum: [pass, fail]}}
  per: equipment_id
  every: %s
  reckon: %s
  while: {log: sterilization_cycles, where: {cycle_type: {enum: [load]}}}
  idle: %s
message: Machine {equipment_id} has no test in {span}.
remedy: Run a test.
"""
PERMIT = """
check:
  kind: document
  for: premises
  document_type: [premises_licence]
  ends: true
  while: {log: sessions}
message: There is no permit.
remedy: Ask for a permit.
"""
LICENCE = """
check:
  kind: reference
  log: sessions
  where: {status: {enum: [performed]}}
  find: {log: documents, match: {practitioner_id: practitioner_id}, where: {document_type: {enum: [practitioner_licence]}}, valid: document}
message: No licence at {session_id}.
"""
REPORT = """
check:
  kind: record
  log: incidents
  where: {incident_type: {enum: [infection]}}
  require: {reported_at: {required: true, at_most_after: {column: known_at, by: PT24H}}}
message: Incident {incident_id} was not reported in time.
"""
RETEST = """
check:
  kind: follow_up
  after: {log: spore_tests, where: {result: {enum: [fail]}}, at: result_on}
  same: [equipment_id]
  then: {log: spore_tests, where: {result: {enum: [pass]}}, at: tested_at}
  within: P7D
message: No retest of {equipment_id}.
"""
LOT = """
check:
  kind: record
  log: session_supplies
  where: {item_type: {enum: [needle]}, session.status: {enum: [performed]}}
  require: {expires_on: {not_before: session.started_at}}
message: Lot {lot_id} was past its day.
"""


def rule(check: str, severity: str = "major", title: str = "A duty", more: str = "") -> str:
    return HEAD.format(title=title, severity=severity) + more + check


def listed(folder: Path, found: Logs, as_of: str, within: str = "P1Y", **rules: str) -> DueList:
    place = write(folder, **{"XX__ruleset": LAW}, **{f"XX__{name}": text for name, text in rules.items()})
    found = Logs(tuple(_under_law(s) for s in found.studios), found.tables, found.handed_in)
    loaded = load_rulesets(library(place), ("XX",))
    return due(loaded, found, date.fromisoformat(as_of), dates.duration(within), version="test")


def _under_law(studio: Any) -> Any:
    return replace(studio, jurisdiction="XX")


def said(found: DueList) -> list[tuple[str, str, str]]:
    """Subject, last day in time and state of each entry."""
    out = []
    for each in found.due:
        state = "late" if each.late else "if used" if each.conditional else "due"
        out.append((", ".join(each.subject.values()), str(each.due_on or "-"), state))
    return out


def spores(*days: str, machine: str = "A") -> str:
    return "equipment_id, result, tested_at\n" + "\n".join(f"{machine}, pass, {day}" for day in days)


def loads(*days: str, machine: str = "A") -> str:
    """Loads on these days, and one long before, with which service began."""
    days = ("2025-12-01", *days)
    return "equipment_id, cycle_type, started_at\n" + "\n".join(f"{machine}, load, {day}" for day in days)


def machine(folder: Path, as_of: str, tested: str, used: str, **how: Any) -> list[tuple[str, str, str]]:
    reckon, idle, every = how.pop("reckon", "gap"), how.pop("idle", "counts"), how.pop("every", "P1M")
    built = logs(spore_tests=tested, sterilization_cycles=used, **how)
    return said(listed(folder, built, as_of, test=rule(TEST % (every, reckon, idle))))


def test_the_day_of_a_gap_is_the_last_day_in_time(tmp_path: Path) -> None:
    assert machine(tmp_path, "2026-02-05", spores("2026-01-31"), loads("2026-02-01")) == [("A", "2026-02-28", "due")]


def test_on_the_last_day_it_is_due_and_on_the_next_it_is_late(tmp_path: Path) -> None:
    tested, used = spores("2026-01-31"), loads("2026-02-01")
    assert machine(tmp_path / "1", "2026-02-28", tested, used) == [("A", "2026-02-28", "due")]
    assert machine(tmp_path / "2", "2026-03-01", tested, used) == [("A", "2026-02-28", "late")]


def test_a_leap_day_counts(tmp_path: Path) -> None:
    assert machine(tmp_path, "2028-02-01", spores("2028-01-30"), loads("2028-01-31")) == [("A", "2028-02-29", "due")]


def test_a_month_that_is_met_makes_the_end_of_the_next_one_due(tmp_path: Path) -> None:
    found = machine(tmp_path, "2026-02-05", spores("2026-02-03"), loads("2026-02-01"), reckon="calendar")
    assert found == [("A", "2026-03-31", "due")]


def test_a_month_without_loads_is_due_only_if_the_machine_is_used(tmp_path: Path) -> None:
    tested, used = spores("2026-01-20"), loads("2026-01-10")
    found = machine(tmp_path, "2026-02-05", tested, used, reckon="calendar", idle="excused")
    assert found == [("A", "2026-02-28", "if used")]


def test_a_month_with_a_load_is_due_whatever_comes(tmp_path: Path) -> None:
    tested, used = spores("2026-01-20"), loads("2026-01-10", "2026-02-02")
    found = machine(tmp_path, "2026-02-05", tested, used, reckon="calendar", idle="excused")
    assert found == [("A", "2026-02-28", "due")]


def test_a_missed_month_that_nothing_has_made_up_for_is_overdue(tmp_path: Path) -> None:
    used = loads("2026-01-10", "2026-02-10", "2026-03-10")
    found = machine(tmp_path / "1", "2026-04-05", spores("2026-01-20"), used, reckon="calendar", idle="excused")
    assert found == [("A", "2026-02-28", "late")]
    made_up = spores("2026-01-20", "2026-04-01")
    found = machine(tmp_path / "2", "2026-04-05", made_up, used, reckon="calendar", idle="excused")
    assert found == [("A", "2026-05-31", "if used")]


def test_overdue_service_binds_only_before_the_next_use(tmp_path: Path) -> None:
    tested, used = spores("2026-01-20"), loads("2026-01-25")
    found = machine(tmp_path / "1", "2026-03-05", tested, used, idle="before_use")
    assert found == [("A", "2026-02-20", "if used")]
    used = loads("2026-01-25", "2026-02-25")
    found = machine(tmp_path / "2", "2026-03-05", tested, used, idle="before_use")
    assert found == [("A", "2026-02-20", "late")]


@pytest.mark.parametrize("gone", ["2026-02-04", "2026-02-19"])
def test_a_machine_that_is_retired_before_the_day_owes_nothing(tmp_path: Path, gone: str) -> None:
    equipment = f"equipment_id, equipment_type, installed_on, retired_on\nA, sterilizer, 2025-01-01, {gone}"
    tested, used = spores("2026-01-20"), loads("2026-01-25")
    assert machine(tmp_path, "2026-02-05", tested, used, equipment=equipment) == []


def test_a_closed_studio_owes_nothing(tmp_path: Path) -> None:
    studios = {"s": {"closed_on": "2026-02-01"}}
    tested, used = spores("2026-01-20"), loads("2026-01-25")
    assert machine(tmp_path, "2026-02-05", tested, used, studios=studios) == []


def test_the_length_is_that_of_the_law_in_force_on_the_day(tmp_path: Path) -> None:
    more = "parameters:\n  n: {about: how often, since: {0001-01-01: P1M, 2026-03-01: P14D}}\n"
    text = rule(TEST % ("$n", "gap", "counts"), more=more)
    built = logs(spore_tests=spores("2026-01-20"), sterilization_cycles=loads("2026-01-25"))
    assert said(listed(tmp_path / "1", built, "2026-02-05", test=text)) == [("A", "2026-02-20", "due")]
    built = logs(spore_tests=spores("2026-02-15"), sterilization_cycles=loads("2026-01-25"))
    assert said(listed(tmp_path / "2", built, "2026-02-20", test=text)) == [("A", "2026-03-15", "due")]


def test_a_law_that_ends_before_the_day_asks_nothing(tmp_path: Path) -> None:
    built = logs(spore_tests=spores("2026-02-15"), sterilization_cycles=loads("2026-01-25"))
    text = rule(TEST % ("P1M", "gap", "counts"), more="in_force: {until: 2026-03-01}\n")
    assert said(listed(tmp_path, built, "2026-02-20", test=text)) == []


def test_an_interval_in_uses_says_how_many_are_left(tmp_path: Path) -> None:
    used = loads("2026-01-21", "2026-01-22", "2026-01-23")
    built = logs(spore_tests=spores("2026-01-20"), sterilization_cycles=used)
    found = listed(tmp_path, built, "2026-02-05", test=rule(TEST % ("{records: 5}", "gap", "counts")))
    assert [(each.due_on, each.uses_left, each.late) for each in found.due] == [(None, 2, False)]


def test_training_is_told_for_those_who_work(tmp_path: Path) -> None:
    text = """
check:
  kind: interval
  log: training_records
  per: practitioner_id
  every: P1Y
  reckon: fit
  first: before_use
  while: {log: sessions, where: {status: {enum: [performed]}}}
message: No training.
"""
    built = logs(
        training_records="practitioner_id, completed_on\nP, 2025-06-30\nQ, 2025-01-10\nR, 2025-09-01",
        sessions="practitioner_id, status, started_at\nP, performed, 2026-01-05\nQ, performed, 2026-02-01\n"
        "N, performed, 2026-02-02",
        practitioners="practitioner_id\nP\nQ\nR\nN",
    )
    found = listed(tmp_path, built, "2026-02-05", training=rule(text))
    assert said(found) == [("Q", "2026-01-10", "late"), ("N", "2026-02-02", "late"), ("P", "2026-06-30", "if used")]


def permits(*spans: str) -> dict[str, Any]:
    lines = "\n".join(f"D{n}, premises_licence, P1, {span}" for n, span in enumerate(spans))
    return {
        "documents": f"document_id, document_type, premises_id, valid_from, expires_on\n{lines}",
        "premises": "premises_id, opened_on\nP1, 2024-01-01",
        "sessions": "session_id, premises_id, practitioner_id, status, started_at\nS1, P1, A, performed, 2026-02-01",
    }


def test_a_permit_is_due_on_its_last_valid_day(tmp_path: Path) -> None:
    found = listed(tmp_path, logs(**permits("2025-03-01, 2026-02-28")), "2026-02-05", permit=rule(PERMIT))
    assert said(found) == [("P1", "2026-02-28", "if used")]
    assert (found.due[0].evidence.file, found.due[0].evidence.line) == ("documents.csv", 2)


def test_a_permit_that_the_next_one_follows_is_not_due_before_the_end_of_both(tmp_path: Path) -> None:
    built = logs(**permits("2025-03-01, 2026-02-28", "2026-03-01, 2026-08-31"))
    assert said(listed(tmp_path, built, "2026-02-05", permit=rule(PERMIT))) == [("P1", "2026-08-31", "if used")]


def test_work_after_the_end_of_the_permit_makes_it_overdue(tmp_path: Path) -> None:
    found = listed(tmp_path, logs(**permits("2025-01-01, 2026-01-31")), "2026-02-05", permit=rule(PERMIT))
    assert said(found) == [("P1", "2026-01-31", "late")]
    assert found.due[0].overdue_days == 5


def test_an_end_that_cannot_be_read_is_told_apart(tmp_path: Path) -> None:
    found = listed(tmp_path, logs(**permits("2025-01-01, soon")), "2026-02-05", permit=rule(PERMIT))
    assert found.due == ()
    assert [(each.reason, each.subject) for each in found.untold] == [("unreadable", {"premises_id": "P1"})]


def test_the_renewal_is_due_so_long_before_the_end(tmp_path: Path) -> None:
    text = PERMIT.replace("  while: {log: sessions}\n", "  renew: P28D\n")
    found = listed(tmp_path, logs(**permits("2025-03-01, 2026-03-31")), "2026-02-05", permit=rule(text))
    assert said(found) == [("P1", "2026-03-03", "due")]


def test_a_paper_must_be_there_by_the_opening(tmp_path: Path) -> None:
    text = PERMIT.replace("  while: {log: sessions}\n", "  before: opened_on\n")
    tables = permits() | {"premises": "premises_id, opened_on\nP1, 2026-03-01"}
    found = listed(tmp_path, logs(**tables), "2026-02-05", permit=rule(text))
    assert said(found) == [("P1", "2026-03-01", "due")]


def licences(*rows: str, worked: str = "2026-02-01") -> dict[str, Any]:
    lines = "\n".join(f"D{n}, practitioner_licence, A, {row}" for n, row in enumerate(rows))
    return permits() | {
        "documents": f"document_id, document_type, practitioner_id, valid_from, expires_on\n{lines}",
        "sessions": f"session_id, premises_id, practitioner_id, status, started_at\nS1, P1, A, performed, {worked}",
    }


def test_a_licence_is_due_on_its_last_day_for_those_who_need_it(tmp_path: Path) -> None:
    built = logs(**licences("2025-03-01, 2026-02-20", "2026-02-21, 2026-06-30"))
    found = listed(tmp_path, built, "2026-02-05", licence=rule(LICENCE))
    assert said(found) == [("A", "2026-06-30", "if used")]
    assert (found.due[0].kind, found.due[0].evidence.line) == ("practitioners", 3)


def test_a_licence_that_ended_before_the_last_session_is_overdue(tmp_path: Path) -> None:
    found = listed(tmp_path, logs(**licences("2025-01-01, 2026-01-20")), "2026-02-05", licence=rule(LICENCE))
    assert said(found) == [("A", "2026-01-20", "late")]


def test_a_licence_that_ended_after_the_last_session_binds_before_the_next(tmp_path: Path) -> None:
    found = listed(tmp_path, logs(**licences("2025-01-01, 2026-02-03")), "2026-02-05", licence=rule(LICENCE))
    assert said(found) == [("A", "2026-02-03", "if used")]


def test_who_has_left_needs_no_licence(tmp_path: Path) -> None:
    tables = licences("2025-01-01, 2026-02-20") | {"practitioners": "practitioner_id, left_on\nA, 2026-02-02"}
    assert said(listed(tmp_path, logs(**tables), "2026-02-05", licence=rule(LICENCE))) == []


def incidents(*rows: str) -> Logs:
    lines = "\n".join(f"I{n}, infection, 2026-02-01, {row}" for n, row in enumerate(rows))
    return logs(incidents=f"incident_id, incident_type, occurred_at, known_at, reported_at\n{lines}")


def test_a_report_within_hours_is_due_by_the_minute_and_late_the_day_after(tmp_path: Path) -> None:
    built = incidents("2026-02-04T14:10,", "2026-02-02T09:00,", "2026-02-01T09:00, 2026-02-03T09:00")
    found = listed(tmp_path, built, "2026-02-05", report=rule(REPORT))
    assert said(found) == [("I1", "2026-02-03", "late"), ("I0", "2026-02-05", "due")]
    assert "2026-02-05 14:10" in found.due[1].why


def test_a_retest_is_pending_until_its_day_and_then_overdue(tmp_path: Path) -> None:
    failed = "equipment_id, result, tested_at, result_on\nA, fail, 2026-02-01, 2026-02-03"
    found = listed(tmp_path / "1", logs(spore_tests=failed), "2026-02-05", retest=rule(RETEST))
    assert said(found) == [("A", "2026-02-10", "due")]
    found = listed(tmp_path / "2", logs(spore_tests=failed), "2026-02-11", retest=rule(RETEST))
    assert said(found) == [("A", "2026-02-10", "late")]
    cured = failed + "\nA, pass, 2026-02-15, 2026-02-17"
    found = listed(tmp_path / "3", logs(spore_tests=cured), "2026-02-20", retest=rule(RETEST))
    assert said(found) == []


def stocked(*lots: str) -> Logs:
    lines = "\n".join(lots)
    return logs(
        supply_lots=f"lot_id, item_type, received_on, expires_on, quantity\n{lines}",
        session_supplies="session_id, lot_id, item_type, quantity\nS1, USED, needle, 5\nS1, N1, needle, 1",
        sessions="session_id, status, started_at\nS1, performed, 2026-02-01",
    )


def test_the_expiry_of_a_lot_in_stock_is_its_last_day_of_use(tmp_path: Path) -> None:
    built = stocked(
        "N1, needle, 2025-01-01, 2026-02-28, 20", "OLD, needle, 2024-01-01, 2026-01-31, 20",
        "USED, needle, 2025-01-01, 2026-02-28, 5", "INK, pigment, 2025-01-01, 2026-02-28, 5",
        "NEW, needle, 2026-01-01, 2026-04, 20", "BARE, needle, 2026-01-01, , 20",
    )  # fmt: skip
    found = listed(tmp_path, built, "2026-02-05", lot=rule(LOT))
    assert said(found) == [
        ("OLD", "2026-01-31", "if used"), ("N1", "2026-02-28", "if used"), ("NEW", "2026-04-30", "if used"),
    ]  # fmt: skip
    assert [(each.reason, each.subject) for each in found.untold] == [("blank", {"lot_id": "BARE"})]


def test_a_log_that_was_not_handed_in_is_told_apart(tmp_path: Path) -> None:
    built = not_handed_in(
        logs(spore_tests=spores("2026-01-20"), sterilization_cycles=loads("2026-01-10")), "spore_tests"
    )
    found = listed(tmp_path, built, "2026-02-05", test=rule(TEST % ("P1M", "gap", "counts")))
    assert found.due == ()
    assert [(each.reason, each.about) for each in found.untold] == [("no_log", ("spore_tests",))]


def test_a_silent_profile_and_an_unresearched_number_are_told_apart(tmp_path: Path) -> None:
    built = logs(spore_tests=spores("2026-01-20"), sterilization_cycles=loads("2026-01-10"))
    silent = rule(TEST % ("P1M", "gap", "counts"), more="applies_to: {studio.makes_ink: [true]}\n")
    unresearched = (TEST % ("$n", "gap", "counts")).replace("Machine {equipment_id} has no test in {span}.", "No test.")
    unknown = rule(unresearched, more="parameters: {n: {about: how often, value: unknown}}\n")
    found = listed(tmp_path, built, "2026-02-05", silent=silent, unknown=unknown)
    assert found.due == ()
    assert [(each.rule.id, each.reason) for each in found.untold] == [
        ("XX/silent", "profile_silent"), ("XX/unknown", "parameter_unknown"),
    ]  # fmt: skip


def test_a_machine_nobody_knows_the_first_day_of_cannot_be_told(tmp_path: Path) -> None:
    text = TEST.replace("  idle: %s\n", "  idle: %s\n  subjects: {log: equipment}\n")
    built = logs(
        spore_tests=spores("2026-01-20"), sterilization_cycles=loads("2026-01-25"), equipment="equipment_id\nA\nB"
    )
    found = listed(tmp_path, built, "2026-02-05", test=rule(text % ("P1M", "gap", "counts")))
    assert said(found) == [("A", "2026-02-20", "due")]
    assert [(each.reason, each.subject) for each in found.untold] == [("blank", {"equipment_id": "B"})]


def test_a_broken_check_is_told_and_ends_with_four(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("seven")

    monkeypatch.setattr("smpcompliance.checks.interval.Interval.upcoming", broken)
    built = logs(spore_tests=spores("2026-01-20"), sterilization_cycles=loads("2026-01-10"))
    found = listed(tmp_path, built, "2026-02-05", test=rule(TEST % ("P1M", "gap", "counts")))
    assert [(each.reason, each.about) for each in found.untold] == [("broke", ("ZeroDivisionError: seven",))]
    assert exit_code(found, "never", allow_incomplete=True) == 4


def test_a_reading_that_asks_sooner_than_the_default_is_advice(tmp_path: Path) -> None:
    more = "readings:\n  sooner: {check: {every: P14D}, because: it may be read so}\n"
    text = rule(TEST % ("P1M", "gap", "counts"), more=more)
    studios = {"s": {"readings": {"XX/test": "sooner"}}}
    built = logs(studios=studios, spore_tests=spores("2026-01-31"), sterilization_cycles=loads("2026-02-01"))
    found = listed(tmp_path, built, "2026-02-05", test=text)
    assert [(str(each.due_on), each.severity) for each in found.due] == [("2026-02-14", "advice")]


def test_touch_ups_of_smp_are_offered_while_they_are_ahead() -> None:
    loaded = load_rulesets(library(Path(__file__).parents[1] / "rulesets"), ("SMP",))
    studios = {"s": {"jurisdiction": "SMP", "procedures": ("scalp_micropigmentation",)}}
    rows = "\n".join(
        f"{client}, {procedure}, {status}, {day}T10:00"
        for client, procedure, status, day in (
            ("K1", "scalp_micropigmentation", "performed", "2023-11-20"),
            ("K1", "scalp_micropigmentation", "performed", "2023-12-04"),
            ("K2", "scalp_micropigmentation", "performed", "2020-02-29"),
            ("K3", "tattoo", "performed", "2023-12-04"),
            ("K4", "scalp_micropigmentation", "cancelled", "2023-12-04"),
        )
    )
    built = logs(studios=studios, sessions=f"client_id, procedure, status, started_at\n{rows}")
    found = due(loaded, built, date(2026, 11, 10), dates.duration("P90D"), version="test")
    offers = [each for each in found.due if each.rule.id == "SMP/touch-up-due"]
    assert [(each.kind, each.subject, str(each.due_on), each.late) for each in offers] == [
        ("clients", {"client_id": "K1"}, "2026-12-04", False)
    ]


# What is written: text, tables, programs, calendars.


def sample_list(folder: Path, as_of: str = "2026-02-05", tested: str = "2026-01-31") -> DueList:
    tables = permits("2025-01-01, 2026-01-31") | {
        "spore_tests": spores(tested), "sterilization_cycles": loads("2026-02-01"),
        "incidents": "incident_id, incident_type, occurred_at, known_at, reported_at\n"
        "=I0, infection, 2026-02-04, 2026-02-04T14:10,",
    }  # fmt: skip
    text = rule(TEST % ("P1M", "gap", "counts"), "critical", "A test; every, month\\n")
    return listed(
        folder, logs(**tables), as_of, permit=rule(PERMIT), test=text, report=rule(REPORT, "minor"),
        retest=rule(RETEST, "advice"), licence=rule(LICENCE),
    )  # fmt: skip


def test_overdue_stands_first_and_the_order_is_by_day(tmp_path: Path) -> None:
    found = sample_list(tmp_path)
    assert [each.late for each in found.due] == sorted((each.late for each in found.due), reverse=True)
    ahead = [each.due_on for each in found.due if not each.late]
    assert ahead == sorted(day for day in ahead if day)
    text = render(found, "text", load_words("en")).decode()
    assert text.index("Overdue") < text.index("Coming")
    assert "28 February 2026" in text and "§ 7(2)" in text and "spore_tests.csv, line 2" in text


def test_the_json_fits_its_schema_and_gives_the_same_bytes(tmp_path: Path) -> None:
    words = load_words("en")
    data = render(sample_list(tmp_path / "1"), "json", words)
    jsonschema.Draft202012Validator(due_schema()).validate(json.loads(data))
    assert data == render(sample_list(tmp_path / "2"), "json", words)
    assert json.loads(data)["within"] == "P12M"


def test_the_table_has_every_entry_and_no_formula(tmp_path: Path) -> None:
    found = sample_list(tmp_path)
    rows = list(csv.DictReader(io.StringIO(render(found, "csv", load_words("en")).decode("utf-8-sig"))))
    assert len(rows) == len(found.due) + len(found.untold)
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert {row["state"] for row in rows} <= {"overdue", "due", "before_use", "untold"}


def calendar(found: DueList) -> dict[str, Any]:
    data = render(found, "ics", load_words("en"))
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    parsed = vobject.readOne(data.decode())
    return {event.uid.value: event for event in parsed.vevent_list}


def test_another_parser_reads_the_calendar(tmp_path: Path) -> None:
    found = sample_list(tmp_path)
    events = calendar(found)
    assert len(events) == len(found.due)
    test = next(e for e in events.values() if e.categories.value == ["critical"])
    assert (test.dtstart.value, test.dtend.value) == (date(2026, 2, 28), date(2026, 3, 1))
    assert test.summary.value.startswith("A test; every, month\\n")
    assert test.valarm.trigger.value == timedelta(days=-7)
    assert "§ 7(2)" in test.description.value and "Run a test." in test.description.value


def test_what_is_overdue_lasts_through_the_day_of_the_list(tmp_path: Path) -> None:
    late = [e for e in calendar(sample_list(tmp_path)).values() if e.summary.value.startswith("Overdue: ")]
    assert {(e.dtstart.value, e.dtend.value) for e in late} >= {(date(2026, 1, 31), date(2026, 2, 6))}
    assert not any(hasattr(e, "valarm") for e in late)


def test_a_duty_done_again_moves_its_event_instead_of_adding_one(tmp_path: Path) -> None:
    before, after = (
        sample_list(tmp_path / "1"),
        sample_list(tmp_path / "2", as_of="2026-02-20", tested="2026-02-15"),
    )
    first, second = calendar(before), calendar(after)
    uid = next(each.uid for each in before.due if each.rule.id == "XX/test")
    assert (first[uid].dtstart.value, second[uid].dtstart.value) == (date(2026, 2, 28), date(2026, 3, 15))
    assert int(second[uid].sequence.value) > int(first[uid].sequence.value)
    assert len({each.uid for each in before.due}) == len(before.due)


def test_the_calendar_says_how_much_is_not_in_it(tmp_path: Path) -> None:
    built = not_handed_in(
        logs(spore_tests=spores("2026-01-20"), sterilization_cycles=loads("2026-01-10")), "spore_tests"
    )
    found = listed(tmp_path, built, "2026-02-05", test=rule(TEST % ("P1M", "gap", "counts")))
    parsed = vobject.readOne(render(found, "ics", load_words("en")).decode())
    assert parsed.contents["x-wr-caldesc"][0].value == "1 thing cannot be told and is not in this calendar."


def test_a_report_shows_the_first_and_counts_the_rest(tmp_path: Path) -> None:
    machines = [f"M{n:02}" for n in range(30)]
    folder = write(
        tmp_path / "studio",
        studio="studio_id: s\njurisdiction: XX\n",
        spore_tests_dot_csv="spore_test_id,equipment_id,result,tested_at\n"
        + "".join(f"T{m},{m},pass,2026-10-20\n" for m in machines),
        sterilization_cycles_dot_csv="cycle_id,equipment_id,cycle_type,started_at\n"
        + "".join(f"C{m},{m},load,2026-10-20\n" for m in machines),
    )
    loaded = load_rulesets(library(law(tmp_path / "law", test=rule(TEST % ("P1M", "gap", "counts")))), ("XX",))
    reading = read_folders(find_studios([folder]))
    found: Audit = audit(loaded, reading.intake, (), dates.period("2026-10"), date(2026, 11, 10), version="t")
    blocks = upcoming(found, found.studios[0], TOLD, load_words("en"))
    assert isinstance(blocks[0], Heading) and blocks[0].level == 2
    assert sum(len(block.rows) for block in blocks if isinstance(block, Table)) == 25
    assert any("5 more are not shown" in getattr(block, "text", "") for block in blocks)
    assert due_after(found) is due_after(found)


def test_the_command_writes_lists_and_ends_with_its_codes(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "studio",
        studio="studio_id: s\njurisdiction: XX\n",
        spore_tests_dot_csv="spore_test_id,equipment_id,result,tested_at\nT1,A,pass,2026-01-20\n",
        sterilization_cycles_dot_csv="cycle_id,equipment_id,cycle_type,started_at\nC1,A,load,2026-01-10\n",
    )
    rulesets = law(tmp_path / "law", test=rule(TEST % ("P1M", "gap", "counts")))
    base = ["due", str(folder), "--rulesets", str(rulesets), "--no-progress"]
    run = CliRunner().invoke
    assert run(main, [*base, "--as-of", "2026-02-05"]).exit_code == 0
    late = run(main, [*base, "--as-of", "2026-03-05", "--fail-on", "major", "--format", "json"])
    assert late.exit_code == 1 and json.loads(late.stdout)["due"][0]["overdue_days"] == 13
    file = tmp_path / "due.ics"
    assert run(main, [*base, "--as-of", "2026-02-05", "--format", "ics", "--output", str(file)]).exit_code == 0
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    (folder / "spore_tests.csv").unlink()
    assert run(main, [*base, "--as-of", "2026-02-05"]).exit_code == 3
    assert run(main, [*base, "--as-of", "2026-02-05", "--allow-incomplete"]).exit_code == 0
    assert run(main, [*base, "--within", "PT5H"]).exit_code == 2


def test_the_horizon_ends_with_the_calendar() -> None:
    assert horizon(date(2026, 11, 30), dates.duration("P3M")) == date(2027, 2, 28)
    assert horizon(date(9999, 12, 1), dates.duration("P90D")) == date(9999, 12, 31)


def test_nothing_private_is_told(tmp_path: Path) -> None:
    found = sample_list(tmp_path)
    entries: list[Due | Untold] = [*found.due, *found.untold]
    assert all(name.endswith("_id") for each in entries for name in (each.subject or {}))
