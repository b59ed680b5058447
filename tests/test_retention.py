"""Kind `retention`: how far the archive reaches back on the audit day, and what should be gone by then."""

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.base import Verdict
from smpcompliance.checks.retention import Retention
from smpcompliance.dates import period
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs

AS_OF = "2026-11-21"


def evaluate(fields: dict, found: Logs, as_of: str = AS_OF, valid: str = "all", law: str = "all") -> Verdict:
    here = replace(scope(found, as_of=as_of, valid=valid), law=period(law))
    return Retention.model_validate({"kind": "retention"} | fields).evaluate(here)


def answers(fields: dict, found: Logs, **days: str) -> dict[str, str]:
    """The answer for each thing that is not met; `*` is the log as a whole."""
    verdict = evaluate(fields, found, **days)
    key = found.cells(fields["log"], found.log(fields["log"]).schema.key)
    why = verdict.unknowns.why
    assert why is not None
    out = {key.text(int(row)) if row >= 0 else "*": "bad" for row in verdict.failures.rows}
    return out | {
        key.text(int(r)) if r >= 0 else "*": Reason(w).name for r, w in zip(verdict.unknowns.rows, why, strict=True)
    }


CYCLES = {"log": "sterilization_cycles", "keep": "P2Y"}


def cycles(*days: str, opened: str | None = "2020-01-01", fields: dict = CYCLES, **tables: str) -> str:
    profile = {"opened_on": opened} if opened else {}
    found = logs(
        studios={"s": profile},
        sterilization_cycles="cycle_id, cycle_type, started_at\n"
        + "\n".join(f"{n}, load, {d}" for n, d in enumerate(days)),
        **tables,
    )
    return answers(fields, found).get("*", "met")


def test_a_log_reaches_back_within_its_largest_gap_of_the_start_of_the_term() -> None:
    assert cycles("2024-11-01", "2025-01-01") == "met"
    assert cycles("2024-11-25", "2024-11-30") == "met"
    assert cycles("2024-11-26", "2024-12-01") == "met"
    assert cycles("2024-11-26", "2024-11-30") == "history_starts_late"


def test_the_usual_gap_is_at_most_a_month() -> None:
    assert cycles("2024-12-21", "2025-12-30") == "met"
    assert cycles("2024-12-22", "2025-12-30") == "history_starts_late"


def test_a_younger_studio_or_machine_need_not_reach_further_back_than_itself() -> None:
    assert cycles("2026-02-01", "2026-02-08", opened="2026-01-25") == "met"
    assert cycles("2026-02-10", "2026-02-12", opened="2026-01-25") == "history_starts_late"
    machine = "equipment_id, equipment_type, installed_on\nA, sterilizer, 2026-02-09"
    assert cycles("2026-02-10", "2026-02-12", opened="2020-01-01", equipment=machine) == "met"
    assert (
        cycles("2026-02-10", "2026-02-12", opened=None, equipment=machine + "\nB, sterilizer,") == "history_starts_late"
    )


@pytest.mark.parametrize(("law", "met"), [("2025-12-25/2030-12-31", True), ("2025-12-24/2030-12-31", False)])
def test_nothing_is_kept_from_before_the_law(law: str, met: bool) -> None:
    rows = "cycle_id, cycle_type, started_at\n1, load, 2026-01-01\n2, load, 2026-01-08"
    assert answers(CYCLES, logs(sterilization_cycles=rows), law=law) == ({} if met else {"*": "history_starts_late"})


def test_another_log_that_shows_activity_turns_a_late_start_into_a_breach() -> None:
    tests = {"log": "spore_tests", "keep": "P2Y", "from": "result_on"}

    def spores(cycle_day: str, kind: str = "load", tests_on: str = "2026-01-01", handed_in: bool = True) -> str:
        found = logs(
            studios={"s": {"opened_on": "2020-01-01"}},
            spore_tests=f"spore_test_id, tested_at, result_on\nT, {tests_on}, {tests_on}"
            if tests_on
            else "spore_test_id, tested_at",
            sterilization_cycles=f"cycle_id, cycle_type, started_at\n1, {kind}, {cycle_day}",
        )
        found = found if handed_in else not_handed_in(found, "sterilization_cycles")
        return answers(tests, found).get("*", "met")

    assert spores("2025-06-01") == "bad"
    assert spores("2024-11-20") == "history_starts_late"
    assert spores("2024-11-21") == "bad"
    assert spores("2025-12-15") == "history_starts_late"
    assert spores("2025-06-01", "helix") == "history_starts_late"
    assert spores("2025-06-01", tests_on="") == "bad"
    assert spores("2020-06-01", tests_on="") == "met"


