"""How far the sessions of a period can be traced, as a report says it: counts, the weakest link, and where it breaks."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from law import audited, law, write

from smpcompliance.audit.finding import Audit
from smpcompliance.report import render
from smpcompliance.report.content import EDITIONS, content
from smpcompliance.report.page import Block, Table, Text
from smpcompliance.report.schema import audit_schema
from smpcompliance.report.sections.coverage import coverage
from smpcompliance.report.sections.recalls import recalls
from smpcompliance.report.sections.traceability import traceable
from smpcompliance.report.telling import TOLD
from smpcompliance.report.words import languages, load_words
from smpcompliance.trace.traceability import CONFIRMING, LINKS

RULE = """
title: Every session has a client
severity: advice
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: sessions, require: {session_id: {required: true}}}
message: A session has no id.
"""
SESSIONS = """session_id,started_at,client_id,practitioner_id,status
S1,2026-10-01 10:00,C1,P1,performed
S2,2026-10-02 10:00,C2,P1,performed
S3,2026-10-03 10:00,,P1,performed
S4,2026-10-04 10:00,C4,P1,cancelled
S5,2026-11-05 10:00,C5,P1,performed
"""
SUPPLIES = """supply_id,session_id,item_type,lot_number,cycle_id
U1,S1,pigment,7,
U2,S1,reusable_instrument,,Y1
U3,S2,pigment,,
U4,S3,pigment,,
U5,S3,glove,,
"""
CYCLES = "cycle_id,equipment_id,started_at\nY1,A1,2026-09-20\n"
TESTS = "spore_test_id,equipment_id,tested_at,result,control_result\nT1,A1,2026-09-01,pass,growth\nT2,A1,2026-10-20,pass,growth\n"


def place(folder: Path, id: str = "s1", **logs: str) -> Path:
    files = {f"{name}_dot_csv": text for name, text in logs.items()}
    return write(folder / id, studio=f"studio_id: {id}\nname: Ink & Co\njurisdiction: XX\n", **files)


def found(folder: Path, **logs: str) -> Audit:
    chosen = {
        "sessions": SESSIONS, "session_supplies": SUPPLIES, "sterilization_cycles": CYCLES, "spore_tests": TESTS,
    } | logs  # fmt: skip
    return audited(law(folder / "law", ids=RULE), place(folder, **chosen), as_of="2026-11-30", period="2026-10")


def section(audit: Audit, language: str = "en", studio: int = 0) -> list[Block]:
    return traceable(audit, audit.studios[studio], TOLD, load_words(language))


def rows(blocks: list[Block]) -> dict[str, tuple[str, str, str, str]]:
    """Link in words → how many sessions have it, where it holds, where it is broken, first place."""
    table = next(block for block in blocks if isinstance(block, Table))
    return {row[0].text: tuple(cell.text for cell in row[1:]) for row in table.rows}  # type: ignore[misc]


def test_the_share_is_told_as_counts_of_the_period_and_every_link_has_a_line(tmp_path: Path) -> None:
    blocks = section(found(tmp_path))
    share = blocks[1]
    assert isinstance(share, Text) and share.lead == "1 of 3 sessions can be traced end to end."
    told = rows(blocks)
    assert len(told) == len(LINKS)
    assert told["the session names its client"] == ("3", "2", "1", "sessions.csv, line 4")
    assert told["what was bought has a lot number"] == ("3", "1", "2", "session_supplies.csv, line 4")
    assert told["what was sterilised here names its load"] == ("1", "1", "0", "–")
    assert told["the client can be reached"] == ("–", "–", "–", "–"), "no list of clients was handed in"


def test_the_weakest_link_is_named_with_what_to_write_down(tmp_path: Path) -> None:
    weakest = section(found(tmp_path))[2]
    assert isinstance(weakest, Text) and weakest.lead == "Weakest link:"
    assert weakest.text.startswith(
        "what was bought has a lot number: broken in 2 of 3 sessions. Write down the lot number"
    )


def test_where_no_link_is_broken_none_is_called_weak(tmp_path: Path) -> None:
    blocks = section(found(tmp_path, sessions="\n".join(SESSIONS.splitlines()[:2])))
    assert isinstance(blocks[1], Text) and blocks[1].lead == "1 of 1 session can be traced end to end."
    assert not [block for block in blocks if isinstance(block, Text) and block.lead == "Weakest link:"]


def test_without_a_session_nothing_is_said_to_hold(tmp_path: Path) -> None:
    blocks = section(found(tmp_path, sessions=SESSIONS.splitlines()[0]))
    assert len(blocks) == 2 and isinstance(blocks[1], Text)
    assert "nothing can be said" in blocks[1].text and blocks[1].tone == "open"


@pytest.mark.parametrize("edition", EDITIONS)
def test_both_editions_have_the_section(edition: Any) -> None:
    before = {"owner": recalls, "inspector": coverage}[edition]
    assert EDITIONS[edition].index(traceable) == EDITIONS[edition].index(before) + 1


@pytest.mark.parametrize("language", languages())
def test_every_link_has_a_name_and_says_what_to_write_down(language: str) -> None:
    words = load_words(language)
    assert set(words.names("trace.link")) == set(LINKS)
    assert set(words.names("traceable.write")) == set(LINKS) - {CONFIRMING}


def test_every_format_tells_of_it(tmp_path: Path) -> None:
    audit = found(tmp_path)
    for name in ("text", "html"):
        assert b"1 of 3 sessions can be traced end to end." in render(audit, name, TOLD), name


def test_the_json_report_fits_its_schema_and_says_the_same(tmp_path: Path) -> None:
    data = json.loads(render(found(tmp_path), "json", TOLD))
    jsonschema.Draft202012Validator(audit_schema()).validate(data)
    (told,) = data["traceability"]
    assert (told["studio_id"], told["looked_at"], told["traceable"], told["weakest"]) == ("s1", 3, 1, "lot")
    assert list(told["links"]) == list(LINKS)
    client = told["links"]["client"]
    assert (client["applies"], client["holds"]) == (3, 2)
    assert [(each["file"], each["line"]) for each in client["first"]] == [("sessions.csv", 4)]


def test_several_studios_are_counted_apart(tmp_path: Path) -> None:
    logs = {"sessions": SESSIONS, "session_supplies": SUPPLIES, "sterilization_cycles": CYCLES}
    rules = law(tmp_path / "law", ids=RULE)
    both = audited(
        rules, place(tmp_path, "a", **logs, spore_tests=TESTS), place(tmp_path, "b", **logs), place(tmp_path, "c", clients="client_id\nC1"),
        as_of="2026-11-30", period="2026-10",
    )  # fmt: skip
    told = {each["studio_id"]: each for each in json.loads(render(both, "json", TOLD))["traceability"]}
    assert {id: (each["traceable"], each["looked_at"], each["weakest"]) for id, each in told.items()} == {
        "a": (1, 3, "lot"), "b": (0, 3, "lot"), "c": (0, 0, None),
    }  # fmt: skip
    assert rows(section(both, studio=1))["the machine passed a test before"][:3] == ("1", "0", "1")
    assert content(both, load_words()).blocks
