"""Kind `document`: on which days a valid paper was missing, and for whom."""

import random
from datetime import date, timedelta
from itertools import groupby

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.base import Verdict
from smpcompliance.checks.document import Document
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs

INSURANCE = {"for": "studio", "document_type": ["liability_insurance"]}
PAPERS = "document_id, document_type, valid_from, issued_on, expires_on, reviewed_on, status, applied_on\n"
Gaps = list[tuple[str, str, str]]


def evaluate(fields: dict, found: Logs, period: str = "2025", as_of: str = "2026-11-21", valid: str = "all") -> Verdict:
    return Document.model_validate({"kind": "document"} | fields).evaluate(scope(found, period, as_of, valid))


def gaps(fields: dict, found: Logs, **days: str) -> Gaps:
    """What is not met: (answer, first day, last day)."""
    verdict = evaluate(fields, found, **days)
    why = verdict.unknowns.why
    assert why is not None
    out = [
        ("bad", verdict.failures.fact("from", n), verdict.failures.fact("to", n)) for n in range(len(verdict.failures))
    ]
    out += [
        (Reason(w).name, verdict.unknowns.fact("from", n), verdict.unknowns.fact("to", n)) for n, w in enumerate(why)
    ]
    return sorted(out, key=lambda gap: gap[1])


def papers(rows: str, fields: dict = INSURANCE, profile: dict | None = None, **days: str) -> Gaps:
    found = logs(
        studios={"s": profile or {"opened_on": "2020-01-01"}},
        documents=PAPERS + rows,
        sessions="session_id, started_at",
    )
    return gaps(fields, found, **days)


def test_papers_that_touch_leave_no_gap_and_overlap_is_no_harm() -> None:
    first = "A, liability_insurance, 2025-01-01,, 2025-05-31\n"
    assert papers(first + "B, liability_insurance, 2025-06-01,, 2025-12-31") == []
    assert papers(first + "B, liability_insurance, 2025-04-01,, 2025-12-31") == []
    assert papers(first + "B, liability_insurance, 2025-06-02,, 2025-12-31") == [("bad", "2025-06-01", "2025-06-01")]


def test_one_finding_for_each_gap() -> None:
    rows = "A, liability_insurance, 2025-02-01,, 2025-05-31\nB, liability_insurance, 2025-07-01,, 2025-11-30"
    assert papers(rows) == [
        ("bad", "2025-01-01", "2025-01-31"),
        ("bad", "2025-06-01", "2025-06-30"),
        ("bad", "2025-12-01", "2025-12-31"),
    ]


def test_the_audit_day_the_opening_and_the_closing_bound_the_days() -> None:
    rows = "A, liability_insurance, 2025-02-01,, 2025-05-31"
    assert papers(rows, as_of="2025-05-31", profile={"opened_on": "2025-02-01"}) == []
    assert papers(rows, as_of="2025-06-01", profile={"opened_on": "2025-02-01"}) == [
        ("bad", "2025-06-01", "2025-06-01")
    ]
    assert papers(rows, profile={"opened_on": "2025-02-01", "closed_on": "2025-05-31"}) == []
    assert papers(rows, valid="2025-02-01/2025-05-31") == []


def test_a_blank_start_or_end_cannot_be_judged() -> None:
    whole = [("blank", "2025-01-01", "2025-12-31")]
    assert papers("A, liability_insurance,,, 2026-12-31") == whole
    assert papers("A, liability_insurance, 2024-01-01,,") == whole
    assert papers("A, liability_insurance, 2024-01-01,,", INSURANCE | {"ends": False}) == []
    assert papers("A, liability_insurance,, 2024-01-01, 2026-01-01") == []
    plan = {"for": "studio", "document_type": ["hygiene_plan"]}
    assert papers("A, hygiene_plan, 2024-01-01,,", plan) == []
    assert papers("A, hygiene_plan, 2024-01-01,,", plan | {"ends": True}) == whole