def test_silence_of_logs_that_may_begin_late_proves_nothing() -> None:
    found = logs(
        studios={"s": {"opened_on": "2020-01-01"}},
        sessions="session_id, status, started_at\n1, performed, 2024-12-01",
        incidents="incident_id, occurred_at\nI, 2026-01-01",
    )
    assert answers({"log": "incidents", "keep": "P5Y"}, found) == {"*": "history_starts_late"}
    empty = logs(
        sessions="session_id, status, started_at\n1, performed, 2024-12-01", incidents="incident_id, occurred_at"
    )
    assert evaluate({"log": "incidents", "keep": "P5Y"}, empty).examined.tolist() == [0]


def test_a_log_that_was_not_handed_in_forbids_a_pass() -> None:
    found = not_handed_in(logs(sterilization_cycles="cycle_id, started_at"), "sterilization_cycles")
    verdict = evaluate(CYCLES, found)
    assert verdict.reasons == ((0, Reason.no_log),)
    assert verdict.examined.tolist() == [0]


def test_only_the_law_of_the_audit_day_is_asked() -> None:
    found = logs(studios={"s": {"opened_on": "2020-01-01"}}, sterilization_cycles="cycle_id, started_at\n1, 2026-01-01")
    assert answers(CYCLES, found, valid="2020-01-01/2026-11-21") == {"*": "history_starts_late"}
    assert evaluate(CYCLES, found, valid="2020-01-01/2026-11-20").examined.tolist() == [0]


NEEDS = {
    "log": "sessions",
    "where": {"status": {"enum": ["performed"]}},
    "keep": "P3Y",
    "from": "started_at",
    "each": True,
    "needs": ["consent", "session_supplies"],
}


def kept(session: str, consents: str = "C, 2025-01-01", supplies: str = "S, 1", drop: str = "") -> dict[str, str]:
    found = logs(
        studios={"s": {"opened_on": "2025-01-01"}},
        sessions=f"session_id, status, started_at, consent_id\n1, {session}",
        consent_forms="consent_id, signed_at\n" + consents,
        session_supplies="supply_id, session_id\n" + supplies,
    )
    return answers(NEEDS, not_handed_in(found, drop) if drop else found)


def test_what_belongs_to_a_record_must_still_be_there() -> None:
    assert kept("performed, 2025-01-02, C") == {}
    assert kept("performed, 2025-01-02, D") == {"1": "bad"}
    assert kept("performed, 2025-01-02,") == {"1": "blank"}
    assert kept("performed, 2025-01-02, C", supplies="S, 2") == {"1": "bad"}
    assert kept("performed, 2025-01-02, C", supplies="S,") == {"1": "ambiguous"}
    assert kept("performed, 2025-01-02, C", drop="session_supplies") == {"1": "no_log"}
    assert kept(", 2025-01-02, D") == {"1": "blank", "*": "blank"}
    assert kept("cancelled, 2025-01-02, D") == {}


def test_a_record_whose_term_is_over_is_not_asked_and_its_last_day_counts() -> None:
    def old(day: str) -> bool:
        return "1" in kept(f"performed, {day}, D")

    assert old("2023-11-21")
    assert not old("2023-11-20 23:59")
    assert old("2023-11")


PACKS = {
    "log": "session_supplies",
    "where": {"cycle_id": {"required": True}, "session.status": {"enum": ["performed"]}},
    "keep": "P3Y",
    "from": "session.started_at",
    "each": True,
    "needs": ["cycle"],
}


def packs(*supplies: str, fields: dict = PACKS, drop: str = "") -> Verdict:
    found = logs(
        studios={"s": {"opened_on": "2026-01-02"}},
        sessions="session_id, status, started_at\n"
        + "\n".join(f"S{m}, performed, 2026-{m:02}-05" for m in range(1, 11)),
        session_supplies="session_id, item_type, cycle_id\n" + "\n".join(supplies),
        sterilization_cycles="cycle_id, cycle_type, started_at\nC7, load, 2026-07-01",
    )
    return evaluate(fields, not_handed_in(found, drop) if drop else found)


