"""Kind `record` and the conditions: boundaries by hand, and an oracle that judges row by row."""

import random
from datetime import datetime, timedelta

import pytest
from tables import logs, scope

from smpcompliance.checks.record import Record
from smpcompliance.logs.cells import Reason


def judge(
    check: dict, period: str = "all", studios: dict | None = None, **tables: str
) -> tuple[list[str], list[tuple[str, str]]]:
    """Keys of the failing records, and (key, reason) of the undecided ones."""
    found = logs(studios=studios, **tables)
    verdict = Record.model_validate({"kind": "record"} | check).evaluate(scope(found, period))
    table = found.log(check["log"])
    key = found.cells(check["log"], table.schema.key)
    why = verdict.unknowns.why
    assert why is not None
    bad = [key.text(int(row)) for row in verdict.failures.rows]
    return bad, [(key.text(int(r)), Reason(w).name) for r, w in zip(verdict.unknowns.rows, why, strict=True)]


def test_a_minimum_is_met_at_the_number_and_not_below() -> None:
    table = "cycle_id, started_at, temperature_c\nA, 2025-01-01, 134.0\nB, 2025-01-01, 133.9\nC, 2025-01-01,\nD, 2025-01-01, hot"
    check = {"log": "sterilization_cycles", "require": {"temperature_c": {"minimum": 134}}}
    assert judge(check, sterilization_cycles=table) == (["B"], [("C", "blank"), ("D", "unreadable")])


def test_only_required_judges_a_blank() -> None:
    table = "cycle_id, started_at, contents\nA, 2025-01-01, tubes\nB, 2025-01-01,\nC, 2025-01-01, -"
    check = {"log": "sterilization_cycles", "require": {"contents": {"required": True}}}
    assert judge(check, sterilization_cycles=table) == (["B", "C"], [])


def test_a_column_that_is_not_there_cannot_be_judged() -> None:
    check = {"log": "sterilization_cycles", "require": {"contents": {"required": True}}}
    assert judge(check, sterilization_cycles="cycle_id, started_at\nA, 2025-01-01") == ([], [("A", "no_column")])


def test_an_undecided_where_never_fails_and_may_pass() -> None:
    table = "session_id, started_at, status, station\nA, 2025-01-01,, 1\nB, 2025-01-01,,\nC, 2025-01-01, booked,"
    check = {
        "log": "sessions",
        "where": {"status": {"enum": ["performed"]}},
        "require": {"station": {"required": True}},
    }
    assert judge(check, sessions=table) == ([], [("B", "blank")])


def test_one_of_several_sets_suffices() -> None:
    table = "cycle_id, started_at, temperature_c, exposure_minutes\nA, 2025-01-01, 121, 15\nB, 2025-01-01, 134, 3\nC, 2025-01-01, 121, 14\nD, 2025-01-01, 130, "
    either = [
        {"temperature_c": {"minimum": 134}, "exposure_minutes": {"minimum": 3}},
        {"temperature_c": {"minimum": 121}, "exposure_minutes": {"minimum": 15}},
    ]
    check = {"log": "sterilization_cycles", "require": {"any_of": either}}
    assert judge(check, sterilization_cycles=table) == (["C"], [("D", "blank")])


def test_a_form_of_the_same_day_is_in_time_unless_both_carry_times() -> None:
    forms = "consent_id, signed_at\nF1, 2025-05-03\nF2, 2025-05-03 10:01\nF3, 2025-05-04"
    table = (
        "session_id, started_at, consent_id\nA, 2025-05-03 10:00, F1\nB, 2025-05-03 10:00, F2\n"
        "C, 2025-05-03, F2\nD, 2025-05-03 10:00, F3\nE, 2025-05-03, F9\nG, 2025-05-03,"
    )
    check = {"log": "sessions", "require": {"consent.signed_at": {"not_after": "started_at"}}}
    expected = (["B", "D"], [("E", "dangling"), ("G", "blank")])
    assert judge(check, sessions=table, consent_forms=forms) == expected


