"""Kind `reference`: who is surely good at the moment, who surely is not, and what stays open."""

import random
from datetime import date, timedelta

import pytest
from tables import logs, not_handed_in, scope

from smpcompliance.checks.reference import Reference
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs

LICENCE = {
    "log": "sessions",
    "where": {"status": {"enum": ["performed"]}},
    "find": {
        "log": "documents",
        "match": {"practitioner_id": "practitioner_id"},
        "where": {"document_type": {"enum": ["practitioner_licence"]}},
        "valid": "document",
    },
}


def judge(check: dict, found: Logs) -> tuple[list[str], list[tuple[str, str]]]:
    verdict = Reference.model_validate({"kind": "reference"} | check).evaluate(scope(found))
    key = found.cells(check["log"], found.log(check["log"]).schema.key)
    why = verdict.unknowns.why
    assert why is not None
    bad = [key.text(int(row)) for row in verdict.failures.rows]
    return bad, [(key.text(int(r)), Reason(w).name) for r, w in zip(verdict.unknowns.rows, why, strict=True)]


def licensed(papers: str, *sessions: str) -> tuple[list[str], list[tuple[str, str]]]:
    rows = "\n".join(f"{n}, {day}, performed, P1" for n, day in enumerate(sessions, 1))
    heads = "document_id, document_type, practitioner_id, valid_from, issued_on, expires_on, status\n"
    return judge(
        LICENCE, logs(sessions=f"session_id, started_at, status, practitioner_id\n{rows}", documents=heads + papers)
    )


def test_a_licence_is_good_on_its_first_and_on_its_last_day() -> None:
    paper = "D1, practitioner_licence, P1, 2025-01-10,, 2025-05-04,"
    days = ("2025-01-09 23:59", "2025-01-10 00:01", "2025-05-04 23:00", "2025-05-05")
    assert licensed(paper, *days) == (["1", "4"], [])


def test_a_licence_without_end_has_none_and_without_begin_is_open() -> None:
    assert licensed("D1, practitioner_licence, P1,, 2025-01-10,,", "2030-01-01") == ([], [])
    assert licensed("D1, practitioner_licence, P1,,,,", "2025-01-01") == ([], [("1", "blank")])


def test_a_suspended_or_pending_licence_is_none() -> None:
    for status in ("suspended", "revoked", "pending"):
        assert licensed(f"D1, practitioner_licence, P1, 2025-01-01,,, {status}", "2025-02-01") == (["1"], [])
    assert licensed("D1, practitioner_licence, P1, 2025-01-01,,, active", "2025-02-01") == ([], [])


@pytest.mark.parametrize(("day", "status", "good"), [
    ("2025-02-01", "active", True), ("2024-12-31", "active", False), ("2025-02-01", "revoked", False),
])  # fmt: skip
def test_a_registration_has_no_end_even_where_one_is_written(day: str, status: str, good: bool) -> None:
    check = {"log": "sessions", "find": {
        "log": "documents", "match": {"practitioner_id": "practitioner_id"}, "valid": "registration"}}  # fmt: skip
    found = logs(
        sessions=f"session_id, started_at, practitioner_id\n1, {day}, P1",
        documents="document_id, document_type, practitioner_id, valid_from, expires_on, status\n"
        f"D, practitioner_registration, P1, 2025-01-01, 2025-01-31, {status}",
    )
    assert judge(check, found) == ([] if good else ["1"], [])


def test_another_ones_licence_does_not_help_and_a_nameless_one_leaves_it_open() -> None:
    assert licensed("D1, practitioner_licence, P2, 2025-01-01,,,", "2025-02-01") == (["1"], [])
    assert licensed("D1, practitioner_licence,, 2025-01-01,,,", "2025-02-01") == ([], [("1", "ambiguous")])
    assert licensed("D1, practitioner_licence,, 2025-01-01, 2025-01-01, 2025-01-31,", "2025-02-01") == (["1"], [])


def test_a_register_that_begins_after_the_day_says_nothing_of_those_who_are_not_in_it() -> None:
    assert licensed("D1, practitioner_licence, P2, 2025-03-01,,,", "2025-02-01", "2025-03-01") == (
        ["2"],
        [("1", "dangling")],
    )
    assert licensed("D1, practitioner_licence, P1, 2025-03-01,,,", "2025-02-01") == (["1"], [])


