"""Pictures of a studio's records: what they show, what they say they leave out, and what they never show."""

import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from law import audited, law, write

from smpcompliance.audit.finding import Audit
from smpcompliance.logs.schema import LOGS
from smpcompliance.report.page import PICTURE_WIDTH, Block, Figure, Heading, Label, Line, Mark, Rect, Text
from smpcompliance.report.pictures import pictures
from smpcompliance.report.pictures.lettering import fitted, width
from smpcompliance.report.pictures.stretches import days_of
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import load_words

SPORES = """
title: A spore test every month
severity: critical
citation: {text: s. 5, source: act}
basis: text
verified: 2026-01-01
check:
  kind: interval
  log: spore_tests
  where: {result: {enum: [pass, fail]}}
  per: equipment_id
  every: P1M
  reckon: calendar
  while: {log: sterilization_cycles, where: {cycle_type: {enum: [load]}}}
message: '{equipment_id} without a test in {spans}.'
"""
HOLD = """
title: Hot and long enough
severity: major
citation: {text: s. 6, source: act}
basis: text
verified: 2026-01-01
parameters:
  hot: {about: degrees, since: {2020-01-01: 120, 2026-10-15: 133}}
  hold: {about: minutes, value: 7}
check:
  kind: record
  log: sterilization_cycles
  where: {cycle_type: {enum: [load]}, method: {enum: [steam]}, result: {enum: [pass]}}
  require:
    contents: {required: true}
    temperature_c: {minimum: $hot}
    exposure_minutes: {minimum: $hold}
message: Load {cycle_id} was too cold or too short.
"""
PAIRS = """
title: One of two pairs
severity: advice
citation: {text: s. 7, source: act}
basis: text
verified: 2026-01-01
check:
  kind: record
  log: sterilization_cycles
  require:
    any_of:
      - {temperature_c: {minimum: 134}, exposure_minutes: {minimum: 3}}
      - {temperature_c: {minimum: 121}, exposure_minutes: {minimum: 15}}
message: Load {cycle_id} keeps none of the pairs.
"""
LOADS = "cycle_id,equipment_id,cycle_type,method,started_at,temperature_c,exposure_minutes,contents,result\n"
MACHINES = "equipment_id,equipment_type,installed_on\n"


def studio(folder: Path, period: str = "2026-10", rules: dict[str, str] | None = None, **logs: str) -> Audit:
    """Audits a studio with these logs, one CSV text each."""
    files = {f"{name}_dot_csv": text for name, text in logs.items()}
    place = write(folder / "studio", studio="studio_id: s1\nname: Kettle\njurisdiction: XX\n", **files)
    return audited(law(folder / "law", **(rules or {"spores": SPORES})), place, period=period, as_of="2026-11-10")


def drawn(found: Audit) -> list[Block]:
    return pictures(found, found.studios[0], Telling(), load_words())


def figure(found: Audit, title: str) -> Figure:
    return next(b for b in drawn(found) if isinstance(b, Figure) and b.title.startswith(title))


def told(found: Audit, title: str) -> str:
    """The small print below a figure, or what stands in its place."""
    blocks = drawn(found)
    for n, block in enumerate(blocks):
        if isinstance(block, Text) and block.lead.startswith(title):
            return block.text
        if isinstance(block, Figure) and block.title.startswith(title):
            after = blocks[n + 1] if n + 1 < len(blocks) else None
            return after.text if isinstance(after, Text) and not after.lead else ""
    raise AssertionError(f"no picture {title}")


def cells(found: Figure) -> list[list[str]]:
    return [[cell.text for cell in row] for row in found.table.rows]


def shown(found: Figure, kind: type) -> list:  # type: ignore[type-arg]
    return [shape for shape in found.shapes if isinstance(shape, kind)]


def signs(found: Figure, form: str) -> int:
    """Marks of a form, the one in the legend left out."""
    return max(0, sum(mark.shape == form for mark in shown(found, Mark)) - 1)


def words_in(found: Figure) -> str:
    return " | ".join(label.text for label in shown(found, Label))


def test_without_any_log_every_picture_says_what_is_missing_and_none_is_drawn(tmp_path: Path) -> None:
    blocks = drawn(studio(tmp_path, notices="notice_id\nN1\n"))
    assert isinstance(blocks[0], Heading) and blocks[0].text == "The records in pictures"
    assert not [b for b in blocks if isinstance(b, Figure)]
    said = {b.lead: b.text for b in blocks if isinstance(b, Text) and b.lead}
    assert (
        "not handed in were the log of the steriliser's runs, the spore tests" in said["Each steriliser over the year."]
    )
    assert "not handed in were the lots" in said["Lots in use and the last day they may be used."]
    assert "not thereby in order" in said["How hot and how long each load was held."]
    assert "1 rule could not be judged" in said["Findings by topic."]


