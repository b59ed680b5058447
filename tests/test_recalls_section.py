"""What an audit says of recalls: which the records agree with, how surely, with what is left and who used it when."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from law import audited, law, write
from trace_studios import studios

from smpcompliance.audit.finding import Audit
from smpcompliance.cli import main
from smpcompliance.report import render
from smpcompliance.report.content import EDITIONS, content
from smpcompliance.report.json import as_data
from smpcompliance.report.page import Block, Table, Text
from smpcompliance.report.schema import audit_schema
from smpcompliance.report.sealed.compare import differences, of_studios
from smpcompliance.report.sections.breaches import breaches
from smpcompliance.report.sections.recalls import list_of_recalls, recalls
from smpcompliance.report.telling import TOLD
from smpcompliance.report.words import load_words
from smpcompliance.trace.of_audit import Recalled, Use, tracing
from smpcompliance.trace.recalls import matches, read_recalls, recall_list, studios_near

WORDS = load_words()
SESSIONS = "session_id,started_at,client_id,status\nS1,2019-05-14 10:00,C1,\nS2,2019-05-15 10:00,C2,\nS3,2026-10-05 10:00,C3,\n"
LOTS = (
    "lot_id,item_type,brand,color,lot_number,received_on,quantity\n"
    "L1,pigment,Dynamic Ink,Black,12024090,2019-04-01,2\n"
    "L2,pigment,Lantern Hill,Black,7,2019-04-01,2\n"
    "L3,pigment,,,,2019-04-01,1\n"
)
SUPPLIES = "supply_id,session_id,item_type,lot_id,lot_number\nU1,S1,pigment,L1,\nU2,S2,pigment,L1,\nU3,S3,pigment,L2,\n"
RULE = """
title: No ink of a listed lot
severity: {severity}
citation: {{text: s. 4, source: act}}
basis: text
verified: 2026-01-01
check: {{kind: list, log: supply_lots, forbidden: {{list: called-back, match: [lot_number]}}}}
message: Lot {{lot_id}} is on the list.
"""
LIST = """
about: Inks called back
source: the council
as_of: 2026-01-01
complete: true
columns: [lots]
entries:
  - {{lots: ["{number}"]}}
"""


def place(folder: Path, id: str = "s1", **logs: str) -> Path:
    """A studio's folder."""
    files = {f"{name}_dot_csv": text for name, text in logs.items()}
    return write(folder / id, studio=f"studio_id: {id}\nname: Ink & Co {id}\njurisdiction: XX\n", **files)


def found(folder: Path, *, as_of: str = "2026-11-30", number: str = "", severity: str = "advice", **logs: str) -> Audit:
    """Audits one studio; with `number` all its records, by a law that forbids the lots of that number."""
    chosen = logs or {"sessions": SESSIONS, "supply_lots": LOTS, "session_supplies": SUPPLIES}
    listed = {"lists__called-back": LIST.format(number=number or "no such lot")}
    rules = law(folder / "law", listed=RULE.format(severity=severity), **listed)
    return audited(rules, place(folder, **chosen), as_of=as_of, period="all" if number else "2026-10")


def section(audit: Audit, language: str = "en") -> list[Block]:
    return recalls(audit, audit.studios[0], TOLD, load_words(language))


def said(blocks: list[Block]) -> str:
    return "\n".join(block.text for block in blocks if isinstance(block, Text))


def table(audit: Audit) -> Table:
    return next(block for block in section(audit) if isinstance(block, Table))


def of(audit: Audit) -> tuple[Recalled, ...]:
    return tracing(audit).of["s1"].recalled