def test_suspended_revoked_and_pending_papers_do_not_count() -> None:
    for status in ("suspended", "revoked", "pending"):
        assert papers(f"A, liability_insurance, 2024-01-01,, 2026-01-01,, {status}") == [
            ("bad", "2025-01-01", "2025-12-31")
        ]
    assert papers("A, liability_insurance, 2024-01-01,, 2026-01-01,, active") == []


def test_a_review_holds_for_a_year_and_its_last_day_counts() -> None:
    plan = {"for": "studio", "document_type": ["exposure_control_plan"], "reviewed": "P1Y"}
    assert papers("A, exposure_control_plan,, 2024-12-31,", plan) == []
    assert papers("A, exposure_control_plan,, 2024-12-30,", plan) == [("bad", "2025-12-31", "2025-12-31")]
    assert papers("A, exposure_control_plan,, 2024-06-01,, 2025-06-01", plan) == []
    assert papers("A, exposure_control_plan,, 2020-06-01,, 2025-06-01", plan) == [
        ("history_starts_late", "2025-01-01", "2025-05-31")
    ]
    assert papers("A, exposure_control_plan,, 2020-06-01,, 2024-06-01", plan) == [("bad", "2025-06-02", "2025-12-31")]


def test_a_term_by_law_cuts_a_paper_and_ends_one_without_end() -> None:
    cut = INSURANCE | {"max_term": "P1Y"}
    assert papers("A, liability_insurance, 2024-06-01,, 2029-01-01", cut) == [("bad", "2025-06-02", "2025-12-31")]
    assert papers("A, liability_insurance, 2024-06-01,,", cut | {"ends": False}) == [
        ("bad", "2025-06-02", "2025-12-31")
    ]


def while_sessions(rows: str, *days: str, fields: dict | None = None) -> Gaps:
    found = logs(
        studios={"s": {"opened_on": "2020-01-01"}},
        documents=PAPERS + rows,
        sessions="session_id, status, started_at\n" + "\n".join(f"{n}, performed, {day}" for n, day in enumerate(days)),
    )
    made = {"log": "sessions", "where": {"status": {"enum": ["performed"]}}}
    return gaps(INSURANCE | {"while": made} | (fields or {}), found)


def test_with_while_only_its_days_are_judged() -> None:
    rows = "A, liability_insurance, 2025-03-01,, 2025-06-30\nB, liability_insurance, 2025-09-01,, 2025-09-30"
    assert while_sessions(rows, "2025-03-01 10:00", "2025-06-30 23:00", "2025-09-15") == []
    assert while_sessions(rows, "2025-07-03", "2025-08-05", "2025-09-15", "2025-10-09") == [
        ("bad", "2025-07-03", "2025-08-05"),
        ("bad", "2025-10-09", "2025-10-09"),
    ]
    assert while_sessions(rows, "2025-06-15", "2025-09-15", fields={"no_gap": True}) == [
        ("bad", "2025-07-01", "2025-08-31")
    ]
    assert while_sessions("") == []
    assert while_sessions("", "") == [("blank", "2025-01-01", "2025-12-31")]


def test_a_gap_counts_its_activity_and_shows_the_first_record() -> None:
    found = logs(
        documents=PAPERS,
        sessions="session_id, status, started_at\n1, performed, 2025-03-09\n2, performed, 2025-03-04\n3, cancelled, 2025-03-05",
    )
    made = {"log": "sessions", "where": {"status": {"enum": ["performed"]}}}
    failures = evaluate(INSURANCE | {"while": made}, found).failures
    assert (failures.fact("activity", 0), failures.log, failures.rows.tolist()) == ("2", "sessions", [1])
    assert failures.words(0) == "no paper from 2025-03-04 to 2025-03-09, 2 records in that time"


def test_during_another_paper_only() -> None:
    approval = INSURANCE | {"during": {"document_type": ["premises_approval"]}, "no_gap": True}
    rows = "P, premises_approval, 2025-03-01,, 2025-08-31\nA, liability_insurance, 2025-03-01,, 2025-07-31"
    assert papers(rows, approval) == [("bad", "2025-08-01", "2025-08-31")]
    assert papers("A, liability_insurance, 2025-03-01,, 2025-07-31", approval) == []
    assert papers("P, premises_approval, 2025-03-01,,", approval) == [("blank", "2025-03-01", "2025-12-31")]