TESTS = "spore_test_id,equipment_id,tested_at,result\n"


def test_a_strip_shows_loads_tests_of_every_end_failures_and_silence(tmp_path: Path) -> None:
    loads = LOADS + "".join(f"L{n},A,load,steam,2026-0{n}-10T09:00,134,18,x,pass\n" for n in range(1, 10))
    loads += "F,A,load,steam,2026-09-12T09:00,90,1,x,aborted\nU,A,,steam,2026-09-13,,,,\nN,,load,steam,2026-09-13,,,,\nX,A,load,steam,31/31/2026,,,,\n"
    tests = (
        TESTS
        + "1,A,2026-01-11,pass\n2,A,2026-02-11,fail\n3,A,2026-03-11,pending\n4,A,2026-04-11,void\n5,A,2026-05-11,\n"
    )
    found = studio(
        tmp_path, sterilization_cycles=loads, spore_tests=tests, equipment=MACHINES + "A,sterilizer,2026-01-01\n"
    )
    strip = figure(found, "Each steriliser")
    assert [signs(strip, form) for form in ("circle", "cross", "ring", "triangle", "square", "diamond")] == [1] * 6
    assert cells(strip)[0][:4] == ["A", "10", "1", "1 passed, 1 pending, 1 without result, 1 void, 1 failed"]
    assert cells(strip)[0][5] == "48 days: 14 Sep 2026 to 31 Oct 2026"
    assert any(line.dashed for line in shown(strip, Line)) and "48 days" in words_in(strip)
    for part in (
        "1 run names no steriliser",
        "1 run or load has no readable day",
        "1 run does not say what it was for",
    ):
        assert part in told(found, "Each steriliser")


def test_stretches_without_a_test_are_those_of_the_findings(tmp_path: Path) -> None:
    loads = LOADS + "".join(f"{n},A,load,steam,2026-0{n}-10T09:00,134,18,x,pass\n" for n in (3, 4, 5))
    found = studio(
        tmp_path, "2026-03-01/2026-05-31", sterilization_cycles=loads, spore_tests=TESTS + "1,A,2026-04-02,pass\n"
    )
    strip = figure(found, "Each steriliser")
    assert cells(strip)[0][4] == "1 Mar 2026 to 31 Mar 2026; 1 May 2026 to 31 May 2026"
    hatched = [rect for rect in shown(strip, Rect) if rect.look == "hatched"]
    assert len(hatched) == 3 and {rect.tone for rect in hatched} == {"critical"}
    assert "s. 5 (XX/spores)" in told(found, "Each steriliser")


def test_where_no_rule_judged_spore_tests_none_is_marked_and_that_is_said(tmp_path: Path) -> None:
    found = studio(
        tmp_path, rules={"hold": HOLD}, sterilization_cycles=LOADS + "1,A,load,steam,2026-10-10,134,18,x,pass\n"
    )
    assert "No rule about the time between spore tests was judged" in told(found, "Each steriliser")
    assert "Not handed in: the spore tests" in told(found, "Each steriliser")
    assert cells(figure(found, "Each steriliser"))[0][4] == "not judged"


def test_a_steriliser_of_the_register_without_a_record_has_an_empty_strip(tmp_path: Path) -> None:
    machines = MACHINES + "A,sterilizer,2026-01-01\nB,sterilizer,2026-01-01\nGUN,tattoo_machine,2026-01-01\n"
    found = studio(
        tmp_path, sterilization_cycles=LOADS + "1,A,load,steam,2026-09-10,134,18,x,pass\n", equipment=machines
    )
    assert [row[:2] for row in cells(figure(found, "Each steriliser"))] == [["A", "1"], ["B", "0"]]