def test_a_match_is_told_with_its_lots_its_stock_and_its_use_before_and_after(tmp_path: Path) -> None:
    audit = found(tmp_path)
    (each,) = of(audit)
    assert (each.recall.id, each.match, each.judged) == ("US-FDA-2019-05-b", "certain", ())
    assert each.certain == Use(2, 1, 1), "published on 15 May 2019: the day before, and the day itself"
    assert each.possible == Use(0, 0, 0)

    what, match, records, sessions = table(audit).rows[0]
    assert what.text == "Dynamic Color: Black" and match.text == "✕ certain"
    assert "US FDA, published 2019-05-15" in what.fine and "lots: 12024090; 12026090" in what.fine
    assert any("US-FDA-2019-05-b · https://" in line for line in what.fine)
    assert records.text.startswith("1 lot ") and "supply_lots.csv, line 2" in records.fine[0]
    assert sessions.text == "2 certain; 0 possible"
    assert sessions.fine == ("2 certain: 1 before it was published, 1 on that day or after",)
    assert "smpcompliance trace FOLDER --recalls" in said(section(audit))


def test_how_much_was_compared_and_what_names_nothing_is_told(tmp_path: Path) -> None:
    n = len(recall_list().entries)
    text = said(section(found(tmp_path)))
    assert f"3 lots and 3 entries of supplies were compared with the {n} recalls" in text
    assert "1 of the recalls agrees or may agree with the records: certain 1, possible 0, by the brand only 0." in text
    assert "1 of these records names neither brand nor lot number." in text


def test_nothing_matched_is_one_line_with_the_age_of_the_list(tmp_path: Path) -> None:
    audit = found(tmp_path, supply_lots="lot_id,item_type,brand,lot_number\nL1,pigment,Lantern Hill,7\n")
    (line,) = [block.text for block in section(audit) if isinstance(block, Text)]
    newest = recall_list().as_of
    assert newest is not None and not of(audit)
    assert "No record agrees with any of them." in line and f"{len(recall_list().entries)} recalls" in line
    assert f"{(date(2026, 11, 30) - newest).days} days before the audit day" in line
    assert "after the audit day" in said(section(found(tmp_path / "early", as_of="2026-11-01")))


def test_without_lots_and_supplies_nothing_is_said_to_be_in_order(tmp_path: Path) -> None:
    text = said(section(found(tmp_path, sessions=SESSIONS)))
    assert "nothing could be compared" in text and "No record agrees" not in text
    assert "before the audit day" in text


def test_lots_received_and_sessions_held_after_the_audit_day_are_not_looked_at(tmp_path: Path) -> None:
    audit = found(
        tmp_path,
        sessions="session_id,started_at\nS1,2026-12-24\n",
        supply_lots="lot_id,item_type,brand,color,lot_number,received_on\nL1,pigment,Dynamic,Black,12024090,2026-12-01\n",
        session_supplies="supply_id,session_id,lot_id\nU1,S1,L1\n",
    )
    compared = tracing(audit).of["s1"].compared
    assert (compared.lots, compared.entries, compared.handed_in, of(audit)) == (0, 0, True, ())


@pytest.mark.parametrize(
    ("number", "severity", "named"), [("12024090", "advice", 1), ("12024090", "major", 1), ("7", "major", 0)]
)
def test_a_rule_with_a_finding_on_the_same_lot_is_named(tmp_path: Path, number: str, severity: str, named: int) -> None:
    audit = found(tmp_path, number=number, severity=severity)
    assert [result.status for result in audit.results] == ["fail"]
    assert [result.rule.id for each in of(audit) for result in each.judged] == ["XX/listed"] * named
    told = [line for line in table(audit).rows[0][0].fine if "XX/listed" in line]
    assert told == ["a finding of the rule XX/listed, too"] * named


def test_an_entry_of_supplies_without_a_lot_is_told_by_its_own_place(tmp_path: Path) -> None:
    audit = found(
        tmp_path,
        sessions=SESSIONS,
        session_supplies="supply_id,session_id,item_type,brand,color\nU1,S2,pigment,Dynamic,Black\n",
    )
    every = of(audit)
    assert [each.recall.authority for each in every] == ["US FDA", "EU Safety Gate"], (
        "two recalls of that brand and colour"
    )
    assert {(each.match, tuple(each.lots.rows), tuple(each.entries)) for each in every} == {("possible", (), (0,))}
    records = table(audit).rows[0][2]
    assert records.text.startswith("1 entry of supplies") and "session_supplies.csv, line 2" in records.fine[0]
    match = as_data(audit)["recalls"]["matches"][0]
    assert match["entries"][0]["evidence"]["line"] == 2 and match["lots"] == []