def of_people(rows: str, people: str = "X, 2020-01-01,\nY, 2020-01-01,", fields: dict | None = None) -> dict[str, Gaps]:
    found = logs(
        practitioners="practitioner_id, started_on, left_on, role\n" + people,
        documents="document_id, document_type, practitioner_id, valid_from, expires_on\n" + rows,
        sessions="session_id, started_at, practitioner_id",
    )
    licence = {"for": "practitioners", "document_type": ["practitioner_licence"]} | (fields or {})
    verdict = evaluate(licence, found)
    key = found.cells("practitioners", "practitioner_id")
    out: dict[str, Gaps] = {}
    for part, word in ((verdict.failures, "bad"), (verdict.unknowns, "")):
        for n in range(len(part)):
            assert part.log == "practitioners" and part.why is not None
            answer = word or Reason(part.why[n]).name
            out.setdefault(key.text(int(part.rows[n])), []).append((answer, part.fact("from", n), part.fact("to", n)))
    return out


def test_every_person_needs_their_own_while_they_are_there() -> None:
    whole = ("2025-01-01", "2025-12-31")
    assert of_people("A, practitioner_licence, X, 2024-01-01, 2026-12-31") == {"Y": [("bad", *whole)]}
    assert (
        of_people("A, practitioner_licence, X, 2024-01-01, 2026-12-31", "X, 2020-01-01,\nY, 2020-01-01, 2024-12-31")
        == {}
    )
    assert of_people("A, practitioner_licence,, 2024-01-01, 2026-12-31") == {p: [("ambiguous", *whole)] for p in "XY"}
    assert of_people("A, practitioner_licence,, 2024-01-01, 2026-12-31", "X, 2020-01-01,") == {}
    assert of_people("", "X, 2025-06-01, 2025-06-30") == {"X": [("bad", "2025-06-01", "2025-06-30")]}


def test_conditions_on_the_holder_pick_and_an_undecided_one_cannot_be_breached() -> None:
    apprentices = {"holder_where": {"role": {"enum": ["apprentice"]}}}
    people = "X, 2020-01-01,, apprentice\nY, 2020-01-01,, artist\nZ, 2020-01-01,,"
    whole = ("2025-01-01", "2025-12-31")
    assert of_people("", people, apprentices) == {"X": [("bad", *whole)], "Z": [("blank", *whole)]}


def of_places(places: str, rows: str) -> Gaps:
    found = logs(
        studios={"s": {"opened_on": "2020-01-01"}},
        premises="premises_id, part_of, opened_on\n" + places,
        documents="document_id, document_type, premises_id, premises_ids, valid_from, expires_on\n" + rows,
        sessions="session_id, started_at, premises_id",
    )
    return gaps({"for": "premises", "document_type": ["premises_licence"]}, found)


def test_a_room_shares_the_papers_of_its_place_and_a_list_of_places_counts() -> None:
    whole = ("bad", "2025-01-01", "2025-12-31")
    assert of_places("P,,\nR, P,", "A, premises_licence, P,, 2024-01-01, 2026-01-01") == []
    assert of_places("P,,\nR, P,", "A, premises_licence, R,, 2024-01-01, 2026-01-01") == []
    assert of_places("P,,\nQ,,", "A, premises_licence, P,, 2024-01-01, 2026-01-01") == [whole]
    assert of_places("P,,\nQ,,", "A, premises_licence,, P; Q, 2024-01-01, 2026-01-01") == []
    assert of_places("P,,\nQ,,", "A, premises_licence,, P, 2024-01-01, 2026-01-01") == [whole]