def counted(verdict: Verdict) -> tuple[int, int, int]:
    return int(verdict.examined.sum()), int(verdict.failed.sum()), int(verdict.unknown.sum())


NEEDLES = [f"S{m}, needle," for m in range(1, 11)]


def test_records_that_are_not_meant_are_no_gap_of_the_log() -> None:
    assert counted(packs(*NEEDLES, "S7, sterile_pack, C7")) == (2, 0, 0)
    assert counted(packs(*NEEDLES)) == (0, 0, 0)
    assert counted(packs("S2, sterile_pack, C7", "S2, needle,", "S3, needle,")) == (2, 0, 0)
    assert counted(packs(*NEEDLES, "S7, sterile_pack, C8")) == (2, 1, 0)
    assert counted(packs("S7, needle,", "S8, sterile_pack, C7")) == (2, 0, 1)
    needles = {"log": "session_supplies", "where": {"item_type": {"enum": ["needle"]}}, "keep": "P3Y",
               "from": "session.started_at"}  # fmt: skip
    assert counted(packs(*NEEDLES[6:], fields=needles)) == (1, 1, 0)
    assert counted(packs("S1, pigment,", *NEEDLES[6:], fields=needles)) == (1, 0, 1)


def test_records_that_are_not_meant_do_not_make_the_usual_gap_smaller() -> None:
    found = logs(
        studios={"s": {"opened_on": "2026-01-02"}},
        sessions="session_id, status, started_at\n1, performed, 2026-02-01\n2, no_show, 2026-02-02",
        session_supplies="supply_id, session_id\nS, 1",
    )
    assert answers(NEEDS | {"needs": ["session_supplies"]}, found) == {}


def test_a_needed_log_that_was_not_handed_in_forbids_a_pass_even_when_every_term_is_over() -> None:
    old = {**NEEDS, "keep": "P1M"}
    found = logs(
        studios={"s": {"opened_on": "2026-01-02"}},
        sessions="session_id, status, started_at, consent_id\n1, performed, 2026-01-05, C\n2, cancelled, 2026-01-06,",
        consent_forms="consent_id, signed_at\nC, 2026-01-05",
        session_supplies="supply_id, session_id\nS, 1",
    )
    assert (evaluate(old, found).reasons, counted(evaluate(old, found))) == ((), (1, 0, 0))
    for log in ("session_supplies", "consent_forms"):
        assert evaluate(old, not_handed_in(found, log)).reasons == ((0, Reason.no_log),)
    assert packs(*NEEDLES, drop="sterilization_cycles").reasons == ()


def test_a_log_without_each_is_as_good_as_its_worst_record() -> None:
    whole = {**NEEDS, "each": False}
    found = logs(
        studios={"s": {"opened_on": "2025-01-01"}},
        sessions="session_id, status, started_at, consent_id\n1, performed, 2025-01-02, D\n2, performed, 2025-01-03, C",
        consent_forms="consent_id, signed_at\nC, 2025-01-01",
        session_supplies="supply_id, session_id\nS, 1\nT, 2",
    )
    assert answers(whole, found) == {"*": "bad"}
    assert evaluate(whole, found).examined.tolist() == [1]
    assert evaluate(NEEDS, found).examined.tolist() == [3]


def test_a_planned_day_of_deletion_before_the_end_of_the_term_is_a_breach() -> None:
    def planned(day: str) -> dict[str, str]:
        found = logs(consent_forms=f"consent_id, signed_at, delete_after_on\nC, 2025-01-10, {day}")
        return {
            k: v for k, v in answers({"log": "consent_forms", "keep": "P3Y", "each": True}, found).items() if k == "C"
        }

    assert planned("2028-01-09") == {"C": "bad"}
    assert planned("2028-01-10") == {}
    assert planned("") == {}
    assert planned("2028-01") == {"C": "precision"}


def test_the_end_of_the_calendar_year_starts_the_term() -> None:
    clock = {"log": "incidents", "keep": "P5Y", "from": {"column": "occurred_at", "round": "year_end"}}

    def oldest(*days: str) -> str:
        rows = "\n".join(f"{n}, {day}" for n, day in enumerate(days))
        found = logs(studios={"s": {"opened_on": "2010-01-01"}}, incidents=f"incident_id, occurred_at\n{rows}")
        return answers(clock, found).get("*", "met")

    assert oldest("2021-01-31", "2022-01-01") == "met"
    assert oldest("2021-02-02", "2022-01-01") == "history_starts_late"