def test_a_long_list_of_lots_is_cut_aloud_and_stands_whole_in_json(tmp_path: Path) -> None:
    rows = "".join(f"L{n},pigment,Dynamic,Black,12024090\n" for n in range(25))
    audit = found(tmp_path, supply_lots=f"lot_id,item_type,brand,color,lot_number\n{rows}")
    records = table(audit).rows[0][2]
    assert records.text.startswith("25 lots") and records.fine[-1].startswith("and 15 more lots")
    (match,) = as_data(audit)["recalls"]["matches"]
    assert len(match["lots"]) == 25 and {lot["left"] for lot in match["lots"]} <= {"yes", "open", "no"}


def test_a_match_changes_no_status_and_no_exit_code(tmp_path: Path) -> None:
    folder = place(tmp_path, sessions=SESSIONS, supply_lots=LOTS, session_supplies=SUPPLIES)
    rules = law(tmp_path / "law", fine=RULE_THAT_HOLDS)
    how = ["--rulesets", str(rules), "--as-of", "2026-11-30", "--period", "all", "--quiet", "--report", "text=-"]
    run = CliRunner().invoke(main, ["audit", str(folder), *how])
    assert run.exit_code == 0, run.output
    assert "US-FDA-2019-05-b" in run.stdout


RULE_THAT_HOLDS = """
title: Every lot has an id
severity: critical
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: supply_lots, require: {lot_id: {required: true}}}
message: A lot has no id.
"""


@pytest.mark.parametrize("edition", EDITIONS)
def test_both_editions_have_the_section_after_the_breaches(edition: Any) -> None:
    sections = EDITIONS[edition]
    assert sections.index(recalls) == sections.index(breaches) + 1


def test_every_format_tells_of_it(tmp_path: Path) -> None:
    audit = found(tmp_path)
    for name in ("text", "html", "json"):
        assert b"US-FDA-2019-05-b" in render(audit, name, TOLD), name
    assert b"1 of the recalls agrees" in render(audit, "md", TOLD)


def test_hash_and_age_of_the_list_stand_at_the_end_and_in_json(tmp_path: Path) -> None:
    audit = found(tmp_path)
    _, digest, entries, newest = recall_list().files[0]
    last = [block.text for block in content(audit, WORDS).blocks if isinstance(block, Text)][-2]
    assert last == list_of_recalls(audit, WORDS) and digest in last and newest is not None
    days = (date(2026, 11, 30) - newest).days
    told = {"sha256": digest, "entries": entries, "as_of": newest.isoformat(), "age_days": days}
    assert as_data(audit)["recalls"]["list"] == told


def test_the_json_report_fits_its_schema_and_says_the_same(tmp_path: Path) -> None:
    data = json.loads(render(found(tmp_path, number="12024090"), "json", TOLD))
    jsonschema.Draft202012Validator(audit_schema()).validate(data)
    (match,) = data["recalls"]["matches"]
    assert (match["studio_id"], match["recall"], match["match"]) == ("s1", "US-FDA-2019-05-b", "certain")
    assert match["certain"] == {"sessions": 2, "before": 1, "on_or_after": 1, "untold": 0}
    assert match["rules"] == ["XX/listed"] and match["published"] == "2019-05-15"
    assert match["lots"][0]["lot_number"] == "12024090" and match["lots"][0]["evidence"]["line"] == 2
    compared = {"studio_id": "s1", "handed_in": True, "lots": 3, "entries": 3, "nameless": 1}
    assert data["recalls"]["compared"] == [compared]