def test_a_studio_without_a_list_of_places_is_its_only_place() -> None:
    rows = (
        "document_id, document_type, premises_id, valid_from, expires_on\nA, premises_licence,, 2024-01-01, 2026-01-01"
    )
    place = {"for": "premises", "document_type": ["premises_licence"]}
    opened = {"s": {"opened_on": "2020-01-01"}}
    assert gaps(place, logs(studios=opened, documents=rows, sessions="session_id, started_at")) == []
    assert gaps(place, logs(studios=opened, documents=rows.replace("A, premises_licence,,", "A, premises_licence, Main,"),
                            sessions="session_id, started_at")) == []  # fmt: skip
    elsewhere = rows.replace("A, premises_licence,,", "A, premises_licence, Main,")
    for named, left in (("Main", 0), ("North", 1), ("", 0)):
        sessions = f"session_id, started_at, premises_id\n1, 2025-03-01, {named}"
        verdict = evaluate(place, logs(studios=opened, documents=elsewhere, sessions=sessions))
        assert (len(verdict.failures), len(verdict.unknowns)) == (0, left)
    bare = evaluate(
        place, logs(studios=opened, documents="document_id, document_type", sessions="session_id, started_at")
    )
    assert bare.failures.rows.tolist() == [-1]


def test_work_before_the_opening_of_a_place_needs_its_paper_too() -> None:
    place = {"for": "premises", "document_type": ["premises_licence"], "while": {"log": "sessions"}}
    tables = {
        "premises": "premises_id, opened_on\nP, 2025-03-01",
        "documents": "document_id, document_type, premises_id, valid_from, expires_on\nA, premises_licence, P, 2025-03-01, 2026-01-01",
    }
    for day, late in (("2025-02-28", 1), ("2025-03-01", 0), ("2024-12-31", 0)):
        verdict = evaluate(place, logs(sessions=f"session_id, started_at, premises_id\n1, {day}, P", **tables))
        assert len(verdict.failures) == late


def test_papers_that_were_not_handed_in_are_no_breach() -> None:
    found = not_handed_in(
        logs(studios={"s": {"opened_on": "2020-01-01"}}, documents=PAPERS, sessions="session_id"), "documents"
    )
    verdict = evaluate(INSURANCE, found)
    assert (verdict.reasons, verdict.examined.tolist(), len(verdict.failures)) == (((0, Reason.no_log),), [0], 0)


def test_without_an_opening_day_the_first_record_begins() -> None:
    found = logs(documents=PAPERS, sessions="session_id, started_at\n1, 2025-11-30")
    assert gaps(INSURANCE, found) == [("bad", "2025-11-30", "2025-12-31")]
    assert gaps(INSURANCE, found, period="all", as_of="2025-12-05") == [("bad", "2025-11-30", "2025-12-05")]


def test_contents_must_be_there() -> None:
    plan = {"for": "studio", "document_type": ["exposure_control_plan"], "covers": ["risks"]}

    def covering(words: str) -> list[str]:
        found = logs(
            studios={"s": {"opened_on": "2020-01-01"}},
            documents=f"document_type, issued_on, covers\nexposure_control_plan, 2024-01-01, {words}",
            sessions="session_id, started_at",
        )
        return [answer for answer, _, _ in gaps(plan, found)]

    assert covering("risks; infection") == []
    assert covering("infection") == ["bad"]
    assert covering("") == ["blank"]


def test_a_section_for_each_thing_that_is_done() -> None:
    plan = {"for": "studio", "document_type": ["infection_control_plan"], "covers_each": "sessions.procedure"}
    found = logs(
        studios={"s": {"opened_on": "2020-01-01"}},
        documents="document_type, issued_on, procedures\ninfection_control_plan, 2024-01-01, tattoo",
        sessions="session_id, started_at, procedure\n1, 2025-02-01, tattoo\n2, 2025-03-01, microblading\n3, 2025-04-01, tattoo",
    )
    verdict = evaluate(plan, found)
    assert gaps(plan, found) == [("bad", "2025-03-01", "2025-03-01")]
    assert verdict.failures.fact("covers", 0) == "microblading"
    assert verdict.examined.tolist() == [2]


