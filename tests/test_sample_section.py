"""The inspector's sample: drawn so that anybody can draw it again, each record with its chain of evidence."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from law import audited, contents_rule, law, write

from smpcompliance.audit.draw import draw, quotas
from smpcompliance.audit.finding import Audit
from smpcompliance.report.page import Block, Facts, Heading, Table
from smpcompliance.report.sections.sample import sample
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import load_words

SESSIONS = """session_id,started_at,client_id,consent_id,practitioner_id,procedure,status,notes
S1,2026-10-05 10:00,C1,F1,P1,tattoo,performed,secret
S2,2026-10-06 10:00,C2,F9,,tattoo,performed,secret
S3,2026-10-07 10:00,C1,F1,P1,tattoo,cancelled,secret
S4,2026-09-30 10:00,C1,F1,P1,tattoo,performed,secret
"""
FILES = {
    "sessions_dot_csv": SESSIONS,
    "consent_forms_dot_csv": "consent_id,client_id,signed_at,medications\nF1,C1,2026-10-05 09:50,hidden\n",
    "clients_dot_csv": "client_id,name,birth_date\nC1,Jane Roe,1990-01-01\nC2,John Doe,1991-01-01\n",
    "practitioners_dot_csv": "practitioner_id,name,role\nP1,Mary Major,artist\n",
    "session_supplies_dot_csv": "supply_id,session_id,item_type,lot_id,cycle_id\n"
    "U1,S1,needle,L1,\nU2,S1,reusable_instrument,,Y1\nU3,S1,reusable_instrument,,Y1\nU4,S1,needle,L9,\n",
    "supply_lots_dot_csv": "lot_id,item_type,lot_number,received_on\nL1,needle,7,2026-01-01\n",
    "sterilization_cycles_dot_csv": "cycle_id,equipment_id,cycle_type,started_at,result\n"
    "Y1,M1,load,2026-10-04 09:00,pass\nY2,M1,helix,2026-10-04 08:00,pass\n",
    "equipment_dot_csv": "equipment_id,equipment_type,serial_number\nM1,autoclave,77\n",
    "spore_tests_dot_csv": "spore_test_id,equipment_id,tested_at,result\n"
    "T1,M1,2026-09-01,pass\nT2,M1,2026-10-01,pass\nT3,M1,2026-10-20,pass\nT4,M1,2026-10-30,pass\nT5,M2,2026-10-03,pass\n",
}


def made(folder: Path, **files: str) -> Audit:
    place = write(folder / "s", studio="studio_id: s1\nname: Fade\njurisdiction: XX\n", **files)
    return audited(law(folder / "law", a=contents_rule()), place, period="2026-10", as_of="2026-11-21")


@pytest.fixture(name="found")
def _found(tmp_path: Path) -> Audit:
    return made(tmp_path, **FILES)


def told(found: Audit, **how: Any) -> list[Block]:
    return sample(found, found.studios[0], Telling("inspector", **how), load_words())


def chain(found: Audit, title: str) -> list[tuple[str, ...]]:
    """The rows of the table below the heading of a record: what, record, place."""
    blocks = told(found, sample=100)
    at = next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.text.endswith(title))
    table = next(b for b in blocks[at:] if isinstance(b, Table))
    return [tuple(cell.text for cell in row[:3]) for row in table.rows]


def test_a_session_leads_to_form_client_supplies_lots_packs_machine_and_spore_tests(found: Audit) -> None:
    assert chain(found, "Session S1") == [
        ("Session", "S1", "sessions.csv, line 2"),
        ("Consent form", "F1", "consent_forms.csv, line 2"),
        ("Client record", "C1", "clients.csv, line 2"),
        ("Person", "P1", "practitioners.csv, line 2"),
        ("Supply used", "U1", "session_supplies.csv, line 2"),
        ("Lot", "L1", "supply_lots.csv, line 2"),
        ("Supply used", "U2", "session_supplies.csv, line 3"),
        ("Cycle", "Y1", "sterilization_cycles.csv, line 2"),
        ("Machine", "M1", "equipment.csv, line 2"),
        ("Spore test before", "T2", "spore_tests.csv, line 3"),
        ("Spore test after", "T3", "spore_tests.csv, line 4"),
        ("Supply used", "U3", "session_supplies.csv, line 4"),
        ("Supply used", "U4", "session_supplies.csv, line 5"),
        ("Lot", "L9, which is not in the log supply lots", "–"),
    ]


def test_what_is_missing_in_a_chain_is_said(found: Audit) -> None:
    assert chain(found, "Session S2")[1:] == [
        ("Consent form", "F9, which is not in the log consent forms", "–"),
        ("Client record", "C2", "clients.csv, line 3"),
        ("Person", "none is written down", "–"),
        ("Supply used", "none is written down", "–"),
    ]


def test_a_log_that_was_not_handed_in_is_said(tmp_path: Path) -> None:
    files = {name: FILES[name] for name in ("sessions_dot_csv", "sterilization_cycles_dot_csv")}
    found = made(tmp_path, **files)
    assert ("Supply used", "the log session supplies was not handed in", "–") in chain(found, "Session S1")
    assert [row[:2] for row in chain(found, "Cycle Y1")[1:]] == [
        ("Machine", "the log equipment was not handed in"), ("Spore test", "the log spore tests was not handed in"),
    ]  # fmt: skip


def test_a_load_leads_to_the_sessions_its_packs_were_used_in(found: Audit) -> None:
    assert [row[:2] for row in chain(found, "Cycle Y1")] == [
        ("Cycle", "Y1"), ("Machine", "M1"), ("Spore test before", "T2"), ("Spore test after", "T3"),
        ("Supply used", "U2"), ("Session", "S1"), ("Supply used", "U3"),
    ]  # fmt: skip


def test_a_load_with_very_many_packs_says_how_many_more_there_are(tmp_path: Path) -> None:
    packs = "".join(f"U{n},S1,reusable_instrument,,Y1\n" for n in range(12))
    supplies = "supply_id,session_id,item_type,lot_id,cycle_id\n" + packs
    rows = chain(made(tmp_path, **FILES | {"session_supplies_dot_csv": supplies}), "Cycle Y1")
    assert rows[-1] == ("Supply used", "7 more records lead here", "–")


def test_a_spore_test_stands_between_those_before_and_after(found: Audit) -> None:
    assert [row[:2] for row in chain(found, "Spore test T3")] == [
        ("Spore test", "T3"), ("Machine", "M1"), ("Spore test before", "T2"), ("Spore test after", "T4"),
    ]  # fmt: skip


def test_a_spore_test_of_the_same_day_is_neither_before_nor_after(tmp_path: Path) -> None:
    tests = "spore_test_id,equipment_id,tested_at,result\nT1,M1,2026-10-04,pass\n"
    rows = chain(made(tmp_path, **FILES | {"spore_tests_dot_csv": tests}), "Cycle Y1")
    assert [row for row in rows if "Spore" in row[0]] == [
        ("Spore test of the same day", "T1", "spore_tests.csv, line 2")
    ]  # fmt: skip


def test_only_records_of_the_period_that_happened_are_drawn(found: Audit) -> None:
    drawn = draw(found, "s1", 100, 1)
    assert drawn.counts == {"sessions": 2, "sterilization_cycles": 1, "spore_tests": 4, "consent_forms": 1}
    assert {each.key for each in drawn.drawn} == {"S1", "S2", "Y1", "T2", "T3", "T4", "T5", "F1"}


def test_nothing_private_is_shown(found: Audit) -> None:
    said = repr(told(found, sample=100))
    for text in ("secret", "hidden", "Jane", "John", "Mary", "1990"):
        assert text not in said


def test_each_drawn_record_can_be_checked_by_hand(found: Audit) -> None:
    drawn = draw(found, "s1", 3, 7)
    every = draw(found, "s1", 100, 7).drawn
    for each in every:
        assert each.hash == hashlib.sha256(f"7|s1|{each.log}|{each.key}".encode()).hexdigest()
    smallest = min((each for each in every if each.log == "spore_tests"), key=lambda each: each.hash)
    assert smallest in drawn.drawn
    assert f"{smallest.text} begins with {smallest.hash[:16]}" in repr(told(found, sample=3, seed=7))


def test_the_order_of_lines_and_files_does_not_matter(tmp_path: Path) -> None:
    head, *rows = FILES["spore_tests_dot_csv"].splitlines()
    turned = "\n".join([head, *reversed(rows)]) + "\n"
    one, other = made(tmp_path / "a", **FILES), made(tmp_path / "b", **FILES | {"spore_tests_dot_csv": turned})
    assert [each.key for each in draw(one, "s1", 5, 3).drawn] == [each.key for each in draw(other, "s1", 5, 3).drawn]


def test_the_seed_is_the_audit_day_unless_one_is_given_and_another_draws_others(found: Audit) -> None:
    def seed(**how: Any) -> str:
        return next(b for b in told(found, **how) if isinstance(b, Facts)).pairs[0][1]

    assert (seed(), seed(seed=5), seed(seed=0)) == ("20261121", "5", "0")
    assert told(found) == told(found)
    assert len({tuple(each.key for each in draw(found, "s1", 4, n).drawn) for n in range(20)}) > 1


@pytest.mark.parametrize(
    ("counts", "most", "given"),
    [
        ({"a": 100, "b": 1}, 12, {"a": 11, "b": 1}),
        ({"a": 19, "b": 21, "c": 3, "d": 18}, 12, {"a": 4, "b": 4, "c": 1, "d": 3}),
        ({"a": 2, "b": 3}, 12, {"a": 2, "b": 3}),
        ({"a": 9, "b": 9, "c": 9}, 2, {"a": 1, "b": 1}),
        ({}, 12, {}),
    ],
)
def test_every_log_with_records_is_in_the_sample(counts: dict[str, int], most: int, given: dict[str, int]) -> None:
    assert quotas(counts, most) == given


def test_the_section_says_from_how_many_it_drew_and_has_boxes(found: Audit) -> None:
    blocks = told(found, sample=3)
    assert ("Drawn", "3 of 8 records of the period") in next(b for b in blocks if isinstance(b, Facts)).pairs
    tables = [b for b in blocks if isinstance(b, Table)]
    assert len(tables) == 1 + 3
    assert all(row[3].text == "☐" for table in tables[1:] for row in table.rows)
    levels = [b.level for b in blocks if isinstance(b, Heading)]
    assert levels == [2, 3, 3, 3]


def test_no_sample_where_none_is_asked_for_and_none_to_draw_from_says_so(tmp_path: Path, found: Audit) -> None:
    assert told(found, sample=0) == []
    empty = made(tmp_path / "e", sessions_dot_csv=SESSIONS.splitlines()[0] + "\n")
    assert "Nothing to draw from." in repr(told(empty))
    other = replace(found.studios[0], studio_id="s2")
    assert "Nothing to draw from." in repr(sample(found, other, Telling(), load_words()))


def test_each_studio_draws_from_its_own_records(tmp_path: Path) -> None:
    for n in (1, 2):
        rows = "".join(f"{n}{k},M1,2026-10-{k + 1:02d},pass\n" for k in range(9))
        write(tmp_path / f"all/s{n}", studio=f"studio_id: s{n}\njurisdiction: XX\n",
              spore_tests_dot_csv="spore_test_id,equipment_id,tested_at,result\n" + rows)  # fmt: skip
    found = audited(law(tmp_path / "law", a=contents_rule()), tmp_path / "all", period="2026-10")
    for name in ("1", "2"):
        drawn = draw(found, f"s{name}", 4, 1).drawn
        assert len(drawn) == 4 and all(each.key.startswith(name) for each in drawn)
    second = draw(found, "s2", 1, 20261121).drawn[0]
    behind = chain(replace(found, studios=found.studios[1:]), f"Spore test {second.key}")
    assert all(key.startswith("2") for what, key, _ in behind if what.startswith("Spore"))
