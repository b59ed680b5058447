"""Annotations of GitHub and code quality of GitLab: escaped, worst first, whole, and unique where that is asked."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from law import contents_rule, law
from machine_audit import BAD, GOOD, TORN, UNREAD, WAIVER, audited, shelf, studio

from smpcompliance.audit.finding import Audit
from smpcompliance.report import render
from smpcompliance.report.telling import Telling

QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
        "additionalProperties": False,
    },
}
"""What GitLab's documentation asks of a code quality report."""

COMMAND = re.compile(r"::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return shelf(tmp_path / "law")


def annotations(found: Audit, language: str = "en") -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and message of each command, unescaped as the runner of GitHub does."""
    out = []
    for line in render(found, "github", Telling(language=language)).decode().splitlines():
        command = COMMAND.fullmatch(line)
        assert command, line
        pairs = [pair.partition("=") for pair in command[2].split(",")]
        out.append((command[1], {key: plain(value) for key, _, value in pairs}, plain(command[3])))
    return out


def plain(text: str) -> str:
    for written, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(written, sign)
    return text


def quality(found: Audit, language: str = "en") -> list[dict[str, Any]]:
    report: list[dict[str, Any]] = json.loads(render(found, "gitlab", Telling(language=language)))
    jsonschema.validate(report, QUALITY)
    assert len({each["fingerprint"] for each in report}) == len(report)
    return report


def broken(found: Audit) -> Audit:
    results = [
        replace(r, status="error", cause="broke", about=("boom",)) if r.rule.id == "XX/met" else r
        for r in found.results
    ]
    return replace(found, results=tuple(results))


def test_an_annotation_stands_at_the_line_of_the_record(here: Path) -> None:
    told = annotations(audited(here, studio(Path("studios/one"))))
    level, properties, message = told[1]
    assert (level, properties) == (
        "error",
        {"file": "studios/one/sterilization_cycles.csv", "line": "3", "title": "Contents are written down"},
    )
    assert message.split("\n")[0] == "Load B has no contents."
    assert "s. 1 · XX/contents · finding " in message


def test_the_totals_come_first_and_then_the_worst(here: Path) -> None:
    found = broken(audited(here, studio(Path("one"), GOOD + BAD + TORN)))
    told = annotations(found)
    assert told[0][:2] == ("notice", {"title": "Audit of 1 October 2026 to 31 October 2026"})
    assert told[0][2].startswith("Fade & Dot: Breached: 2 of 2 duties judged.")
    assert [(level, message.split("\n")[0]) for level, _, message in told[1:]] == [
        ("error", "Not judged: the check broke: boom"),
        ("error", "Load B has no contents."),
        ("warning", "Load B has no contents."),
        ("warning", "This line is left out, for it is no record: has 7 cells, the heads name 5"),
        ("warning", "Not judged: a cell it needs cannot be read"),
        ("warning", "Not judged: a log it needs was not handed in"),
        ("warning", "Not judged: a cell it needs cannot be read"),
        ("notice", "Load B has no contents."),
        ("notice", "Not judged: a cell it needs cannot be read"),
    ]


def test_what_is_written_in_a_log_cannot_make_a_command(here: Path) -> None:
    evil = '"100% a:b,c%0A::error::x\n::stop-commands::y",load,2026-10-02T09:00,,pass\n'
    data = render(audited(here, studio(Path("one"), GOOD + evil, name="%0A::warning::")), "github").decode()
    lines = data.splitlines()
    assert all(COMMAND.fullmatch(line) for line in lines) and len(lines) == 5
    assert lines[1].startswith(
        "::error file=one/sterilization_cycles.csv,line=3,title=Contents are written down::"
        "Load 100%25 a:b,c%250A::error::x ::stop-commands::y has no contents.%0A"
    )


def test_signs_in_names_are_escaped_as_the_toolkit_of_github_does(tmp_path: Path, here: Path) -> None:
    titled = law(tmp_path / "titled", a=contents_rule().replace("Contents are written down", '"100%: a, b"'))
    folder = studio(Path("50%,ü #1"))
    (folder / "studio.yaml").write_text("studio_id: s\njurisdiction: XX\n", "utf-8")
    (line,) = [x for x in render(audited(titled, folder), "github").decode().splitlines() if x.startswith("::error")]
    assert line.startswith("::error file=50%25%2Cü #1/sterilization_cycles.csv,line=3,title=100%25%3A a%2C b::")


def test_waived_breaches_are_notices_and_info(here: Path) -> None:
    found = audited(here, studio(Path("one"), waivers=WAIVER % ("XX/contents", "XX/minor")))
    told = [(level, message) for level, _, message in annotations(found) if "XX/contents" in message]
    assert [level for level, _ in told] == ["notice"] and "Waived: paper log kept" in told[0][1]
    assert "1 breach is covered by a waiver." in annotations(found)[0][2]
    (each,) = [each for each in quality(found) if each["check_name"] == "XX/contents"]
    assert each["severity"] == "info" and "Waived: paper log kept" in each["description"]


def test_code_quality_says_what_where_and_how_heavy(here: Path) -> None:
    told = quality(broken(audited(here, studio(Path("studios/one"), GOOD + BAD + TORN))))
    file = "studios/one/sterilization_cycles.csv"
    assert [(e["check_name"], e["severity"], e["location"]["path"], e["location"]["lines"]["begin"]) for e in told] == [
        ("XX/met", "blocker", "studios/one/studio.yaml", 1),
        ("XX/contents", "critical", file, 3),
        ("XX/minor", "minor", file, 3),
        ("smpcompliance/line-left-out", "critical", file, 4),
        ("XX/contents", "critical", file, 4),
        ("XX/other", "critical", "studios/one/studio.yaml", 1),
        ("XX/minor", "minor", file, 4),
        ("XX/advice", "info", file, 3),
        ("XX/advice", "info", file, 4),
    ]  # fmt: skip
    assert told[1]["description"].startswith("Contents are written down · Load B has no contents.")
    assert "Not judged: a log it needs was not handed in" in told[5]["description"]


def test_equal_findings_and_studios_keep_fingerprints_apart_and_stable(here: Path) -> None:
    twice = GOOD + BAD + BAD
    one = studio(Path("all/one"), twice)
    both = quality(audited(here, one, studio(Path("all/two"), twice, name="Other")))
    alone = quality(audited(here, one))
    of_one = [each["fingerprint"] for each in both if each["location"]["path"].startswith("all/one/")]
    assert sorted(of_one) == sorted(each["fingerprint"] for each in alone)
    (one / "sterilization_cycles.csv").write_text(
        "cycle_id,cycle_type,started_at,contents,result\n" + BAD + GOOD + BAD, "utf-8"
    )
    assert {each["fingerprint"] for each in quality(audited(here, one))} == {each["fingerprint"] for each in alone}


def test_nothing_wrong_is_an_empty_list_and_one_notice(tmp_path: Path, here: Path) -> None:
    met = law(tmp_path / "met", met=contents_rule())
    found = audited(met, studio(Path("one"), GOOD))
    assert quality(found) == []
    ((level, _, message),) = annotations(found)
    assert level == "notice" and message.endswith("No breach in the one duty judged.")


def test_a_studio_in_an_unknown_place_shows_no_absolute_path(here: Path, tmp_path: Path) -> None:
    found = audited(here, studio(tmp_path / "one"))
    for name in ("github", "gitlab", "junit"):
        assert str(tmp_path).encode() not in render(found, name)
    assert annotations(found)[1][1]["file"] == "sterilization_cycles.csv"


def test_nothing_is_cut_hidden_or_private(here: Path) -> None:
    loads = "".join(f"L{n},load,2026-10-{n % 28 + 1:02}T09:00,,pass\n" for n in range(1_000)) + TORN + UNREAD
    found = audited(here, studio(Path("one"), GOOD + loads + "\x1b[2J\u202e,load,2026-10-02T09:00,,pass\n"))
    for name in ("github", "gitlab"):
        data = render(found, name)
        assert data == render(found, name)
        assert data.count(b"XX/contents") >= 1_002
        assert b"Jane Roe" not in data and "\u202e".encode() not in data and b"\x1b" not in data


def test_french_has_its_own_words(here: Path) -> None:
    found = audited(here, studio(Path("one")))
    assert annotations(found, "fr")[0][1] == {"title": "Audit, du 1er octobre 2026 au 31 octobre 2026"}
    assert any("Pas jugé : un registre nécessaire" in each["description"] for each in quality(found, "fr"))