@pytest.mark.parametrize(
    ("span", "days"),
    [
        ("2026-03-05", ("2026-03-05", "2026-03-05")),
        ("2026-W07", ("2026-02-09", "2026-02-15")),
        ("2026-12", ("2026-12-01", "2026-12-31")),
        ("2026-Q4", ("2026-10-01", "2026-12-31")),
        ("2026-H1", ("2026-01-01", "2026-06-30")),
        ("2026", ("2026-01-01", "2026-12-31")),
        ("2026-01-05 to 2026-03-10", ("2026-01-05", "2026-03-10")),
    ],
)
def test_the_names_of_stretches_are_read_as_findings_write_them(span: str, days: tuple[str, str]) -> None:
    first, last = (date(1970, 1, 1) + timedelta(days=n) for n in days_of(span) or (0, 0))
    assert (first.isoformat(), last.isoformat()) == days
    assert days_of("2026-02-30") is None and days_of("some day") is None


HOT = LOADS + (
    "OK,A,load,steam,2026-10-02,134,18,x,pass\nCOLD,A,load,steam,2026-10-16,130,18,x,pass\n"
    "EMPTY,A,load,steam,2026-10-17,134,18,,pass\nBROKE,A,load,steam,2026-10-18,90,1,x,fail\n"
    "DRY,B,load,dry_heat,2026-10-18,160,120,x,pass\nBLANK,A,load,steam,2026-10-18,,18,x,pass\n"
)


def test_the_line_is_that_of_the_rule_on_the_days_of_the_period(tmp_path: Path) -> None:
    found = studio(tmp_path, rules={"hold": HOLD}, sterilization_cycles=HOT)
    held = figure(found, "How hot")
    assert "at least 120 °C · 7 min; at least 133 °C · 7 min" in words_in(held)
    assert "s. 6 (XX/hold)" in told(found, "How hot") and "1 load of the period lacks" in told(found, "How hot")
    early = figure(
        studio(tmp_path / "b", "2026-09", {"hold": HOLD}, sterilization_cycles=HOT.replace("-10-", "-09-")), "How hot"
    )
    assert "at least 120 °C · 7 min" in words_in(early) and "133" not in words_in(early)


def test_only_loads_that_the_numbers_themselves_breach_are_below_the_line(tmp_path: Path) -> None:
    held = figure(studio(tmp_path, rules={"hold": HOLD}, sterilization_cycles=HOT), "How hot")
    assert [row[:3] + row[5:] for row in cells(held)] == [
        ["A", "steam", "4", "1", "1"],
        ["B", "dry heat", "1", "0", "1"],
    ]
    assert signs(held, "cross") == 1 and "COLD" in words_in(held) and "EMPTY" not in words_in(held)
    assert "Below it: 1." in held.alt


def test_of_several_pairs_one_is_enough(tmp_path: Path) -> None:
    loads = (
        LOADS
        + "1,A,load,steam,2026-10-02,134,4,x,pass\n2,A,load,steam,2026-10-02,122,16,x,pass\n3,A,load,steam,2026-10-02,122,4,x,pass\n"
    )
    held = figure(studio(tmp_path, rules={"pairs": PAIRS}, sterilization_cycles=loads), "How hot")
    assert "at least 134 °C · 3 min or 121 °C · 15 min" in words_in(held)
    assert signs(held, "cross") == 1 and "least that advice asks for" in words_in(held)


def test_without_a_rule_no_line_is_drawn_and_that_is_said(tmp_path: Path) -> None:
    found = studio(tmp_path, sterilization_cycles=HOT)
    assert "so no line is drawn" in told(found, "How hot") and "so no line is drawn" in figure(found, "How hot").alt
    assert not [line for line in shown(figure(found, "How hot"), Line) if line.tone != "plain"]


def test_without_a_load_with_both_numbers_there_is_no_scatter(tmp_path: Path) -> None:
    found = studio(tmp_path, sterilization_cycles=LOADS + "1,A,load,steam,2026-10-02,,,x,pass\n")
    assert "there is no record" in told(found, "How hot")


LOTS = "lot_id,item_type,received_on,expires_on,quantity\n"
SESSIONS = "session_id,practitioner_id,client_id,status,started_at\n"
USES = "supply_id,session_id,item_type,lot_id\n"


def test_lots_used_too_late_come_first_and_are_marked(tmp_path: Path) -> None:
    lots = (
        LOTS
        + "OLD,pigment,2026-01-01,2026-09-30,9\nNEW,needle,2026-10-01,2028-01-01,9\nOPEN,glove,2026-10-01,,9\nBAD,glove,2026-10-01,soon,9\n"
    )
    sessions = (
        SESSIONS
        + "S1,P,C,performed,2026-09-30T10:00\nS2,P,C,performed,2026-10-01T10:00\nS3,P,C,cancelled,2026-10-05T10:00\nS4,P,C,performed,\n"
    )
    uses = USES + "".join(f"U{n},S{n},pigment,OLD\n" for n in (1, 2, 3, 4))
    found = studio(tmp_path, supply_lots=lots, sessions=sessions, session_supplies=uses)
    bars = figure(found, "Lots in use")
    assert [row[0] for row in cells(bars)] == ["OLD", "NEW", "BAD", "OPEN"]
    assert cells(bars)[0][4:] == ["2", "1 Oct 2026", "1"] and signs(bars, "cross") == 1
    assert [row[3] for row in cells(bars)][2:] == ["unreadable", "not written"]
    for part in ("1 lot has no last day", "1 lot has a last day that cannot be read", "1 use of a supply"):
        assert part in told(found, "Lots in use")