def test_required_on_a_link_fails_when_it_is_blank_and_is_open_when_it_dangles() -> None:
    table = "session_id, started_at, client_id\nA, 2025-05-03, C1\nB, 2025-05-03,\nC, 2025-05-03, C9\nD, 2025-05-03, C2"
    clients = "client_id, phone\nC1, 555\nC2,"
    check = {"log": "sessions", "require": {"client.phone": {"required": True}}}
    assert judge(check, sessions=table, clients=clients) == (["B", "D"], [("C", "dangling")])


@pytest.mark.parametrize(
    ("known", "reported", "answer"),
    [
        ("2025-03-03 14:10", "2025-03-04 14:10", "met"),
        ("2025-03-03 14:10", "2025-03-04 14:11", "bad"),
        ("2025-03-03", "2025-03-03", "met"),
        ("2025-03-03", "2025-03-04", "precision"),
        ("2025-03-03", "2025-03-05", "bad"),
        ("2025-03-03 23:00", "2025-03-04", "precision"),
        ("2025-03-03 00:00", "2025-03-04", "precision"),
    ],
)
def test_a_period_in_hours_needs_times(known: str, reported: str, answer: str) -> None:
    table = f"incident_id, occurred_at, known_at, reported_at\nI, 2025-03-01, {known}, {reported}"
    check = {"log": "incidents", "require": {"reported_at": {"at_most_after": {"column": "known_at", "by": "PT24H"}}}}
    expected = {"met": ([], []), "bad": (["I"], [])}.get(answer, ([], [("I", answer)]))
    assert judge(check, incidents=table) == expected


@pytest.mark.parametrize(("sent", "bad"), [("2025-03-17", False), ("2025-03-18", True)])
def test_the_day_of_the_event_is_not_counted(sent: str, bad: bool) -> None:
    table = f"notice_id, happened_on, sent_on\nN, 2025-03-03 09:00, {sent}"
    check = {"log": "notices", "require": {"sent_on": {"at_most_after": {"column": "happened_on", "by": "P14D"}}}}
    assert judge(check, notices=table) == (["N"] if bad else [], [])


@pytest.mark.parametrize(("age", "born"), [("17", "2007-06-16"), ("18", "2007-06-15"), ("17", "2008-02-29")])
def test_the_birthday_itself_counts(age: str, born: str) -> None:
    table = "session_id, started_at, client_id\nA, 2025-06-15 09:00, C1"
    if born.endswith("02-29"):
        table = "session_id, started_at, client_id\nA, 2026-02-28 09:00, C1"
    check = {"log": "sessions", "require": {"client_age": {"enum": [int(age)]}}}
    assert judge(check, sessions=table, clients=f"client_id, birth_date\nC1, {born}") == ([], [])


def test_a_written_age_counts_only_where_no_birth_date_is_known() -> None:
    table = "session_id, started_at, client_id, consent_id\nA, 2025-06-15, C1, F1\nB, 2025-06-15, C2, F1"
    clients = "client_id, birth_date\nC1, 2010-01-01\nC2,"
    forms = "consent_id, age_years\nF1, 19"
    check = {"log": "sessions", "require": {"client_age": {"minimum": 18}}}
    assert judge(check, sessions=table, clients=clients, consent_forms=forms) == (["A"], [])


def test_a_missing_word_is_open_while_a_head_is_unmapped() -> None:
    check = {"log": "consent_forms", "require": {"health_answered": {"contains_all": ["diabetes"]}}}
    known = "consent_id, signed_at, health_answered\nA, 2025-01-01, pregnancy\nB, 2025-01-01, diabetes; pregnancy\nC, 2025-01-01, none"
    assert judge(check, consent_forms=known) == (["A", "C"], [])


def test_a_site_means_its_parts() -> None:
    table = "session_id, started_at, body_site\nA, 2025-01-01, eyebrow\nB, 2025-01-01, wrist\nC, 2025-01-01, head"
    check = {"log": "sessions", "require": {"body_site": {"within": ["head"]}}}
    assert judge(check, sessions=table) == (["B"], [])


def test_only_records_of_the_period_are_judged_first_and_last_day_included() -> None:
    table = "cycle_id, started_at, contents\nA, 2025-01-31 23:59,\nB, 2025-02-01,\nC, 2025-02-28 23:59,\nD, 2025-03-01,"
    check = {"log": "sterilization_cycles", "require": {"contents": {"required": True}}}
    assert judge(check, "2025-02", sterilization_cycles=table) == (["B", "C"], [])


