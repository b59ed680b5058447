"""What the law of the place asks after a failed spore test: the right rules, in the right state, by the right day."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from law import law
from tables import logs, not_handed_in

from smpcompliance.audit.judge import Task, judge_all
from smpcompliance.audit.run import wanted_rulesets
from smpcompliance.checks.follow_up import FollowUp
from smpcompliance.dates import ALWAYS
from smpcompliance.logs.table import Logs
from smpcompliance.rules.ruleset import Ruleset, law_at, library, load_rulesets
from smpcompliance.trace.asked_next import Asked, asked_next

DAY = date(2025, 4, 10)
HEADS = "spore_test_id, equipment_id, tested_at, result_on, result, cycle_id, lab_independent, corrective_action"
PASSED = "t1, A1, 2025-03-01, 2025-03-04, pass,, yes,"
FAILED = "t2, A1, 2025-03-09, 2025-03-12, fail, c2, yes,"
NJ = "US-NJ/spore-test-positive-actions"


def shop(
    place: str,
    *tests: str,
    method: str = "steam",
    loads: tuple[str, ...] = (),
    used: str = "",
    instruments: str | None = "reusable",
    **profile: Any,
) -> Logs:
    """A studio with one sterilizer, its loads, spore tests and perhaps a session that used a load."""
    about = {"jurisdiction": place, "procedures": ("tattoo",), "instruments": instruments, **profile}
    session = f"S1, {used.partition(' of ')[2]}, performed" if used else ""
    return logs(
        studios={"s": about},
        equipment=f"equipment_id, equipment_type, method, installed_on, retired_on\nA1, sterilizer, {method}, 2005-01-01,",
        spore_tests="\n".join([HEADS, *(tests or (PASSED, FAILED))]),
        sterilization_cycles="\n".join(["cycle_id, equipment_id, cycle_type, started_at, disposition", *loads]),
        sessions=f"session_id, started_at, status\n{session}",
        session_supplies="session_id, item_type, cycle_id\n"
        + (f"S1, grip, {used.partition(' of ')[0]}" if used else ""),
        incidents="incident_id, incident_type, equipment_id, reported_at\n",
        notices="notice_id, notice_type, sent_on\n",
    )


@cache
def shipped(*ids: str) -> dict[str, Ruleset]:
    return load_rulesets(law_at(own=[]).shelves, set(ids))


def law_of(found: Logs) -> dict[str, Ruleset]:
    return shipped(*wanted_rulesets(found.studios, list(law_at(own=[]).shelves)))


def asked(found: Logs, *tests: int, as_of: date = DAY) -> tuple[Asked, ...]:
    rows = np.array(tests or np.arange(len(found.log("spore_tests"))), np.int64)
    return asked_next(law_of(found), found, rows, as_of)


def states(found: Logs, *tests: int, as_of: date = DAY) -> dict[str, str]:
    return {each.rule.id: each.state for each in asked(found, *tests, as_of=as_of)}


LOADS = ("c2, A1, load, 2025-03-09 10:00, held", "c3, A1, load, 2025-04-03 10:00, released")
STEAM, RECALL, OTHER = (f"US/cdc-positive-{name}" for name in ("steam", "steam.recall", "non-steam"))
PLACES = {
    "US-NJ": {STEAM, NJ, *(f"{NJ}.{name}" for name in (
        "authority", "instruments", "loads", "loads-before-result", "retest"))},
    "US-CA": {STEAM, "US-CA/cycle-log-contents.positive-test", "US-CA/positive-spore-test",
              "US-CA/positive-spore-test.loads", "US-CA/positive-spore-test.look-back"},
    "US": {STEAM},
    "CA-ON": {"CA-ON/failed-test-response", "CA-ON/failed-test-response.packs",
              "CA-ON/requalify-three-consecutive.failed-test"},
    "GB-WLS": {"GB-WLS/steriliser-quality-test-records.spore"},
    "GB-ENG": set(),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_the_rules_of_the_place_and_no_others_come_out(place: str) -> None:
    found = shop(place, loads=LOADS, used="c2 of 2025-03-20 10:00")
    assert set(states(found, 1)) == PLACES[place]
    assert states(found, 0) == {}, "a passed test asks for nothing"


@pytest.mark.parametrize("place", PLACES)
def test_a_studio_that_uses_nothing_twice_is_asked_nothing(place: str) -> None:
    assert states(shop(place, loads=LOADS, instruments="single_use_only")) == {}


def test_every_shipped_rule_about_a_failed_test_comes_out_somewhere() -> None:
    """The rules whose own event or record is a failed test, found in their text and not by the code under test."""
    event = re.compile(r"(after: \{|^  )log: spore_tests,?( where:|\n  where:) \{result: \{enum: \[fail\]", re.M)
    find = re.compile(r"find:\n    log: spore_tests\n.*\n    where:\n      result: \{enum: \[fail\]\}", re.M)
    folder = Path(__file__).parents[1] / "rulesets"
    texts = {
        f"{p.parent.name}/{p.stem}": p.read_text("utf-8").partition("\nexamples:")[0] for p in folder.glob("*/*.yaml")
    }
    about = {id for id, text in texts.items() if event.search(text) or find.search(text)}
    assert len(about) >= 19
    found: set[str] = set()
    for place in ("US-NJ", "US-CA", "CA-ON", "GB-WLS"):
        for method in ("steam", "dry_heat"):
            for more in ({}, {"overlays": ("san-joaquin",)}) if place == "US-CA" else ({},):
                again = "t3, A1, 2025-03-20, 2025-03-22, fail,, yes,"
                about_it = {"procedures": ("tattoo", "piercing"), **more}
                studio = shop(place, PASSED, FAILED, again, method=method, loads=LOADS, **about_it)
                found |= set(states(studio))
    assert found == about


@pytest.mark.parametrize("place", ["US-NJ", "US-CA", "CA-ON", "GB-WLS"])
def test_what_is_breached_is_what_an_audit_of_all_days_finds(place: str) -> None:
    found = shop(place, loads=LOADS, used="c2 of 2025-03-20 10:00")
    told = asked(found, 1)
    assert any(each.state == "breached" for each in told)
    for each in told:
        result = judge_all([Task(each.rule, np.ones(1, bool))], found, ALWAYS, DAY)[0]
        if each.state == "breached":
            assert each.words in {finding.message for finding in result.findings}
        elif each.state != "unknown":
            assert not result.failed
        assert (each.evidence.log, each.evidence.line, each.evidence.row) == ("spore_tests", 3, 1)


def test_one_positive_steam_test_asks_for_no_recall_and_a_repeat_does() -> None:
    again = "t3, A1, 2025-03-20, 2025-03-22, fail,, yes,"
    assert RECALL not in states(shop("US", loads=LOADS))
    found = shop("US", PASSED, FAILED, again, loads=("c2, A1, load, 2025-03-05 10:00, released", *LOADS[1:]))
    assert states(found, 1)[RECALL] == "breached"
    assert RECALL not in states(found, 2), "after the repeat itself no further one came"
    kept = shop("US", PASSED, FAILED, again, loads=("c2, A1, load, 2025-03-05 10:00, reprocessed",))
    assert states(kept, 1)[RECALL] == "done"


@pytest.mark.parametrize(("day", "recalled"), [("2025-04-08", True), ("2025-04-09", False)])
def test_a_repeat_is_one_of_the_days_that_the_rule_names(day: str, recalled: bool) -> None:
    found = shop("US", PASSED, FAILED, f"t3, A1, {day}, {day}, fail,, yes,", loads=LOADS)
    assert (RECALL in states(found, 1)) == recalled


def test_a_repeat_after_the_day_of_the_trace_is_none_yet() -> None:
    found = shop("US", PASSED, FAILED, "t3, A1, 2025-03-20, 2025-03-22, fail,, yes,", loads=LOADS)
    assert RECALL not in states(found, 1, as_of=date(2025, 3, 19))
    assert states(found, 2, as_of=date(2025, 3, 19)) == {}, "the test itself lies after the day of the trace"
    assert RECALL in states(found, 1, as_of=date(2025, 3, 20))


def test_without_steam_one_positive_test_recalls_all_at_once() -> None:
    found = shop("US", method="dry_heat", loads=("c1, A1, load, 2025-03-05 10:00, released",))
    assert states(found) == {OTHER: "breached"}


def test_a_method_that_is_not_told_leaves_both_protocols_open() -> None:
    found = asked(shop("US", method="", loads=LOADS))
    assert {each.rule.id: (each.state, each.reason) for each in found} == {
        STEAM: ("unknown", "blank"), OTHER: ("unknown", "blank")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "retest", "state", "words"),
    [
        (date(2025, 3, 12), "", "open", "known 2025-03-12, due 2025-03-19, nothing since"),
        (date(2025, 3, 19), "", "open", "known 2025-03-12, due 2025-03-19, nothing since"),
        (date(2025, 3, 20), "", "breached", "the steriliser was not tested again at once"),
        (date(2025, 3, 20), "t3, A1, 2025-03-19, 2025-03-20, pass,, yes,", "done", "then 2025-03-19"),
        (date(2025, 3, 18), "t3, A1, 2025-03-19, 2025-03-20, pass,, yes,", "open", "nothing since"),
        (date(2025, 4, 10), "t3, A1, 2025-03-20, 2025-03-22, pass,, yes,", "breached", "not tested again at once"),
    ],
)
def test_a_retest_is_open_until_its_last_day_then_breached_or_done(
    as_of: date, retest: str, state: str, words: str
) -> None:
    found = shop("US-NJ", PASSED, FAILED, *([retest] if retest else []))
    each = next(each for each in asked(found, 1, as_of=as_of) if each.rule.id == f"{NJ}.retest")
    assert (each.state, each.due_on) == (state, date(2025, 3, 19))
    assert words in each.words


def test_of_two_failures_of_one_machine_each_is_told_although_a_list_of_due_days_names_one() -> None:
    found = shop("US-NJ", PASSED, FAILED, "t3, A1, 2025-03-12, 2025-03-14, fail,, yes,")
    told = [each for each in asked(found, 1, 2, as_of=date(2025, 3, 15)) if each.rule.id == NJ]
    assert [(each.evidence.row, each.state) for each in told] == [(1, "open"), (2, "open")]
    retests = [each for each in asked(found, 1, 2, as_of=date(2025, 3, 15)) if each.rule.id == f"{NJ}.retest"]
    assert [(each.state, each.due_on) for each in retests] == [("done", date(2025, 3, 19)), ("open", date(2025, 3, 21))]


def test_a_ban_is_open_while_nothing_lifts_it_and_done_once_something_did() -> None:
    still = shop("GB-WLS", loads=LOADS[:1])
    assert states(still, 1) == {"GB-WLS/steriliser-quality-test-records.spore": "open"}
    lifted = shop("GB-WLS", PASSED, FAILED, "t3, A1, 2025-03-20, 2025-03-22, pass,, yes,", loads=LOADS)
    assert states(lifted, 1) == {"GB-WLS/steriliser-quality-test-records.spore": "done"}
    assert states(lifted, 1, as_of=date(2025, 3, 19)) == {"GB-WLS/steriliser-quality-test-records.spore": "open"}


def test_a_test_that_only_may_lift_a_ban_leaves_it_open_to_doubt() -> None:
    silent = "t3, A1, 2025-03-20, 2025-03-22, pass,,,"
    each = next(each for each in asked(shop("US-NJ", PASSED, FAILED, silent), 1) if each.rule.id == NJ)
    assert (each.state, each.reason) == ("unknown", "blank")


PACKS = "CA-ON/failed-test-response.packs"


@pytest.mark.parametrize(
    ("used", "retest", "state"),
    [
        ("", "", "open"),
        ("c1 of 2025-03-11 10:00", "", "open"),
        ("c1 of 2025-03-13 10:00", "", "breached"),
        ("c1 of 2025-03-13 10:00", "t3, A1, 2025-03-15, 2025-03-16, pass,, yes,", "breached"),
        ("", "t3, A1, 2025-03-15, 2025-03-16, pass,, yes,", "done"),
        ("", "t3, A1, 2025-03-09, 2025-03-16, pass,, yes,", "open"),
        ("", "t3, A2, 2025-03-15, 2025-03-16, pass,, yes,", "open"),
    ],
)
def test_a_rule_that_forbids_packs_after_a_failed_test_is_told_by_that_test(used: str, retest: str, state: str) -> None:
    loads = ("c1, A1, load, 2025-03-05 10:00, released",)
    found = shop("CA-ON", PASSED, FAILED, *([retest] if retest else []), loads=loads, used=used)
    assert states(found, 1)[PACKS] == state


def test_what_is_answered_is_done_and_what_a_missing_log_hides_is_unknown() -> None:
    found = shop("US-NJ")
    report = (
        "incident_id, incident_type, equipment_id, occurred_at, reported_at\ni1, sterilization_failure, A1, {0}, {0}"
    )
    with_report = logs(
        studios={"s": {"jurisdiction": "CA-ON", "procedures": ("tattoo",), "instruments": "reusable"}},
        equipment="equipment_id, equipment_type, method\nA1, sterilizer, steam",
        spore_tests="\n".join([HEADS, PASSED, FAILED]),
        sterilization_cycles="cycle_id, equipment_id, cycle_type, started_at, disposition",
        incidents=report.format("2025-03-13"),
    )
    assert states(with_report, 1)["CA-ON/failed-test-response"] == "done"
    assert states(with_report, 1, as_of=date(2025, 3, 12))["CA-ON/failed-test-response"] == "breached"
    hidden = asked(not_handed_in(found, "incidents"), 1)
    each = next(each for each in hidden if each.rule.id == f"{NJ}.authority")
    assert (each.state, each.reason) == ("unknown", "no_log")


def test_a_machine_given_up_needs_no_retest() -> None:
    found = shop("US-NJ")
    gone = logs(
        studios={"s": {"jurisdiction": "US-NJ", "procedures": ("tattoo",), "instruments": "reusable"}},
        equipment="equipment_id, equipment_type, method, retired_on\nA1, sterilizer, steam, 2025-03-13",
        spore_tests="\n".join([HEADS, PASSED, FAILED]),
    )
    assert states(found, 1)[f"{NJ}.retest"] == "breached"
    assert states(gone, 1)[f"{NJ}.retest"] == "done"


@pytest.mark.parametrize(("day", "asks"), [("2012-06-30", False), ("2012-07-01", True)])
def test_a_test_is_asked_by_the_law_of_its_own_day(day: str, asks: bool) -> None:
    found = shop("US-CA", f"t1, A1, {day}, {day}, fail,, yes, cleaned again")
    told = states(found, 0)
    assert (told.get("US-CA/cycle-log-contents.positive-test") == "done") == asks
    assert ("US-CA/positive-spore-test" in told) == asks


def test_the_reading_that_a_studio_chose_decides() -> None:
    rule = "CA-ON/requalify-three-consecutive.failed-test"
    once = "t3, A1, 2025-03-15, 2025-03-16, pass,, yes,"
    assert states(shop("CA-ON", PASSED, FAILED, once), 1)[rule] == "open"
    chosen = shop("CA-ON", PASSED, FAILED, once, readings={rule: "one-repeat"})
    assert states(chosen, 1)[rule] == "done"


def test_an_overlay_replaces_what_the_state_advises() -> None:
    told = states(shop("US-CA", loads=LOADS, overlays=("san-joaquin",)), 1)
    assert told["US-CA/positive-spore-test.san-joaquin"] == "breached"
    assert "US-CA/positive-spore-test.loads" not in told


def test_each_studio_is_asked_by_its_own_law() -> None:
    about = {"procedures": ("tattoo",), "instruments": "reusable"}
    found = logs(
        studios={"a": {"jurisdiction": "GB-WLS", **about}, "b": {"jurisdiction": "US", **about}},
        equipment="studio_id, equipment_id, equipment_type, method\na, A1, sterilizer, steam\nb, A1, sterilizer, steam",
        spore_tests=f"studio_id, {HEADS}\na, {FAILED}\nb, {FAILED}",
        sterilization_cycles="studio_id, cycle_id, equipment_id, cycle_type, started_at, disposition\n"
        "a, c9, A1, load, 2025-03-20 10:00, released",
    )
    told = {(each.evidence.row, each.rule.id): each.state for each in asked(found)}
    assert told == {
        (0, "GB-WLS/steriliser-quality-test-records.spore"): "breached",
        (1, STEAM): "open",
    }, "the load of one studio is nothing to the other's machine of the same name"


def test_nothing_failed_nothing_asked() -> None:
    found = shop("US-NJ")
    assert asked_next(law_of(found), found, np.zeros(0, np.int64), DAY) == ()


def test_a_check_that_breaks_is_told_and_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no luck")

    found = shop("GB-WLS", loads=LOADS)
    monkeypatch.setattr(FollowUp, "evaluate", broken)
    told = asked(found, 1)
    assert [(each.state, each.reason, each.words) for each in told] == [("unknown", "broke", "RuntimeError: no luck")]


OWN = """
title: The council looks at failed tests
severity: minor
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
%s
check: %s
message: Ask what was done.
"""
ATTEST = "{kind: attest, ask: What was done?, show: {log: spore_tests, where: {result: {enum: [%s]}}}}"
RECORD = "{kind: record, log: spore_tests, where: {result: {%s}}, require: {corrective_action: {required: true}}}"


def own_law(folder: Path, check: str, more: str = "") -> dict[str, Ruleset]:
    return load_rulesets(library(law(folder, "XX", a=OWN % (more, check))), {"XX"})


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (ATTEST % "fail", {"XX/a": "visit"}),
        (ATTEST % "fail, void", {"XX/a": "visit"}),
        (ATTEST % "pass, fail", {}),
        ("{kind: attest, ask: What was done?}", {}),
        (RECORD % "enum: [fail]", {"XX/a": "breached"}),
        (RECORD % "not: [pass]", {"XX/a": "breached"}),
        (RECORD % "enum: [pass, fail]", {}),
    ],
)
def test_a_rule_of_ones_own_is_about_a_failed_test_where_a_passed_one_would_not_do(
    tmp_path: Path, check: str, expected: dict[str, str]
) -> None:
    found = shop("XX")
    told = asked_next(own_law(tmp_path, check), found, np.array([1]), DAY)
    assert {each.rule.id: each.state for each in told} == expected


def test_a_profile_that_is_silent_leaves_a_breach_open(tmp_path: Path) -> None:
    rules = own_law(tmp_path, RECORD % "enum: [fail]", "applies_to: {studio.makes_ink: [true]}")
    (each,) = asked_next(rules, shop("XX"), np.array([1]), DAY)
    assert (each.state, each.reason, each.words) == (
        "unknown", "profile_silent", "studio.yaml does not say makes_ink",
    )  # fmt: skip


def test_a_figure_that_nobody_found_out_leaves_it_unknown(tmp_path: Path) -> None:
    check = (
        "{kind: follow_up, after: {log: spore_tests, where: {result: {enum: [fail]}}, at: tested_at}, "
        "same: [equipment_id], then: {log: spore_tests, where: {result: {enum: [pass]}}, at: tested_at}, within: $soon}"
    )
    more = "parameters: {soon: {about: how soon, value: unknown}}"
    (each,) = asked_next(own_law(tmp_path, check, more), shop("XX"), np.array([1]), DAY)
    assert (each.state, each.reason) == ("unknown", "parameter_unknown")


def test_a_figure_that_is_known_from_some_day_on_is_unknown_only_before(tmp_path: Path) -> None:
    check = (
        "{kind: follow_up, after: {log: spore_tests, where: {result: {enum: [fail]}}, at: tested_at}, "
        "same: [equipment_id], then: {log: spore_tests, where: {result: {enum: [pass]}}, at: tested_at}, within: $soon}"
    )
    more = "parameters: {soon: {about: how soon, since: {2000-01-01: unknown, 2025-03-01: P7D}}}"
    found = shop("XX", "t1, A1, 2025-02-28, 2025-03-04, fail,, yes,", FAILED)
    told = asked_next(own_law(tmp_path, check, more), found, np.array([0, 1]), DAY)
    assert [(each.evidence.row, each.state, each.due_on) for each in told] == [
        (0, "unknown", None), (1, "breached", date(2025, 3, 16)),
    ]  # fmt: skip


def test_the_order_of_rows_changes_nothing() -> None:
    found = shop("US-NJ", PASSED, FAILED, "t3, A1, 2025-03-12, 2025-03-14, fail,, yes,", loads=LOADS)
    turned = shop("US-NJ", "t3, A1, 2025-03-12, 2025-03-14, fail,, yes,", FAILED, PASSED, loads=LOADS[::-1])

    def said(told: tuple[Asked, ...]) -> set[tuple[Any, ...]]:
        return {(e.evidence.record["spore_test_id"], e.rule.id, e.state, e.due_on, e.words) for e in told}

    assert said(asked(found, 1, 2)) == said(asked(turned, 0, 1))