def test_of_many_lots_thirty_are_drawn_and_the_rest_is_said(tmp_path: Path) -> None:
    lots = LOTS + "".join(f"L{n},pigment,2026-10-01,2027-01-{n % 28 + 1:02},5\n" for n in range(300))
    found = studio(tmp_path, supply_lots=lots)
    assert len(cells(figure(found, "Lots in use"))) == 30 and "270 more lots are not drawn" in told(
        found, "Lots in use"
    )
    assert "300 lots in use" in figure(found, "Lots in use").alt


STAFF = "practitioner_id,name,role,started_on\nMV,Jane Roe,artist,2026-01-01\nQ,John Doe,artist,2026-01-01\n"
PAPERS = "document_id,document_type,practitioner_id,valid_from,expires_on,status\n"


def test_sessions_that_no_valid_paper_covers_are_marked(tmp_path: Path) -> None:
    papers = PAPERS + (
        "1,practitioner_licence,MV,2026-01-01,2026-05-31,active\n2,practitioner_licence,MV,2026-07-01,2027-06-30,active\n"
        "3,membership,MV,2026-01-01,2027-01-01,revoked\n"
    )
    days = ("2026-05-31", "2026-06-05", "2026-06-20", "2026-07-01", "2026-10-02")
    sessions = SESSIONS + "".join(f"S{n},MV,C,performed,{day}T10:00\n" for n, day in enumerate(days))
    courses = "training_id,practitioner_id,course,completed_on,expires_on\nT,MV,first_aid,2026-03-01,\n"
    found = studio(tmp_path, practitioners=STAFF, documents=papers, sessions=sessions, training_records=courses)
    bars = figure(found, "Training and papers")
    rows = {row[1]: row[3:] for row in cells(bars)}
    assert rows["practitioner licence"] == ["30 Jun 2027", "5", "2"]
    assert rows["membership"] == ["not in force", "5", "5"]
    assert rows["first aid"] == ["no end printed", "5", "–"]
    assert "Sessions outside the validity: MV (membership); MV (practitioner licence)." in bars.alt


def test_a_paper_that_ended_long_ago_is_shown_while_its_holder_works(tmp_path: Path) -> None:
    papers = (
        PAPERS
        + "1,practitioner_licence,MV,2020-01-01,2022-05-31,active\n2,practitioner_licence,Q,2020-01-01,2022-05-31,active\n"
    )
    sessions = SESSIONS + "S1,MV,C,performed,2026-10-02T10:00\n"
    bars = figure(studio(tmp_path, practitioners=STAFF, documents=papers, sessions=sessions), "Training and papers")
    assert cells(bars) == [["MV", "practitioner licence", "1 Jan 2020", "31 May 2022", "1", "1"]]
    assert "Ended before the day of the audit: MV (practitioner licence)." in bars.alt


def test_names_and_clients_stand_in_no_picture(tmp_path: Path) -> None:
    sessions = SESSIONS + "S1,MV,Emma Smith,performed,2026-10-02T10:00\n"
    papers = PAPERS + "1,practitioner_licence,MV,2026-01-01,2026-05-31,active\n"
    said = repr(drawn(studio(tmp_path, practitioners=STAFF, documents=papers, sessions=sessions)))
    assert "MV" in said
    assert not [name for name in ("Jane", "Roe", "John", "Emma", "Smith") if name in said]


def test_topics_are_told_apart_by_look_and_say_what_was_not_judged(tmp_path: Path) -> None:
    found = studio(tmp_path, rules={"hold": HOLD, "pairs": PAIRS, "spores": SPORES}, sterilization_cycles=HOT)
    bars = figure(found, "Findings by topic")
    assert cells(bars) == [["Sterilising", "0", "2", "0", "1", "2", cells(bars)[0][6]]]
    assert {rect.look for rect in shown(bars, Rect)} == {"hatched", "outline"}
    assert "could not be judged" in told(found, "Findings by topic")