def test_a_paper_by_the_day_of_opening() -> None:
    before = {"for": "premises", "document_type": ["floor_plan"], "before": "premises.opened_on"}

    def by(issued: str, opened: str = "2025-05-05", **days: str) -> list[str]:
        found = logs(premises=f"premises_id, opened_on\nP, {opened}",
                     documents=f"document_type, premises_id, issued_on, expires_on\nfloor_plan, P, {issued}, 2020-01-01",
                     sessions="session_id")  # fmt: skip
        return [answer for answer, _, _ in gaps(before, found, **days)]

    assert by("2025-05-05") == []
    assert by("2025-05-06") == ["bad"]
    assert by("") == ["blank"]
    assert by("2025-05-06", period="2024") == []


def test_a_renewal_must_be_asked_for_in_time() -> None:
    renew = {"for": "studio", "document_type": ["premises_approval"], "renew": {"working_days": 28}}

    def asked(end: str, applied: str = "", more: str = "") -> int:
        found = logs(documents=PAPERS + f"A, premises_approval, 2023-01-01,, {end},,, {applied}\n{more}")
        verdict = evaluate(renew, found, period="2026", as_of="2026-11-20")
        assert len(verdict.unknowns) in (0, 1)
        return len(verdict.failures) - 10 * len(verdict.unknowns)

    assert asked("2026-12-30") == 0
    assert asked("2026-12-29") == 1
    assert asked("2026-12-29", "2026-11-01") == 0
    assert asked("2026-12-29", "2022-11-01") == 1
    assert asked("2026-12-29", more="B, premises_approval, 2026-12-30,, 2029-12-29,,,") == 0
    assert asked("2026-12-29", more="B, premises_approval, 2026-12-31,, 2029-12-29,,,") == 1
    assert asked("2026-12-29", more="B, premises_approval, 2026-12-30,, 2029-12-29,, revoked,") == 1
    assert asked("2026-12-29", more="B, premises_approval,,,,, pending, 2026-10-01") == 0
    assert asked("2026-11-19") == 0
    assert asked("") == -10


@pytest.mark.parametrize(
    "fields",
    [
        {"for": "friends", "document_type": ["manual"]},
        {"for": "studio", "document_type": ["passport"]},
        {"for": "studio", "document_type": []},
        {"for": "studio", "document_type": ["manual"], "before": "opened_on", "renew": "P30D"},
        {"for": "studio", "document_type": ["manual"], "renew": "P30D", "while": {"log": "sessions"}},
    ],
)
def test_a_check_that_asks_two_things_or_unknown_papers_is_a_mistake(fields: dict) -> None:
    with pytest.raises(ValidationError):
        Document.model_validate({"kind": "document"} | fields)


def test_it_says_itself() -> None:
    said = Document.model_validate({"kind": "document"} | INSURANCE).explain()
    assert said == "A liability insurance must be in force for the studio on every day."


FIRST, DAYS = date(2025, 1, 1), 12


def some_day(chance: random.Random) -> str:
    return f"{FIRST + timedelta(days=chance.randrange(-3, DAYS + 3))}"


def covers(paper: dict, day: str, reviewed: bool) -> str:
    """Whether one paper is in force on a day."""
    if paper["status"] == "suspended" or (paper["expires_on"] and day > paper["expires_on"]):
        return "F"
    start = paper["valid_from"] or paper["issued_on"] or (paper["reviewed_on"] if reviewed else "")
    if start and day < start:
        return "F"
    answer = "T" if start and paper["expires_on"] else "U"
    if reviewed:
        until = [f"{date.fromisoformat(d) + timedelta(days=4)}" for d in (start, paper["reviewed_on"]) if d]
        if until and day > max(until):
            return "F"
        fresh = start and day <= until[0] or paper["reviewed_on"] and paper["reviewed_on"] <= day <= until[-1]
        answer = answer if fresh else "U"
    return answer