def test_who_has_not_left_still_counts() -> None:
    people = {"log": "practitioners", "keep": "P30Y", "from": "left_on", "each": True}
    found = logs(practitioners="practitioner_id, left_on\nA,\nB, 2020-01-01\nC, 1990-01-01")
    verdict = evaluate(people, found)
    assert verdict.examined.tolist() == [2]
    assert not len(verdict.failures) and not len(verdict.unknowns)


def test_what_identifies_somebody_must_go_when_the_term_is_over() -> None:
    limit = {"log": "consent_forms", "keep": "P10Y", "at_most": True}

    def stays(signed: str, client: str = "K", delete: str = "") -> str:
        found = logs(
            clients="client_id, name\nK, Somebody\nN,",
            consent_forms=f"consent_id, client_id, signed_at, delete_after_on\nC, {client}, {signed}, {delete}",
        )
        return answers(limit, found).get("C", "met")

    assert stays("2016-11-20") == "bad"
    assert stays("2016-11-21") == "met"
    assert stays("2016-11") == "precision"
    assert stays("") == "blank"
    assert stays("2016-11-20", client="N") == "met"
    assert stays("2016-11-20", delete="2027-01-01") == "met"


def test_the_place_is_known_from_the_profile_only() -> None:
    place = {"log": "sessions", "keep": "P90D", "on_site": True}

    def lies(profile: dict, day: str = "2026-10-01") -> str:
        found = logs(studios={"s": profile}, sessions=f"session_id, started_at\n1, {day}")
        return answers(place, found).get("*", "met")

    assert lies({"records_on_site": ("sessions",)}) == "met"
    assert lies({"records_on_site": ("incidents",)}) == "bad"
    assert lies({}) == "blank"
    assert lies({}, "2026-01-01") == "met"


@pytest.mark.parametrize(
    "fields",
    [
        {"log": "sessions", "keep": "P3Y", "needs": ["friends"]},
        {"log": "sessions", "keep": "P3Y", "needs": ["incidents"]} | {"at_most": True},
        {"log": "clients", "keep": "P3Y"},
        {"log": "sessions", "keep": "three years"},
        {"log": "sessions", "keep": "P3Y", "from": {"column": "started_at", "round": "month_end"}},
    ],
)
def test_a_term_that_cannot_be_asked_is_a_mistake(fields: dict) -> None:
    with pytest.raises(ValidationError):
        Retention.model_validate({"kind": "retention"} | fields)


def test_it_says_itself() -> None:
    said = Retention.model_validate({"kind": "retention"} | NEEDS).explain()
    assert said.startswith("On the audit day records of sessions") and "3 years from started at" in said


def naive(session: dict, consents: list[str], supplies: list[str], keep: int, as_of: date) -> str | None:
    """The answer for one session, from the lists of all consents and supplies of its studio."""
    if not session["day"]:
        running, unsure = True, True
    else:
        low = date.fromisoformat(session["day"] if len(session["day"]) > 7 else session["day"] + "-01")
        high = low if len(session["day"]) > 7 else date(low.year, low.month, 28) + timedelta(days=4)
        high = high if len(session["day"]) > 7 else high - timedelta(days=high.day)
        running, unsure = high + timedelta(days=keep) >= as_of, low + timedelta(days=keep) < as_of
    if not running or session["status"] == "cancelled":
        return None
    consent = "U" if not session["consent"] else "T" if session["consent"] in consents else "F"
    supply = "T" if session["id"] in supplies else "U" if "" in supplies else "F"
    answer = "F" if "F" in (consent, supply) else "U" if "U" in (consent, supply) else "T"
    return "U" if answer == "F" and (unsure or not session["status"]) else answer