def test_it_is_asked_once_for_all_formats_and_anew_for_another_audit(tmp_path: Path) -> None:
    audit = found(tmp_path)
    assert tracing(audit) is tracing(audit)
    other = replace(audit, as_of=date(2019, 5, 14))
    assert tracing(other).of["s1"].recalled[0].certain == Use(1, 1, 0)


# ── verifying ───────────────────────────────────────────────────────────────────────────────────────────────────────


def changed(data: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {name: value for name, value in {**data, **parts}.items() if value is not None}


def test_a_report_of_another_version_without_these_parts_is_no_forgery(tmp_path: Path) -> None:
    now = as_data(found(tmp_path))
    older = {"name": "smpcompliance", "version": "0.0.1"}
    assert differences(now, now) == []
    told = differences(changed(now, tool=older, recalls=None, traceability=None), now)
    assert [(each.kind, each.where) for each in told] == [("untold", "recalls"), ("untold", "traceability")]
    told = differences(changed(now, recalls=None, traceability=None), now)
    assert [each.kind for each in told] == ["rest", "rest"], "this version writes them"


def test_recalls_of_another_list_are_not_compared_and_a_match_taken_out_is_noticed(tmp_path: Path) -> None:
    now = as_data(found(tmp_path))
    older = {"name": "smpcompliance", "version": "0.0.1"}
    other = {**now["recalls"], "list": {**now["recalls"]["list"], "sha256": "00" * 32}, "matches": []}
    fewer = {**now["recalls"], "matches": []}
    kinds = {
        name: [each.kind for each in differences(changed(now, **parts), now)]
        for name, parts in {
            "another list": {"tool": older, "recalls": other},
            "another list, same version": {"recalls": other},
            "the same list, another version": {"tool": older, "recalls": fewer},
            "nonsense": {"tool": older, "recalls": "none"},
        }.items()
    }
    assert kinds == {
        "another list": ["untold"],
        "another list, same version": ["rest"],
        "the same list, another version": ["rest"],
        "nonsense": ["untold"],
    }


def test_of_several_studios_the_matches_of_those_handed_in_are_compared(tmp_path: Path) -> None:
    logs = {"sessions": SESSIONS, "supply_lots": LOTS, "session_supplies": SUPPLIES}
    rules = law(tmp_path / "law", fine=RULE_THAT_HOLDS)
    both = as_data(audited(rules, *(place(tmp_path, id, **logs) for id in ("a", "b")), period="2026-10"))
    one = as_data(audited(rules, tmp_path / "b", period="2026-10"))
    assert [match["studio_id"] for match in both["recalls"]["matches"]] == ["a", "b"]
    assert differences(of_studios(both, ["b"]), of_studios(one, ["b"])) == []


# ── many studios ────────────────────────────────────────────────────────────────────────────────────────────────────

OWN = (
    "recall_id,authority,kind,published,brand,also_called,product,maker,lots,expires,reason,source,read_on\n"
    "R1,A,ink,2025-03,Mooncrow,,Harbour Blue,,BL23,,,x,\nR2,A,ink,2025-03-09,Sable & Co,,,,*,,,x,\n"
    "R3,A,needle,,Mooncrow,,,,,,,x,\nR4,A,ink,2025,Nobody,,,,IB26C0218,,,x,\n"
)


@pytest.mark.parametrize("seed", range(3))
def test_no_studio_with_a_match_is_passed_over(seed: int) -> None:
    logs, known = studios(seed, 12), read_recalls(OWN, "own.csv")
    near = set(studios_near(logs, known).tolist())
    matched = {n for n in range(12) if matches(logs, n, known, date(2025, 12, 31))}
    assert matched and matched <= near
    nobody = read_recalls(OWN.splitlines()[0] + "\nR9,A,ink,,Nobody,,,,Q-1,,,x,\n", "own.csv")
    assert not len(studios_near(logs, nobody))