def test_a_record_without_a_readable_day_cannot_fail() -> None:
    table = "cycle_id, started_at, contents\nA, 03/04/2025,\nB,,\nC, 03/04/2025, tubes"
    check = {"log": "sterilization_cycles", "require": {"contents": {"required": True}}}
    assert judge(check, "2025-02", sterilization_cycles=table) == ([], [("A", "unreadable"), ("B", "blank")])


def test_a_lot_bought_in_june_and_used_in_october_is_judged_in_october() -> None:
    lots = "lot_id, received_on, supplier\nL1, 2025-06-01,\nL2, 2025-06-01,\nL3, 2025-10-31,"
    used = "supply_id, session_id, lot_id\n1, S1, L1"
    sessions = "session_id, started_at, status\nS1, 2025-10-10, performed"
    check = {"log": "supply_lots", "require": {"supplier": {"required": True}}}
    tables = {"supply_lots": lots, "session_supplies": used, "sessions": sessions}
    assert judge(check, "2025-10", **tables) == (["L1", "L3"], [])


def test_an_exemption_counts_only_with_its_paper() -> None:
    people = "practitioner_id, exemption, file\nP1, physician_directed, order.pdf\nP2, physician_directed,\nP3, none,"
    sessions = (
        "session_id, started_at, practitioner_id, station\nA, 2025-01-01, P1,\nB, 2025-01-01, P2,\nC, 2025-01-01, P3,"
    )
    check = {
        "log": "sessions",
        "exempt": {"where": {"practitioner.exemption": {"enum": ["physician_directed"]}}, "paper": "practitioner.file"},
        "require": {"station": {"required": True}},
    }
    assert judge(check, sessions=sessions, practitioners=people) == (["B", "C"], [])
    verdict = Record.model_validate({"kind": "record"} | check).evaluate(
        scope(logs(sessions=sessions, practitioners=people))
    )
    assert verdict.failures.words(0) == "an exemption is claimed, but its paper is not on file; station blank"
    assert verdict.failures.words(1) == "station blank"


def oracle(rows: list[dict[str, str]]) -> dict[str, str]:
    """The naive loop: temperature at least 134 and end not before start, for cycles that are loads."""

    def moment(text: str) -> tuple[datetime, bool] | None:
        return None if not text else (datetime.fromisoformat(text), "T" in text)

    out = {}
    for row in rows:
        where = {"load": "met", "": "cannot"}.get(row["cycle_type"], "bad")
        if where == "bad":
            continue
        hot = "cannot" if not row["temperature_c"] else "met" if float(row["temperature_c"]) >= 134 else "bad"
        start, end = moment(row["started_at"]), moment(row["ended_at"])
        assert start
        if end is None:
            order = "cannot"
        elif start[1] and end[1]:
            order = "met" if end[0] >= start[0] else "bad"
        else:
            order = "met" if end[0].date() >= start[0].date() else "bad"
        answer = "bad" if "bad" in (hot, order) else "cannot" if "cannot" in (hot, order) else "met"
        out[row["cycle_id"]] = "cannot" if answer == "bad" and where == "cannot" else answer
    return out