def test_months_are_counted_side_by_side_and_those_before_a_log_are_no_zero(tmp_path: Path) -> None:
    loads = LOADS + "1,A,load,steam,2026-08-10,134,18,x,pass\n2,A,load,steam,2026-10-10,134,18,x,fail\n"
    found = studio(tmp_path, sterilization_cycles=loads, spore_tests=TESTS + "1,A,2026-09-10,pass\n")
    months = figure(found, "The months compared")
    assert months.table.heads == ("Month", "Loads", "Loads failed", "Spore tests", "Spore tests failed")
    assert cells(months) == [
        ["Aug 2026", "1", "0", "–", "–"],
        ["Sep 2026", "0", "0", "1", "0"],
        ["Oct 2026", "1", "1", "0", "0"],
    ]
    assert "Not handed in: the sessions." in told(found, "The months compared")


def many(folder: Path, loads: int, sessions: int, machines: int = 8) -> Audit:
    """A year of a large studio."""
    draw = np.random.default_rng(7)
    first = date(2025, 11, 1)
    day = [(first + timedelta(days=int(n))).isoformat() for n in range(360)]
    runs = zip(draw.integers(0, machines, loads), draw.integers(0, 360, loads), draw.normal(135, 1, loads), strict=True)
    cycles = LOADS + "".join(
        f"L{n},M{m},load,steam,{day[d]}T10:00,{t:.1f},18,x,pass\n" for n, (m, d, t) in enumerate(runs)
    )
    done = zip(draw.integers(0, 40, sessions), draw.integers(0, 360, sessions), strict=True)
    sat = SESSIONS + "".join(f"S{n},P{p},C{n % 999},performed,{day[d]}T11:00\n" for n, (p, d) in enumerate(done))
    papers = PAPERS + "".join(f"D{n},practitioner_licence,P{n},2026-01-01,2027-01-01,active\n" for n in range(40))
    lots = LOTS + "".join(f"K{n},pigment,2026-01-01,2026-09-{n % 28 + 1:02},500\n" for n in range(400))
    uses = USES + "".join(f"U{n},S{n},pigment,K{n % 400}\n" for n in range(sessions))
    return studio(folder, "2025-11-01/2026-10-31", {"hold": HOLD, "spores": SPORES}, sterilization_cycles=cycles,
                  sessions=sat, documents=papers, supply_lots=lots, session_supplies=uses, spore_tests=TESTS + "1,M1,2026-01-11,pass\n")  # fmt: skip


def test_many_records_give_few_shapes_and_everything_stays_inside_the_picture(tmp_path: Path) -> None:
    for each in (b for b in drawn(many(tmp_path, 4000, 3000)) if isinstance(b, Figure)):
        assert len(each.shapes) < 9000 and each.height < 700
        assert len(each.table.rows) <= 41 and all(len(row) == len(each.table.heads) for row in each.table.rows)
        for shape in each.shapes:
            if isinstance(shape, Label):
                wide = width(shape.text, shape.strong)
                left = shape.x - {"start": 0, "middle": wide / 2, "end": wide}[shape.anchor]
                assert left >= -1 and left + wide <= PICTURE_WIDTH + 1, shape
            elif isinstance(shape, Rect):
                assert shape.x >= 0 and shape.x + shape.width <= PICTURE_WIDTH and shape.height <= each.height
            if isinstance(shape, Rect | Mark | Label):
                assert 0 <= shape.y <= each.height, shape


def test_pictures_of_a_large_studio_are_made_at_once(tmp_path: Path) -> None:
    found = many(tmp_path, 12_000, 20_000)
    drawn(found)
    start = time.perf_counter()
    drawn(found)
    assert time.perf_counter() - start < 1.0


def test_the_same_audit_gives_the_same_pictures(tmp_path: Path) -> None:
    assert drawn(many(tmp_path, 500, 300)) == drawn(many(tmp_path / "again", 500, 300))


def test_labels_are_clean_and_cut_to_their_room() -> None:
    assert fitted("ok", 100) == "ok" and fitted("a\u202eb", 100) == "a[U+202E]b"
    long = fitted("steriliser of the second room on the left", 60)
    assert long.endswith("…") and width(long) <= 60


def test_every_log_a_rule_may_judge_has_a_plain_name_as_topic() -> None:
    assert set(LOGS) | {"studio"} == set(load_words().names("pictures.topics.of"))
