"""One question, all studios: what is traced, with which denominators, and what it says to those who ask wrongly."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smpcompliance.api import Handed, hand_in, trace_studios, traced
from smpcompliance.dates import period
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.rules.ruleset import law_at
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.run import NAMED, Kind, NotKnown, Query, Trace, Traced

DAY = "2025-06-30"
YAML = "studio_id: {}\nname: The shop\njurisdiction: US-NJ\ninstruments: reusable\nprocedures: [tattoo]\n"
LOGS = {
    "equipment": "equipment_id,equipment_type,method,installed_on,retired_on\nA1,sterilizer,steam,2020-01-01,\n",
    "spore_tests": "spore_test_id,equipment_id,tested_at,result_on,result,lab_independent\n"
    "t1,A1,2025-03-01,2025-03-04,pass,yes\nt2,A1,2025-03-09,2025-03-12,fail,yes\nt3,A1,2025-03-20,2025-03-23,pass,yes\n"
    "t4,A1,2025-05-01,2025-05-04,fail,yes\nt5,,2025-05-03,2025-05-06,fail,yes\n",
    "sterilization_cycles": "cycle_id,equipment_id,cycle_type,started_at,disposition,packs\n"
    "c0,A1,load,2025-02-01 10:00,released,1\nc1,A1,load,2025-03-05 10:00,released,3\n"
    "c2,A1,load,2025-05-05 10:00,held,2\nc9,A1,load,2025-09-05 10:00,released,2\n",
    "sessions": "session_id,started_at,status,client_id,practitioner_id,station\n"
    "s1,2025-02-10 10:00,performed,K-1,JL,Chair 1\ns2,2025-03-06 10:00,performed,K-2,JL,Chair 2\n"
    "s3,2025-04-06 10:00,performed,K-3,MV,Chair 1\ns4,2025-06-06 10:00,performed,K-2,,Chair 1\n"
    "s5,2025-08-06 10:00,performed,K-2,MV,Chair 1\n",
    "session_supplies": "session_id,item_type,brand,product,lot_number,cycle_id\n"
    "s1,grip,,,,c0\ns2,grip,,,,c1\ns3,grip,,,,\ns4,grip,,,,c0\ns5,grip,,,,c1\n"
    "s2,pigment,Bloodline,All Purpose Black,BL 23,\ns3,pigment,Deep,Black,12A,\n",
    "clients": "client_id,name,phone\nK-1,Jo Doe,555-0101\nK-2,Al Roe,555-0102\nK-3,Bo Poe,555-0103\n",
    "practitioners": "practitioner_id,name\nJL,Jane Lint\nMV,Max Vole\n",
    "incidents": "incident_id,incident_type,equipment_id,occurred_at,reported_at\n",
    "notices": "notice_id,notice_type,sent_on\n",
}


def studio(folder: Path, name: str = "s", **logs: str | None) -> Path:
    """A studio with a machine that failed twice; `None` takes a log away."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "studio.yaml").write_text(YAML.format(name), "utf-8")
    for log, text in {**LOGS, **logs}.items():
        if text is not None:
            (place / f"{log}.csv").write_text(text, "utf-8")
    return place


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio(tmp_path_factory.mktemp("one"))


def tiers(found: Traced, trace: Trace) -> dict[str, str]:
    """The tier of each session by its id."""
    ids = trace.logs.cells("sessions", "session_id")
    strength = (Strength(code).name for code in found.exposed.strength)
    return {ids.text(int(row)): tier for row, tier in zip(found.exposed.sessions, strength, strict=True)}


@cache
def read(path: Path) -> Handed:
    return hand_in([path], (), (), law_at())


def ask(path: Path, kind: Kind, key: str = "", days: str = "", seed: int | None = None) -> Trace:
    """A question about files that are read once."""
    return traced(read(path), Query(kind, key, period(days) if days else None, seed), date.fromisoformat(DAY))


def test_each_failure_is_traced_with_its_loads_clients_law_and_gaps(shop: Path) -> None:
    trace = ask(shop, kind="failed_tests")
    first, second = trace.traced
    assert [each.kind for each in trace.traced] == ["failed_tests"] * 2
    assert [each.key for each in trace.traced] == ["A1", "A1"]
    assert tiers(first, trace) == {"s1": "excluded", "s2": "certain", "s3": "possible", "s4": "excluded"}
    assert [first.clients.codes[n] for n in first.clients.of(Strength.certain)] == ["K-2"]
    assert first.window is not None and first.loads is not None and len(first.loads.rows) == 1
    assert {gap.what for gap in first.gaps} == {"key_blank", "packs_left"}
    assert "still_open" in {gap.what for gap in second.gaps}
    for each in trace.traced:
        assert each.window is not None
        assert {one.evidence.row for one in each.asked} == set(each.window.failed.tolist())
    by_rule = {one.rule.id: one.state for one in first.asked}
    assert by_rule["US-NJ/spore-test-positive-actions.retest"] == "breached"
    assert by_rule["US-NJ/spore-test-positive-actions.authority"] == "breached"
    assert trace.looked_at == ((("failed_tests", 3), ("sessions", 4)),)
    assert [(name, gap.what, gap.count, gap.of) for name, gap in trace.gaps] == [("s", "test_without_machine", 1, 3)]