def test_it_agrees_with_looking_up_every_session() -> None:
    as_of, first = date(2025, 3, 31), date(2025, 1, 1)
    for seed in range(1200):
        chance = random.Random(seed)
        sessions = [
            {"id": f"{n}", "studio": chance.choice("st"), "status": chance.choice(["performed", "performed", "cancelled", ""]),
             "day": chance.choice([f"{first + timedelta(days=chance.randrange(80))}"] * 3 + ["2025-02", ""]),
             "consent": chance.choice(["C1", "C2", "C3", ""])}
            for n in range(chance.randrange(1, 7))
        ]  # fmt: skip
        consents = [(chance.choice("st"), f"C{chance.randrange(1, 4)}") for _ in range(3)]
        supplies = [(chance.choice("st"), chance.choice(["0", "1", "2", "3", "4", "", "0", "1"])) for _ in range(5)]
        found = logs(
            studios={"s": {"opened_on": "2025-03-30"}, "t": {"opened_on": "2025-03-30"}},
            sessions="session_id, studio_id, status, started_at, consent_id\n"
            + "\n".join(f"{s['id']}, {s['studio']}, {s['status']}, {s['day']}, {s['consent']}" for s in sessions),
            consent_forms="studio_id, consent_id\n" + "\n".join(f"{s}, {c}" for s, c in consents),
            session_supplies="studio_id, session_id, supply_id\n"
            + "\n".join(f"{s}, {c}, {n}" for n, (s, c) in enumerate(supplies)),
        )
        got = answers(NEEDS | {"keep": "P50D"}, found, as_of=as_of.isoformat())
        got = {key: "F" if why == "bad" else "U" for key, why in got.items() if key != "*"}
        wanted = {}
        for s in sessions:
            answer = naive(
                s,
                [c for of, c in consents if of == s["studio"]],
                [c for of, c in supplies if of == s["studio"]],
                50,
                as_of,
            )
            if answer in ("F", "U"):
                wanted[s["id"]] = answer
        assert got == wanted, (seed, sessions, consents, supplies)


def naive_reach(days: list[date], load_days: list[date], opened: date | None, as_of: date) -> str | None:
    """The answer for one studio's spore tests, day by day."""
    need = max(as_of - timedelta(days=60), opened or date.min)
    if not days:
        return "F" if any(need <= d <= as_of for d in load_days) else None
    known = sorted(set(days))
    gap = max((b - a for a, b in pairwise(known)), default=timedelta(days=31))
    if known[0] <= min(need + gap, other_month(need, 1)):
        return "T"
    return "F" if any(need <= d < max(known[0] - gap, other_month(known[0], -1)) for d in load_days) else "U"


def other_month(day: date, by: int) -> date:
    """The same day of the next or last month, or its last day."""
    month = date(day.year + (day.month - 1 + by) // 12, (day.month - 1 + by) % 12 + 1, 1)
    return next(d for d in (month + timedelta(days=day.day - 1 - n) for n in range(4)) if d.month == month.month)


def test_the_reach_of_a_log_agrees_with_looking_at_every_day() -> None:
    as_of, first = date(2025, 4, 1), date(2025, 1, 1)
    for seed in range(1200):
        chance = random.Random(seed)

        def some(most: int, chance: random.Random = chance) -> dict[str, list[date]]:
            start = chance.randrange(80)
            return {
                s: [first + timedelta(days=start + chance.randrange(85 - start)) for _ in range(chance.randrange(most))]
                for s in "st"
            }

        tests, loads = some(5), some(5)
        opened = {s: chance.choice([None, first + timedelta(days=chance.randrange(60))]) for s in "st"}
        found = logs(
            studios={s: {"opened_on": opened[s]} if opened[s] else {} for s in "st"},
            spore_tests="studio_id, tested_at\n" + "\n".join(f"{s}, {d}" for s in "st" for d in tests[s]),
            sterilization_cycles="studio_id, cycle_type, started_at\n"
            + "\n".join(f"{s}, load, {d}" for s in "st" for d in loads[s]),
        )
        verdict = evaluate({"log": "spore_tests", "keep": "P60D"}, found, as_of=as_of.isoformat())
        got = {0: "T", 1: "T"} | dict.fromkeys(verdict.failures.studio.tolist(), "F")
        got |= dict.fromkeys(verdict.unknowns.studio.tolist(), "U")
        for n, s in enumerate("st"):
            answer = naive_reach(tests[s], loads[s], opened[s], as_of)
            assert verdict.examined[n] == (answer is not None)
            assert got[n] == (answer or "T"), (seed, tests[s], loads[s], opened[s])