@pytest.mark.parametrize("reviewed", [False, True])
@pytest.mark.parametrize("while_", [False, True])
def test_it_agrees_with_looking_at_every_day(while_: bool, reviewed: bool) -> None:
    fields = {"for": "practitioners", "document_type": ["practitioner_licence"]}
    fields |= {"while": {"log": "sessions"}} if while_ else {}
    fields |= {"reviewed": "P4D"} if reviewed else {}
    for seed in range(300):
        chance = random.Random(seed)
        people = [
            (
                p,
                chance.choice("st"),
                chance.choice(["2024-01-01", some_day(chance)]),
                chance.choice(["", some_day(chance)]),
            )
            for p in "XYZ"
        ]
        paper = [
            {"document_type": chance.choice(["practitioner_licence"] * 4 + ["manual"]), "studio_id": chance.choice("st"),
             "practitioner_id": chance.choice(["X", "Y", "Z", "X", "Y", ""]), "valid_from": chance.choice(["", some_day(chance)]),
             "issued_on": chance.choice(["", some_day(chance)]), "expires_on": chance.choice(["", some_day(chance), some_day(chance)]),
             "reviewed_on": chance.choice(["", some_day(chance)]), "status": chance.choice(["", "active", "suspended"])}
            for _ in range(chance.randrange(1, 7))
        ]  # fmt: skip
        sittings = [
            (chance.choice("st"), chance.choice(["X", "Y", "Z", ""]), some_day(chance))
            for _ in range(chance.randrange(8))
        ]
        found = logs(
            studios={s: {"opened_on": "2020-01-01"} for s in "st"},
            practitioners="practitioner_id, studio_id, started_on, left_on\n" + "\n".join(", ".join(p) for p in people),
            documents=", ".join(paper[0]) + "\n" + "\n".join(", ".join(p.values()) for p in paper),
            sessions="studio_id, practitioner_id, started_at\n" + "\n".join(", ".join(s) for s in sittings),
        )
        verdict = evaluate(fields, found, as_of=f"{FIRST + timedelta(days=DAYS - 1)}")
        got = sorted(
            (
                word,
                found.cells("practitioners", "practitioner_id").text(int(part.rows[n])),
                part.fact("from", n),
                part.fact("to", n),
            )
            for part, word in ((verdict.failures, "F"), (verdict.unknowns, "U"))
            for n in range(len(part))
        )
        wanted, stretches = [], 0
        for person, studio, started, left in people:
            alone = sum(s == studio for _, s, _, _ in people) == 1
            days = []
            for day in (f"{FIRST + timedelta(days=n)}" for n in range(DAYS)):
                if not started <= day <= (left or "9"):
                    continue
                own = [(s[1] == person or (alone and not s[1])) for s in sittings if s[0] == studio and s[2] == day]
                maybe = any(not s[1] for s in sittings if s[0] == studio and s[2] == day)
                if while_ and not any(own) and not maybe:
                    continue
                mine = [min("T" if p["practitioner_id"] == person or (alone and not p["practitioner_id"]) else "U"
                            if not p["practitioner_id"] else "F", covers(p, day, reviewed), key="FUT".index)
                        for p in paper if p["studio_id"] == studio and p["document_type"] != "manual"]  # fmt: skip
                answer = max(mine, default="F", key="FUT".index)
                days.append((day, "U" if answer == "F" and while_ and not any(own) else answer))
            for answer, run in groupby(days, key=lambda d: d[1]):
                part = [day for day, _ in run]
                stretches += 1
                if answer != "T":
                    wanted.append((answer, person, part[0], part[-1]))
        # Undecided stretches may be split by their reasons, so the days they hold are compared, and gaps as they are.
        assert [g for g in got if g[0] == "F"] == sorted(w for w in wanted if w[0] == "F"), (
            seed,
            people,
            paper,
            sittings,
        )
        assert {(g[1], g[2]) for g in got if g[0] == "U"} >= {(w[1], w[2]) for w in wanted if w[0] == "U"}, (
            seed,
            people,
            paper,
        )
        assert {(g[1], g[3]) for g in got if g[0] == "U"} >= {(w[1], w[3]) for w in wanted if w[0] == "U"}, (
            seed,
            people,
            paper,
        )
        assert verdict.examined.sum() >= stretches