@pytest.mark.parametrize("seed", range(40))
def test_the_vectorised_answer_is_that_of_a_naive_loop(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        rows = []
        for n in range(draw.randint(0, 12)):
            start = datetime(2025, 1, 1) + timedelta(minutes=draw.choice([0, 1, 600, 1439, 1440, 2000]))
            end = start + timedelta(minutes=draw.choice([-1440, -30, 0, 30, 1440]))
            shape = ["%Y-%m-%dT%H:%M", "%Y-%m-%d"]
            rows.append(
                {
                    "cycle_id": f"C{n}",
                    "cycle_type": draw.choice(["load", "load", "helix", ""]),
                    "temperature_c": draw.choice(["", "133.9", "134", "134.1"]),
                    "started_at": start.strftime(draw.choice(shape)),
                    "ended_at": draw.choice(["", end.strftime(draw.choice(shape))]),
                }
            )
        heads = "cycle_id, cycle_type, temperature_c, started_at, ended_at"
        text = "\n".join([heads, *(", ".join(row.values()) for row in rows)])
        check = {
            "log": "sterilization_cycles",
            "where": {"cycle_type": {"enum": ["load"]}},
            "require": {"temperature_c": {"minimum": 134}, "ended_at": {"not_before": "started_at"}},
        }
        bad, unknown = judge(check, sterilization_cycles=text)
        expected = oracle(rows)
        assert sorted(bad) == sorted(k for k, v in expected.items() if v == "bad"), text
        assert sorted(k for k, _ in unknown) == sorted(k for k, v in expected.items() if v == "cannot"), text


@pytest.mark.parametrize(
    ("told", "as_of", "found", "undecided", "coming"),
    [
        ("", "2025-03-05", [], [], ["1"]),
        ("", "2025-03-06", [], [], ["1"]),
        ("", "2025-03-07", ["1"], [], []),
        ("2025-03-06", "2025-03-07", [], [], []),
        ("2025-03-07", "2025-03-08", ["1"], [], []),
    ],
)
def test_what_must_come_within_a_time_is_not_yet_due_while_that_time_runs(
    told: str, as_of: str, found: list[str], undecided: list[str], coming: list[str]
) -> None:
    check = {"kind": "record", "log": "incidents", "require": {
        "reported_at": {"required": True, "at_most_after": {"column": "known_at", "by": "P3D"}}}}  # fmt: skip
    tables = logs(incidents=f"incident_id, occurred_at, known_at, reported_at\n1, 2025-03-03, 2025-03-03, {told}")
    verdict = Record.model_validate(check).evaluate(scope(tables, as_of=as_of))
    parts = (verdict.failures, verdict.unknowns, verdict.not_due)
    said = [
        [tables.cells("incidents", "incident_id").text(int(row)) for row in part.rows] if part else [] for part in parts
    ]
    assert said == [found, undecided, coming]


@pytest.mark.parametrize(("precision", "found"), [("time", ["2"]), ("date", [])])
def test_a_law_may_ask_how_exactly_a_moment_is_written(precision: str, found: list[str]) -> None:
    table = (
        "session_id, started_at, ended_at\n1, 2025-01-02, 2025-01-02T09:00\n2, 2025-01-02, 2025-01-02\n3, 2025-01-02,"
    )
    check = {"log": "sessions", "require": {"ended_at": {"precision": precision}}}
    assert judge(check, sessions=table) == (found, [("3", "blank")])


@pytest.mark.parametrize(
    ("period", "told", "late"),
    [
        ("2025-10", "", False),
        ("2025-11", "", True),
        ("2025-11", "2025-11-04", False),
        ("2025-11", "2025-11-05", True),
        ("2025-12", "", False),
    ],
)
def test_a_time_that_ends_after_the_month_of_its_record_is_judged_in_the_month_in_which_it_ends(
    period: str, told: str, late: bool
) -> None:
    check = {"kind": "record", "log": "incidents", "require": {
        "reported_at": {"required": True, "at_most_after": {"column": "known_at", "by": "P10D"}}}}  # fmt: skip
    tables = logs(incidents=f"incident_id, occurred_at, known_at, reported_at\n1, 2025-10-25, 2025-10-25, {told}")
    as_of = "2025-11-01" if period == "2025-10" else "2026-01-31"
    verdict = Record.model_validate(check).evaluate(scope(tables, period, as_of))
    assert (len(verdict.failures), len(verdict.unknowns)) == (int(late), 0)


def test_what_leaves_a_record_open_is_the_column_that_decides_whether_it_is_meant() -> None:
    check = {"kind": "record", "log": "sessions", "where": {"status": {"enum": ["performed"]}},
             "require": {"consent_id": {"required": True}}}  # fmt: skip
    found = logs(sessions="session_id, started_at, status, consent_id\n1, 2025-01-02, performed,\n2, 2025-01-02,,")
    verdict = Record.model_validate(check).evaluate(scope(found))
    assert [verdict.failures.column(0), verdict.unknowns.column(0)] == ["consent_id", "status"]
