"""Kind `limit`: measures, windows, bounds, doubt; and a plain loop as oracle."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.limit import Limit
from smpcompliance.logs.cells import Reason

VISITS = {"kind": "limit", "log": "sessions", "where": {"status": {"enum": ["performed"]}}, "per": "practitioner_id"}
NEEDLES = {
    "kind": "limit",
    "log": "session_supplies",
    "per": "lot_id",
    "measure": {"sum": "quantity"},
    "at_most": "lot.quantity",
}
SESSION = "session_id, started_at\nS1, 2025-03-01"


def judge(check: dict[str, Any], when: dict[str, str] | None = None, **tables: Any) -> tuple[list[Any], list[Any], int]:
    """(group, window, total) of each breach, (group, window) of what cannot be judged, and how much was judged."""
    verdict = Limit.model_validate(check).evaluate(scope(logs(**tables), **(when or {})))
    group = check["per"] if isinstance(check.get("per"), str) else "window"
    bad, unknown = (
        [tuple(part.fact(name, n) for name in (group, "window", "total")) for n in range(len(part))]
        for part in (verdict.failures, verdict.unknowns)
    )
    return sorted(bad), sorted(entry[:2] for entry in unknown), int(verdict.examined.sum())


def visits(*days: str, person: str = "P") -> str:
    return "practitioner_id, status, started_at, ended_at\n" + "\n".join(
        f"{person}, performed, {day}" + ("" if "," in day else ",") for day in days
    )


def used(*amounts: str) -> dict[str, str]:
    lines = [f"L1, {amount}, S1" for amount in amounts]
    return {"sessions": SESSION, "session_supplies": "\n".join(["lot_id, quantity, session_id", *lines])}


@pytest.mark.parametrize(
    ("amounts", "breaches"), [(["2", "1"], 0), (["2", "1", "1"], 1), (["2", ""], 0), (["2", "", ""], 1)]
)
def test_no_more_needles_are_used_than_were_bought_and_a_blank_is_one(amounts: list[str], breaches: int) -> None:
    found = judge(NEEDLES, supply_lots="lot_id, quantity\nL1, 3", **used(*amounts))
    assert (len(found[0]), found[1], found[2]) == (breaches, [], 1)


def test_a_blank_bound_cannot_be_judged() -> None:
    assert judge(NEEDLES, supply_lots="lot_id, quantity\nL1,", **used("1"))[1] == [("L1", "2025-03-01 to 2026-11-21")]


def test_an_unreadable_amount_may_be_anything() -> None:
    assert len(judge(NEEDLES, supply_lots="lot_id, quantity\nL1, 3", **used("1", "some"))[1]) == 1
    assert len(judge(NEEDLES, supply_lots="lot_id, quantity\nL1, 3", **used("4", "some"))[0]) == 1


def test_a_record_without_a_group_turns_met_into_undecided_and_never_into_breached() -> None:
    tables = used("2") | {"supply_lots": "lot_id, quantity\nL1, 3"}
    tables["session_supplies"] += "\n, 1, S1"
    assert judge(NEEDLES, **tables) == ([], [], 1)
    tables["session_supplies"] += "\n, 1, S1"
    assert judge(NEEDLES, **tables)[1] == [("L1", "2025-03-01 to 2026-11-21")]


def test_the_evidence_is_the_last_record_with_total_bound_and_the_others() -> None:
    built = logs(supply_lots="lot_id, quantity\nL1, 3", **used("2", "1", "1"))
    found = Limit.model_validate(NEEDLES).evaluate(scope(built, "2025", "2025-12-31")).failures
    assert (found.log, list(found.rows)) == ("session_supplies", [2])
    assert {name: found.fact(name, 0) for name in ("lot_id", "total", "bound", "window")} == {
        "lot_id": "L1", "total": "4", "bound": "3", "window": "2025-03-01 to 2025-12-31",
    }  # fmt: skip
    assert [(log, list(rows)) for log, _, rows in found.related()] == [("session_supplies", [0, 1])]
    assert found.words(0) == "sum of quantity 4 (2025-03-01 to 2025-12-31), at most 3"


FIVE_IN_A_ROW = VISITS | {"measures": [
    {"measure": "longest_run_days", "window": "calendar_year", "at_most": 5},
    {"measure": "distinct_days", "window": "calendar_year", "at_most": 15},
]}  # fmt: skip


def days(first: str, n: int, step: int = 1) -> list[str]:
    return [str(date.fromisoformat(first) + timedelta(days=step * k)) for k in range(n)]


def test_at_most_five_days_in_a_row_and_fifteen_in_a_year() -> None:
    assert judge(FIVE_IN_A_ROW, sessions=visits(*days("2025-01-01", 5), *days("2025-01-07", 5))) == ([], [], 2)
    assert judge(FIVE_IN_A_ROW, sessions=visits(*days("2025-01-01", 6)))[0] == [("P", "2025", "6")]
    assert judge(FIVE_IN_A_ROW, sessions=visits(*days("2025-01-01", 15, 2))) == ([], [], 2)
    assert judge(FIVE_IN_A_ROW, sessions=visits(*days("2025-01-01", 16, 2)))[0] == [("P", "2025", "16")]


def test_two_sittings_of_a_day_are_one_day_and_a_night_counts_on_its_first_day() -> None:
    late = "2025-01-05T23:00, 2025-01-06T02:00"
    assert judge(FIVE_IN_A_ROW, sessions=visits(*days("2025-01-01", 5), "2025-01-03T18:00", late)) == ([], [], 2)


def test_a_run_that_ended_before_the_period_is_history() -> None:
    check = VISITS | {"measure": "longest_run_days", "window": "whole", "at_most": 5}
    table = visits(*days("2024-12-01", 7), "2025-01-10")
    assert judge(check, {"period": "2025"}, sessions=table)[0] == []
    assert len(judge(check, {"period": "2025"}, sessions=visits(*days("2024-12-28", 6)))[0]) == 1


def test_records_for_which_unless_finds_a_paper_do_not_count() -> None:
    check = VISITS | {"measure": "distinct_days", "window": "calendar_year", "at_most": 1, "unless": {
        "log": "documents", "match": {"practitioner_id": "practitioner_id"},
        "where": {"document_type": {"enum": ["practitioner_registration"]}}, "valid": "document",
    }}  # fmt: skip
    papers = (
        "practitioner_id, document_type, valid_from, expires_on\nP, practitioner_registration, 2025-01-02, 2025-01-31"
    )
    found = judge(check, sessions=visits("2025-01-01", "2025-01-02", "2025-01-31"), documents=papers)
    assert found == ([], [], 1)
    found = judge(check, sessions=visits("2025-01-01", "2025-01-02", "2025-02-01"), documents=papers)
    assert found[0] == [("P", "2025", "2")]


def test_a_sliding_window_ends_on_each_counted_day_and_includes_it() -> None:
    check = VISITS | {"measure": "distinct_days", "window": "P90D", "at_most": 2}
    assert judge(check, sessions=visits("2025-01-01", "2025-01-05", "2025-04-01")) == ([], [], 3)
    assert judge(check, sessions=visits("2025-01-01", "2025-01-05", "2025-03-31"))[0] == [
        ("P", "2025-01-01 to 2025-03-31", "3")
    ]


@pytest.mark.parametrize(("second", "most"), [("2025-01-01T12:00, 2025-01-01T13:00", "met"), ("2025-01-01T11:59, 2025-01-01T13:00", "bad"),
                                              ("2025-01-01T09:00,", "unknown"), ("2025-01-01, 2025-01-01", "unknown"), ("2025-01-02T00:00,", "met")])  # fmt: skip
def test_sittings_at_the_same_moment(second: str, most: str) -> None:
    check = VISITS | {"measure": "concurrent", "window": "calendar_day", "at_most": 1}
    found = judge(check, sessions=visits("2025-01-01T10:00, 2025-01-01T12:00", second))
    assert (len(found[0]), len(found[1])) == {"met": (0, 0), "bad": (1, 0), "unknown": (0, 1)}[most]


def test_a_bound_may_stand_in_a_paper() -> None:
    check = {"kind": "limit", "log": "sessions", "per": "premises_id", "measure": "concurrent", "window": "calendar_day", "at_most": {
        "log": "documents", "match": {"premises_id": "premises_id"}, "where": {"document_type": {"enum": ["premises_approval"]}},
        "valid": "document", "column": "limit_count",
    }}  # fmt: skip
    table = "premises_id, started_at, ended_at\n" + "\n".join(
        ["H, 2025-01-01T10:00, 2025-01-01T12:00"] * 2 + ["K, 2025-01-01T10:00, 2025-01-01T12:00"]
    )
    papers = "premises_id, document_type, valid_from, expires_on, limit_count\nH, premises_approval, 2024-01-01, 2026-01-01, {0}"
    assert len(judge(check, sessions=table, documents=papers.format(1))[0]) == 1
    assert judge(check, sessions=table, documents=papers.format(2)) == ([], [("K", "2025-01-01")], 2)


def test_at_least_is_judged_only_in_whole_windows() -> None:
    check = VISITS | {"measure": "count", "window": "calendar_month", "at_least": 2}
    table = visits("2025-01-10", "2025-01-20", "2025-02-03", "2025-04-01")
    found = judge(check, {"as_of": "2025-04-29"}, sessions=table)
    assert found == ([("P", "2025-02", "1"), ("P", "2025-03", "0")], [], 3)
    people = "practitioner_id, started_on, left_on\nP, 2025-02-02, 2025-03-15"
    assert judge(check, {"as_of": "2025-04-29"}, sessions=table, practitioners=people) == ([], [], 0)


YEARLY_HOURS = {
    "kind": "limit", "log": "training_records", "per": "practitioner_id", "measure": {"sum": "hours"}, "window": "licence_year", "at_least": 10,
    "licence": {"log": "documents", "match": {"practitioner_id": "practitioner_id"}, "where": {"document_type": {"enum": ["practitioner_licence"]}}},
}  # fmt: skip


def test_a_licence_year_begins_with_the_licence_and_needs_no_record_to_be_missed() -> None:
    papers = "practitioner_id, document_type, valid_from, expires_on\nP, practitioner_licence, 2023-05-01, 2025-04-30\nQ, practitioner_licence, 2024-05-01, 2025-04-30"
    courses = "practitioner_id, completed_on, hours\nP, 2024-04-30, 10\nP, 2024-05-01, 9\nP, 2025-05-01, 9"
    found = judge(YEARLY_HOURS, {"as_of": "2025-12-31"}, training_records=courses, documents=papers)
    assert found == ([("P", "2024-05-01 to 2025-04-30", "9"), ("Q", "2024-05-01 to 2025-04-30", "0")], [], 3)


def test_a_group_that_only_records_in_doubt_make_may_not_be_there_at_all() -> None:
    check = {
        "kind": "limit", "log": "training_records", "per": "practitioner_id", "measure": {"sum": "hours"}, "at_least": 360,
        "where": {"provider_approved": {"enum": ["true"]}},
    }  # fmt: skip
    courses = "practitioner_id, completed_on, hours, provider_approved\nP, 2024-06-01, 10,\nQ, 2024-06-01, 10, true\nQ, 2024-07-01, 5,"
    found, undecided, _ = judge(check, {}, training_records=courses)
    assert [each[0] for each in found] == ["Q"]
    assert [each[0] for each in undecided] == ["P"]


def test_what_is_left_of_a_paper_after_whole_years_is_no_year_to_reach_anything_in() -> None:
    papers = "practitioner_id, document_type, valid_from, expires_on\nP, practitioner_licence, 2024-05-10, 2025-05-31"
    for day in ("2024-05-10", "2025-05-31"):
        courses = f"practitioner_id, completed_on, hours\nP, {day}, 10"
        assert judge(YEARLY_HOURS, {"as_of": "2025-12-31"}, training_records=courses, documents=papers) == ([], [], 1)
    courses = "practitioner_id, completed_on, hours\nP, 2025-06-01, 10"
    found = judge(YEARLY_HOURS, {"as_of": "2025-12-31"}, training_records=courses, documents=papers)
    assert found == ([("P", "2024-05-10 to 2025-05-31", "0")], [], 1)
    assert judge(YEARLY_HOURS, {"as_of": "2025-05-30"}, training_records=courses, documents=papers) == ([], [], 0)


def test_the_register_makes_a_practitioner_count_of_whom_nothing_is_recorded() -> None:
    check = {
        "kind": "limit",
        "log": "training_records",
        "per": "practitioner_id",
        "measure": {"sum": "hours"},
        "at_least": 360,
        "subjects": {"log": "practitioners"},
    }
    people = "practitioner_id\nP\nQ"
    found = judge(
        check, training_records="practitioner_id, completed_on, hours\nP, 2024-04-30, 360", practitioners=people
    )
    assert [group for group, _, _ in found[0]] == ["Q"]


def test_a_share_counts_the_records_that_meet_more() -> None:
    check = VISITS | {"measure": {"share": {"of": {"premises_id": {"enum": ["home"]}}}}, "at_most": 0.5}
    heads = "practitioner_id, status, started_at, premises_id\n"
    rows = ["P, performed, 2025-01-01, home", "P, performed, 2025-01-02, shop"]
    assert judge(check, sessions=heads + "\n".join(rows)) == ([], [], 1)
    assert len(judge(check, sessions=heads + "\n".join([*rows, "P, performed, 2025-01-03,"]))[1]) == 1
    assert len(judge(check, sessions=heads + "\n".join([*rows, rows[0]]))[0]) == 1


def test_a_window_of_a_record_judges_each_record() -> None:
    check = {
        "kind": "limit",
        "log": "session_supplies",
        "measure": {"sum": "quantity"},
        "window": "record",
        "at_most": 2,
    }
    verdict = Limit.model_validate(check).evaluate(scope(logs(**used("2", "3", "", "x"))))
    assert (list(verdict.failures.rows), list(verdict.unknowns.rows), list(verdict.examined)) == ([1], [3], [4])


def test_a_group_is_judged_when_it_has_a_record_in_the_audit_and_later_ones_are_not_looked_at() -> None:
    check = VISITS | {"measure": "count", "at_most": 2}
    table = visits("2024-12-01", "2024-12-02", "2025-01-10", "2025-02-10")
    assert judge(check, {"period": "2024"}, sessions=table) == ([], [], 1)
    assert judge(check, {"period": "2025-01"}, sessions=table)[0] == [("P", "2024-12-01 to 2025-01-31", "3")]
    assert judge(check, {"period": "2025-03"}, sessions=table) == ([], [], 0)


def test_a_log_that_was_not_handed_in_breaches_nothing_and_forbids_a_pass() -> None:
    built = not_handed_in(logs(sessions=visits("2025-01-01", "2025-01-02")), "sessions")
    verdict = Limit.model_validate(VISITS | {"measure": "count", "at_most": 1}).evaluate(scope(built))
    assert (verdict.examined.sum(), verdict.reasons) == (0, ((0, Reason.no_log),))


@pytest.mark.parametrize(
    "change",
    [{}, {"measure": "count"}, {"measure": "count", "at_most": 1, "measures": [{"measure": "count", "at_most": 1}]},
     {"measure": "count", "at_most": 1, "window": "licence_year"}, {"measure": "count", "at_most": 1, "window": "month"}],
)  # fmt: skip
def test_what_does_not_fit_together_is_a_mistake(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Limit.model_validate(VISITS | change)


Row = tuple[str, str, str, str]


def _naive(
    rows: list[Row], measure: str, window: str, bound: int, first: date, last: date
) -> dict[tuple[str, str, str], str]:
    """Answers of all (studio, group, window) by plain loops; a record in doubt adds one at most."""
    read = []
    for studio, group, status, text in rows:
        if status != "booked" and (not text or date.fromisoformat(text) <= last):
            day = date.fromisoformat(text) if text else None
            read.append((studio, group, status == "performed" and bool(group) and day is not None, day))
    out = {}
    for studio in "st":
        named = {g for s, g, _, _ in read if s == studio and g}
        for group in named or {""}:
            own = [(sure and bool(group), day) for s, g, sure, day in read if s == studio and g == group]
            lost = [day for s, g, _, day in read if s == studio and not g and group]
            whens = sorted({d for _, d in own if d and first <= d})
            windows = {
                "whole": [(date.min, last)] if whens or any(d is None for _, d in own) else [],
                "P10D": [(d - timedelta(days=9), d) for d in whens],
                "calendar_month": sorted({(d.replace(day=1), (d.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)) for d in whens}),
            }[window]  # fmt: skip
            if not windows and any(d is None for _, d in own):
                out[studio, group, ""] = "unknown"
            for begin, stop in windows:
                sure = [d for s, d in own if s and d and begin <= d <= stop]
                more = sum(not s and (d is None or begin <= d <= stop) for s, d in own)
                more += sum(d is None or begin <= d <= stop for d in lost)
                if measure == "count":
                    low = high = len(sure)
                elif measure == "distinct_days":
                    low = high = len(set(sure))
                else:
                    low, high = _run(set(sure), first), len(set(sure)) if more else 0
                high = max(low, high + more)
                name = str(begin)[:7] if window == "calendar_month" else f"{begin} to {stop}"
                out[studio, group, name] = "bad" if low > bound else "unknown" if high > bound else "met"
    return out


def _run(found: set[date], since: date) -> int:
    best = 0
    for day in found:
        run = {day}
        while max(run) + timedelta(days=1) in found:
            run.add(max(run) + timedelta(days=1))
        if max(run) >= since:
            best = max(best, len(run))
    return best


@pytest.mark.parametrize("measure", ["count", "distinct_days", "longest_run_days"])
@pytest.mark.parametrize("window", ["whole", "P10D", "calendar_month"])
def test_measures_agree_with_a_plain_loop(measure: str, window: str) -> None:
    rng = random.Random(f"{measure} {window}")
    for _ in range(300):
        blank = rng.choice([0.0, 0.1])
        rows: list[Row] = [
            (rng.choice("st"), "" if rng.random() < blank else rng.choice("PQ"), rng.choice(["performed"] * 8 + ["booked", ""]),
             "" if rng.random() < blank / 2 else str(date(2025, 1, 20) + timedelta(days=rng.randrange(40))))
            for _ in range(rng.randrange(25))
        ]  # fmt: skip
        first, last = date(2025, 1, 28), date(2025, 2, 20)
        bound = rng.randrange(1, 5)
        table = "studio_id, practitioner_id, status, started_at\n" + "\n".join(map(", ".join, rows))
        check = VISITS | {"measure": measure, "window": window, "at_most": bound}
        built = logs(studios={"s": {}, "t": {}}, sessions=table)
        verdict = Limit.model_validate(check).evaluate(scope(built, f"{first}/{last}", "2025-03-01"))
        wanted = _naive(rows, measure, window, bound, first, last)
        found: dict[Any, str] = {}
        for part, word in ((verdict.failures, "bad"), (verdict.unknowns, "unknown")):
            for n in range(len(part)):
                name = part.fact("window", n) if window != "whole" else f"{date.min} to {last}"
                found["st"[part.studio[n]], part.fact("practitioner_id", n), name] = word
        assert found == {key: answer for key, answer in wanted.items() if answer != "met"}, table
        assert verdict.examined.sum() == len(wanted), table


def test_a_group_named_by_a_list_is_called_by_its_words() -> None:
    check = {**VISITS, "per": "premises.area", "measure": "count", "at_most": 1}
    found = judge(
        check,
        premises="premises_id, area\nA, town; county\nB, county; town",
        sessions="premises_id, status, started_at\nA, performed, 2025-03-01\nB, performed, 2025-03-02",
    )
    assert [(area, total) for area, _, total in found[0]] == [("county; town", "2")]