def test_a_period_chooses_the_failures(shop: Path) -> None:
    trace = ask(shop, kind="failed_tests", days="2025-03")
    assert len(trace.traced) == 1
    assert trace.looked_at == ((("failed_tests", 1), ("sessions", 4)),)
    assert trace.gaps == ()


def test_nothing_failed_is_an_answer_with_its_denominators(tmp_path: Path) -> None:
    tests = "spore_test_id,equipment_id,tested_at,result\nt1,A1,2025-03-01,pass\n"
    trace = ask(studio(tmp_path, spore_tests=tests), kind="failed_tests")
    assert (trace.traced, trace.gaps) == ((), ())
    assert trace.looked_at == ((("failed_tests", 0), ("sessions", 4)),)


def test_by_hand_all_loads_of_a_machine_on_some_days(shop: Path) -> None:
    trace = ask(shop, kind="equipment", key="a1", days="2025-03-01/2025-03-31")
    (found,) = trace.traced
    assert (found.key, trace.query.key) == ("A1", "A1")
    assert tiers(found, trace)["s2"] == "certain"
    assert found.asked == ()
    assert not {"no_test_before", "still_open"} & {gap.what for gap in found.gaps}


def test_a_lot_by_its_number(shop: Path) -> None:
    trace = ask(shop, kind="lot", key="lot bl23")
    (found,) = trace.traced
    assert (found.key, found.lots is not None) == ("lot bl23", True)
    assert tiers(found, trace)["s2"] == "certain"
    assert [what for what, _ in trace.looked_at[0]] == ["lots", "sessions"]


def test_recalls_are_matched_one_by_one_and_the_list_is_named(shop: Path) -> None:
    trace = ask(shop, kind="recalls")
    assert trace.recalls is not None
    assert dict(trace.looked_at[0])["recalls"] == len(trace.recalls.entries) > 0
    assert trace.traced, "Bloodline BL23 is on the list"
    for found in trace.traced:
        assert found.recall is not None and found.match is not None
        assert found.key == found.recall.id
        assert found.use_before is not None and found.use_after is not None
        both = np.r_[found.use_before, found.use_after]
        assert (found.exposed.strength[both] > Strength.excluded).all()
    assert ask(shop, kind="period").recalls is None


def test_a_file_of_recalls_is_asked_beside_the_shipped_list(shop: Path, tmp_path: Path) -> None:
    head = "recall_id,authority,kind,published,brand,also_called,product,maker,lots,expires,reason,source,read_on\n"
    more = tmp_path / "more.csv"
    more.write_text(
        f"{head}X-1,the council,ink,2025-04,Deep,,Black,,12A,,germs,https://example.org,2025-06-01\n", "utf-8"
    )
    trace = trace_studios(shop, as_of=DAY, kind="recalls", recalls=[more])
    (found,) = [each for each in trace.traced if each.key == "X-1"]
    assert found.match == "certain" and tiers(found, trace)["s3"] == "certain"


@pytest.mark.parametrize(
    ("kind", "key", "certain", "possible"),
    [
        ("practitioner", "jl", {"s1", "s2"}, {"s4"}),
        ("practitioner", "Jane Lint", {"s1", "s2"}, {"s4"}),
        ("client", "K-2", {"s2", "s4"}, set()),
        ("client", "Al Roe", {"s2", "s4"}, set()),
        ("station", "chair 1", {"s1", "s3", "s4"}, set()),
        ("period", "", {"s1", "s2", "s3", "s4"}, set()),
    ],
)
def test_people_places_and_times(shop: Path, kind: Any, key: str, certain: set[str], possible: set[str]) -> None:
    trace = ask(shop, kind=kind, key=key)
    (found,) = trace.traced
    by_tier = tiers(found, trace)
    assert {id for id, tier in by_tier.items() if tier == "certain"} == certain
    assert {id for id, tier in by_tier.items() if tier == "possible"} == possible
    assert {gap.what for gap in found.gaps} == ({"not_named"} if possible else set())
    shown = f"{trace.query} {found.key} {found.gaps} {found.clients}"
    assert not any(name in shown for name in ("Jane", "Lint", "Roe", "Doe", "555"))


def test_a_drill_draws_the_same_again_and_says_its_seed(shop: Path) -> None:
    trace = ask(shop, kind="drill")
    assert trace.query.seed == 20250630
    (found,) = trace.traced
    assert found.drawn is not None and found.kind == found.drawn.kind
    again = ask(shop, kind="drill", seed=20250630).traced[0]
    assert again.drawn == found.drawn
    drawn = {ask(shop, kind="drill", seed=seed).traced[0].drawn.key for seed in range(12)}  # type: ignore[union-attr]
    assert len(drawn) > 1


def test_a_drill_with_nothing_to_draw_says_so(tmp_path: Path) -> None:
    trace = ask(studio(tmp_path), kind="drill", days="2019")
    assert (trace.traced, [gap.what for _, gap in trace.gaps]) == ((), ["nothing_to_draw"])