def test_no_log_of_papers_is_no_evidence_and_an_empty_one_is_a_statement() -> None:
    heads = "document_id, document_type, practitioner_id, valid_from, issued_on, expires_on, status"
    found = logs(
        sessions="session_id, started_at, status, practitioner_id\n1, 2025-01-01, performed, P1", documents=heads
    )
    assert judge(LICENCE, found) == (["1"], [])
    assert judge(LICENCE, not_handed_in(found, "documents")) == ([], [("1", "no_log")])


LOT = {
    "log": "session_supplies",
    "where": {"item_type": {"enum": ["pigment"]}, "session.status": {"enum": ["performed"]}},
    "find": {
        "log": "supply_lots",
        "match": {"lot_id": "lot_id"},
        "where": {"supplier": {"required": True}, "expires_on": {"required": True, "not_before": "session.started_at"}},
    },
}


def inks(used: str, lots: str, **more: object) -> tuple[list[str], list[tuple[str, str]]]:
    sessions = "session_id, started_at, status\nS1, 2025-06-30 15:00, performed\nS2, 2025-07-01, performed\nS0, 2020-01-01, performed"
    return judge(
        LOT | more,
        logs(
            sessions=sessions,
            session_supplies="supply_id, session_id, item_type, lot_id\n" + used,
            supply_lots="lot_id, received_on, supplier, expires_on\n" + lots,
        ),
    )


def test_an_ink_is_good_through_its_expiry_date() -> None:
    lots = "L1, 2025-01-01, X, 2025-06-30"
    assert inks("1, S1, pigment, L1\n2, S2, pigment, L1", lots) == (["2"], [])
    assert inks("1, S1, pigment, L1\n2, S2, pigment, L1", "L1, 2025-01-01, X, 06/2025") == (["2"], [])


def test_an_ink_without_printed_expiry_breaches_where_one_is_required() -> None:
    assert inks("1, S1, pigment, L1", "L1, 2025-01-01, X,") == (["1"], [])


def test_a_blank_key_is_open_unless_the_law_orders_the_entry() -> None:
    lots = "L1, 2025-01-01, X, 2025-06-30"
    assert inks("1, S1, pigment,", lots) == ([], [("1", "blank")])
    assert inks("1, S1, pigment,", lots, blank="breach") == (["1"], [])


def test_an_unknown_lot_breaches_unless_the_inventory_begins_later() -> None:
    lots = "L1, 2025-01-01, X, 2025-06-30"
    assert inks("1, S1, pigment, L9\n2, S0, pigment, L9", lots) == (["1"], [("2", "dangling")])


def test_none_may_exist() -> None:
    check = LICENCE | {"find": LICENCE["find"] | {"none": True}}
    sessions = (
        "session_id, started_at, status, practitioner_id\n1, 2025-02-01, performed, P1\n2, 2024-02-01, performed, P1"
    )
    papers = "document_id, document_type, practitioner_id, valid_from\nD1, practitioner_licence, P1, 2025-01-01"
    found = logs(sessions=sessions, documents=papers)
    assert judge(check, found) == (["1"], [])
    assert judge(check, not_handed_in(found, "documents")) == ([], [("1", "no_log"), ("2", "no_log")])


def test_a_list_matches_by_containing() -> None:
    match = {"practitioner_id": "practitioner_id", "procedure": "procedures"}
    check = LICENCE | {"find": LICENCE["find"] | {"match": match}}
    sessions = "session_id, started_at, status, practitioner_id, procedure\n1, 2025-02-01, performed, P1, tattoo\n2, 2025-02-01, performed, P1, piercing"
    papers = "document_id, document_type, practitioner_id, valid_from, procedures\nD1, practitioner_licence, P1, 2025-01-01, tattoo; branding"
    assert judge(check, logs(sessions=sessions, documents=papers)) == (["2"], [])


