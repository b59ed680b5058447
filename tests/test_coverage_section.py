"""What the logs cover: records, days and gaps, said as what they are, in the report and in JSON."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from law import audited, contents_rule, law, write

from smpcompliance.audit.coverage import Coverage, coverage
from smpcompliance.audit.finding import Audit
from smpcompliance.dates import Period
from smpcompliance.report import render
from smpcompliance.report.page import Block, Heading, Items, Table, Text
from smpcompliance.report.schema import audit_schema
from smpcompliance.report.sections.coverage import coverage as section
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import load_words

HEAD = "cycle_id,cycle_type,started_at,contents\n"
SPORES = contents_rule().replace("log: sterilization_cycles", "log: spore_tests").replace(
    "where: {cycle_type: {enum: [load]}}", "where: {}").replace(
    "contents: {required", "result: {required").replace("{cycle_id}", "{spore_test_id}")  # fmt: skip


def said(found: Audit, studio_id: str) -> list[Block]:
    studio = next(each for each in found.studios if each.studio_id == studio_id)
    return section(found, studio, Telling(), load_words())


def made(folder: Path, *days: str, period: str = "2026-10", as_of: str = "2026-11-10", **how: Any) -> Audit:
    rows = "".join(f"L{n},load,{day},x\n" for n, day in enumerate(days))
    files = {"sterilization_cycles_dot_csv": HEAD + rows, **how.get("files", {})}
    profile = "studio_id: s1\nname: Fade\njurisdiction: XX\n" + how.get("profile", "")
    place = write(folder / "s", studio=profile, **files)
    rules = law(folder / "law", **how.get("rules", {"a": contents_rule()}))
    return audited(rules, place, period=period, as_of=as_of)


def loads(found: Audit) -> Coverage:
    return next(c for c in coverage(found) if c.log == "sterilization_cycles")


def october(first: int, last: int) -> Period:
    return Period(date(2026, 10, first), date(2026, 10, last))


@pytest.mark.parametrize(
    ("days", "gap"),
    [
        (["2026-10-01", "2026-10-31"], (2, 30)),
        (["2026-09-20", "2026-10-10", "2026-10-20T15:00", "2026-11-05"], (21, 31)),
        (["2026-10-11", "2026-10-11", "2026-10-21"], (1, 10)),
        (["2026-10-16"], (1, 15)),
        (["2026-09-01"], (1, 31)),
        ([], (1, 31)),
    ],
)
def test_the_longest_stretch_without_a_record(tmp_path: Path, days: list[str], gap: tuple[int, int]) -> None:
    found = loads(made(tmp_path, *days))
    assert found.records == len(days) and found.days
    assert found.days.gap == october(*gap) and found.days.gap_days == gap[1] - gap[0] + 1


def test_a_record_on_every_day_leaves_no_gap(tmp_path: Path) -> None:
    days = loads(made(tmp_path, *(f"2026-10-{n:02d}" for n in range(1, 32)))).days
    assert days and days.gap is None and days.gap_days == 0 and days.within == 31


def test_days_before_the_studio_opened_and_after_the_audit_are_not_looked_at(tmp_path: Path) -> None:
    days = loads(made(tmp_path, "2026-10-12", as_of="2026-10-15", profile="opened_on: 2026-10-10\n")).days
    assert days and days.looked_at == october(10, 15) and days.gap == october(13, 15)
    assert days.begins_before is False and days.reaches_end is False


def test_an_audit_of_everything_looks_from_the_first_record_to_the_audit_day(tmp_path: Path) -> None:
    days = loads(made(tmp_path, "2026-10-01", "2026-10-03", period="all", as_of="2026-10-04")).days
    assert days and days.looked_at == october(1, 4) and days.gap == october(2, 2)
    assert days.begins_before is True


def test_a_period_that_has_not_begun_has_no_gap(tmp_path: Path) -> None:
    found = made(tmp_path, as_of="2026-09-30")
    days = loads(found).days
    assert days and days.looked_at is None and days.gap is None and days.begins_before is None
    assert "no day of the period has come" in repr(said(found, "s1"))


def test_records_without_a_readable_day_are_counted_apart(tmp_path: Path) -> None:
    found = loads(made(tmp_path, "2026-10-05", "", "31/31/2026", "2026-10"))
    assert found.records == 4 and found.days
    assert (found.days.within, found.days.undated, found.days.unreadable) == (1, 2, 1)


def test_lists_of_things_that_last_say_their_count_only(tmp_path: Path) -> None:
    lots = "lot_id,item_type,lot_number,received_on\nX1,needle,7,2026-10-01\nX2,needle,8,\n"
    found = made(tmp_path, files={"supply_lots_dot_csv": lots})
    (each,) = (c for c in coverage(found) if c.log == "supply_lots")
    assert each.records == 2 and each.days is None
    tables = [b for b in said(found, "s1") if isinstance(b, Table)]
    assert [row[1].text for row in tables[1].rows if row[0].text == "supply lots"] == ["2"]


def test_a_log_that_rules_wait_for_is_named_with_their_number(tmp_path: Path) -> None:
    found = made(tmp_path, "2026-10-01", rules={"a": contents_rule(), "b": SPORES, "c": SPORES})
    (each,) = (c for c in coverage(found) if not c.handed_in)
    assert (each.log, each.waiting, each.days) == ("spore_tests", ("XX/b", "XX/c"), None)
    items = next(b for b in said(found, "s1") if isinstance(b, Items)).items
    assert [(i.title, i.text) for i in items] == [("spore tests", "2 rules wait for this log.")]


def test_a_log_handed_in_empty_is_zero_records_and_nothing_waits(tmp_path: Path) -> None:
    found = made(tmp_path, files={"spore_tests_dot_csv": "spore_test_id,tested_at,result\n"}, rules={"b": SPORES})
    (each,) = (c for c in coverage(found) if c.log == "spore_tests")
    assert each.handed_in and each.records == 0 and each.waiting == ()


def test_a_gap_is_never_called_a_breach(tmp_path: Path) -> None:
    blocks = said(made(tmp_path, "2026-10-05"), "s1")
    assert isinstance(blocks[0], Heading) and isinstance(blocks[1], Text)
    assert "is no breach" in blocks[1].text
    assert "✕" not in repr(blocks) and "breach" not in repr(blocks[2:])


def test_each_studio_has_its_own_numbers(tmp_path: Path) -> None:
    for n, day in enumerate(("2026-10-02", "2026-10-30")):
        write(tmp_path / f"all/s{n}", studio=f"studio_id: s{n}\njurisdiction: XX\n",
              sterilization_cycles_dot_csv=f"{HEAD}A,load,{day},x\n")  # fmt: skip
    found = audited(law(tmp_path / "law", a=contents_rule()), tmp_path / "all", period="2026-10", as_of="2026-11-10")
    every = [c for c in coverage(found) if c.log == "sterilization_cycles"]
    assert [(c.studio_id, c.records, c.days and c.days.gap) for c in every] == [
        ("s0", 1, october(3, 31)), ("s1", 1, october(1, 29)),
    ]  # fmt: skip
    assert [c for s in ("s0", "s1") for c in coverage(found, s)] == list(coverage(found))


def test_a_studio_without_any_log_says_so(tmp_path: Path) -> None:
    found = made(tmp_path)
    other = replace(found.studios[0], studio_id="s2")
    found = replace(found, studios=(*found.studios, other), chains=found.chains | {"s2": ()})
    assert coverage(found, "s2") == ()
    assert "Nothing." in repr(said(found, "s2"))


def test_the_json_report_has_the_same_numbers(tmp_path: Path) -> None:
    data = json.loads(render(made(tmp_path, "2026-10-05", "", rules={"a": contents_rule(), "b": SPORES}), "json"))
    jsonschema.validate(data, audit_schema())
    loads_, spores = data["coverage"]
    assert loads_ == {
        "studio_id": "s1", "log": "sterilization_cycles", "handed_in": True, "files": [{"file": "sterilization_cycles.csv", "sheet": None}],
        "records": 2, "within": 1, "first": "2026-10-05", "last": "2026-10-05", "undated": 1, "unreadable": 0,
        "looked_at": {"from": "2026-10-01", "to": "2026-10-31"}, "gap": {"from": "2026-10-06", "to": "2026-10-31"},
        "gap_days": 26, "begins_before": False, "reaches_end": False, "waiting": [],
    }  # fmt: skip
    assert spores["handed_in"] is False and spores["waiting"] == ["XX/b"] and spores["within"] is None