@pytest.mark.parametrize("kind", NAMED)
def test_a_question_about_something_names_it(shop: Path, kind: Any) -> None:
    with pytest.raises(ValueError, match="which"):
        ask(shop, kind=kind, key=" ")


@pytest.mark.parametrize(
    ("kind", "known"),
    [("equipment", "A1"), ("practitioner", "JL, MV"), ("client", "K-1, K-2, K-3"), ("station", "Chair 1, Chair 2")],
)
def test_what_no_studio_knows_is_answered_with_what_they_know_and_no_names(shop: Path, kind: Any, known: str) -> None:
    with pytest.raises(NotKnown) as mistake:
        ask(shop, kind=kind, key="Zoe Quill")
    assert str(mistake.value).endswith(f"known are {known}")
    assert not any(name in str(mistake.value) for name in ("Zoe", "Quill", "Jane", "Lint", "Doe"))


def test_a_lot_that_no_record_knows_is_an_answer(shop: Path) -> None:
    trace = ask(shop, kind="lot", key="ZZZ-999")
    (found,) = trace.traced
    assert found.lots is not None and len(found.lots.rows) == 0
    assert len(found.exposed) == 4


def test_practitioners_known_by_name_only_are_not_named_in_a_mistake(tmp_path: Path) -> None:
    sessions = LOGS["sessions"].replace("JL", "Jane Lint").replace("MV", "Max Vole")
    with pytest.raises(NotKnown) as mistake:
        ask(studio(tmp_path, sessions=sessions, practitioners=None), kind="practitioner", key="XX")
    assert not any(name in str(mistake.value) for name in ("Jane", "Vole"))


def test_of_several_studios_each_answers_for_itself(tmp_path: Path) -> None:
    other = (
        "session_id,started_at,status,client_id,practitioner_id,station\nu1,2025-03-07 10:00,performed,K-2,XY,Room 9\n"
    )
    studio(tmp_path / "fleet", "a")
    studio(tmp_path / "fleet", "b", sessions=other, session_supplies="session_id,item_type,cycle_id\nu1,grip,c1\n")
    everyone = ask(tmp_path / "fleet", kind="failed_tests")
    assert [each.studio.studio_id for each in everyone.traced] == ["a", "a", "b", "b"]
    assert [tiers(each, everyone).get("u1") for each in everyone.traced] == [None, None, "certain", "excluded"]
    assert [dict(each)["sessions"] for each in everyone.looked_at] == [4, 1]
    for each in everyone.traced:
        assert each.window is not None
        assert len({one.evidence.row for one in each.asked} - set(each.window.failed.tolist())) == 0
        assert each.asked
    (there,) = ask(tmp_path / "fleet", kind="practitioner", key="XY").traced
    assert there.studio.studio_id == "b", "the other studio knows nobody of this code"


def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    torn = LOGS["spore_tests"].replace("2025-03-09,2025-03-12", "the ninth,2025-03-12")
    trace = ask(studio(tmp_path, spore_tests=torn), kind="failed_tests")
    places = {(place.file, place.line, place.column) for _, place in trace.unreadable}
    assert ("spore_tests.csv", 3, "tested_at") in places
    assert "test_without_day" in {gap.what for _, gap in trace.gaps}


def test_a_log_that_was_not_handed_in_is_told(tmp_path: Path) -> None:
    trace = ask(studio(tmp_path, session_supplies=None), kind="failed_tests")
    assert any(gap.what == "no_log" for gap in trace.traced[0].gaps)
    trace = ask(studio(tmp_path, "without", sterilization_cycles=None), kind="failed_tests")
    assert any(gap.what == "no_log_of_loads" for gap in trace.traced[0].gaps)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"kind": "everything"}, "failed_tests, equipment, lot"),
        ({"kind": "period", "period": "2026"}, "begins after the day of the trace"),
        ({"kind": "period", "period": "soon"}, "soon"),
    ],
)
def test_questions_that_say_nothing(shop: Path, question: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        trace_studios(shop, as_of=DAY, **question)


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead):
        trace_studios(tmp_path / "nowhere", as_of=DAY, kind="period")


def test_days_may_be_given_as_days(shop: Path) -> None:
    texts = trace_studios(shop, as_of=DAY, kind="failed_tests", period="2025-03")
    days = trace_studios(shop, as_of=date(2025, 6, 30), kind="failed_tests", period=period("2025-03"))
    assert texts.query == days.query and texts.looked_at == days.looked_at


def test_the_law_of_another_place_asks_otherwise(shop: Path) -> None:
    here = {one.rule.ruleset for each in ask(shop, kind="failed_tests").traced for one in each.asked}
    wales = trace_studios(shop, as_of=DAY, kind="failed_tests", jurisdictions=["GB-WLS"])
    england = trace_studios(shop, as_of=DAY, kind="failed_tests", jurisdictions=["GB-ENG"])
    assert here == {"US-NJ", "US"}
    assert {one.rule.ruleset for each in wales.traced for one in each.asked} == {"GB-WLS"}
    assert england.traced and not any(each.asked for each in england.traced)