def test_a_cycle_is_good_when_it_passed_and_was_not_held_back() -> None:
    check = {
        "log": "session_supplies",
        "where": {"cycle_id": {"required": True}},
        "find": {
            "log": "sterilization_cycles",
            "match": {"cycle_id": "cycle_id"},
            "valid": "cycle",
            "at": "session.started_at",
        },
    }
    cycles = "cycle_id, started_at, result, disposition\nA, 2025-01-01, pass,\nB, 2025-01-01, fail,\nC, 2025-01-01, pass, held\nD, 2025-01-01,,\nE, 2025-03-01, pass,"
    used = "supply_id, session_id, cycle_id\n1, S, A\n2, S, B\n3, S, C\n4, S, D\n5, S, E"
    found = logs(sessions="session_id, started_at\nS, 2025-02-01", session_supplies=used, sterilization_cycles=cycles)
    assert judge(check, found) == (["2", "3", "5"], [("4", "blank")])


def test_a_grace_rule_counts_a_renewal_asked_for_in_time() -> None:
    check = LICENCE | {"grace": {"column": "applied_on", "before_end": "P59D"}}
    sessions = "session_id, started_at, status, practitioner_id\n1, 2025-03-15, performed, P1"
    heads = "document_id, document_type, practitioner_id, valid_from, expires_on, applied_on\nD1, practitioner_licence, P1, 2024-01-01, 2025-03-01, "
    assert judge(check, logs(sessions=sessions, documents=heads + "2025-01-01")) == ([], [])
    assert judge(check, logs(sessions=sessions, documents=heads + "2025-01-02")) == (["1"], [])


def begins(papers: list[tuple[str, date | None, date | None]]) -> date:
    """The day the register begins: nobody can say of an earlier day that a person without any paper had none."""
    return min((first for _, first, _ in papers if first), default=date.min)


def naive(sessions: list[tuple[str, date]], papers: list[tuple[str, date | None, date | None]]) -> list[str]:
    out = []
    for who, day in sessions:
        answers = []
        for holder, first, last in papers:
            if holder not in (who, ""):
                continue
            begun = "cannot" if first is None else "met" if first <= day else "bad"
            fits = "bad" if begun == "bad" or (last and last < day) else begun
            answers.append("cannot" if fits == "met" and holder == "" else fits)
        silent = not any(holder == who for holder, _, _ in papers) and day < begins(papers)
        out.append("met" if "met" in answers else "cannot" if "cannot" in answers or silent else "bad")
    return ["cannot" if who == "" else answer for (who, _), answer in zip(sessions, out, strict=True)]


@pytest.mark.parametrize("seed", range(30))
def test_the_vectorised_answer_is_that_of_a_naive_loop(seed: int) -> None:
    draw = random.Random(seed)
    first = date(2025, 1, 1)
    for _ in range(25):
        sessions = [
            (draw.choice(["P1", "P2", ""]), first + timedelta(draw.randint(0, 6))) for _ in range(draw.randint(0, 7))
        ]
        papers = [
            (
                draw.choice(["P1", "P2", "P2", ""]),
                draw.choice([None, first + timedelta(draw.randint(0, 6))]),
                draw.choice([None, first + timedelta(draw.randint(0, 6))]),
            )
            for _ in range(draw.randint(0, 4))
        ]
        table = "session_id, started_at, status, practitioner_id\n" + "\n".join(
            f"{n}, {day}, performed, {who}" for n, (who, day) in enumerate(sessions)
        )
        documents = "document_id, document_type, practitioner_id, valid_from, expires_on\n" + "\n".join(
            f"D{n}, practitioner_licence, {who}, {begin or ''}, {until or ''}"
            for n, (who, begin, until) in enumerate(papers)
        )
        bad, unknown = judge(LICENCE, logs(sessions=table, documents=documents))
        expected = naive(sessions, papers)
        assert sorted(bad) == [str(n) for n, answer in enumerate(expected) if answer == "bad"], table + documents
        assert sorted(k for k, _ in unknown) == [str(n) for n, answer in enumerate(expected) if answer == "cannot"]


def test_a_paper_of_another_ones_with_a_blank_second_key_helps_nobody() -> None:
    check = {
        "log": "sessions",
        "find": {"log": "documents", "match": {"practitioner_id": "practitioner_id", "premises_id": "premises_id"}},
    }
    sessions = "session_id, started_at, practitioner_id, premises_id\n1, 2025-02-01, P1, A\n2, 2025-02-01, P2, A"
    papers = "document_id, document_type, practitioner_id, premises_id, valid_from\nD1, practitioner_licence, P2,, 2025-01-01"
    assert judge(check, logs(sessions=sessions, documents=papers)) == (["1"], [("2", "ambiguous")])
