"""JUnit XML, read by junitparser and junit2html: red exactly where an audit does not end with 0."""

from dataclasses import replace
from pathlib import Path

import pytest
from junit2htmlreport.parser import Junit
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase
from law import contents_rule, law
from machine_audit import BAD, GOOD, TORN, UNREAD, WAIVER, audited, rules, shelf, studio

from smpcompliance.audit.finding import Audit
from smpcompliance.cli.outcome import exit_code
from smpcompliance.report import render
from smpcompliance.report.telling import Telling

TestCase.__test__ = False
RESULTS = contents_rule().replace("contents: {required: true}", "result: {enum: [pass]}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return shelf(tmp_path / "law")


def read(found: Audit, language: str = "en") -> dict[str, TestCase]:
    """Name of a case, without its title → the case; of one studio."""
    report = JUnitXml.fromstring(render(found, "junit", Telling(language=language)))
    (suite,) = report
    assert suite.tests == len(list(suite)) == len(found.results) + 1
    return {(case.name or "").partition(":")[0]: case for case in suite}


def outcome(case: TestCase) -> type | None:
    assert len(case.result) <= 1
    return type(case.result[0]) if case.result else None


def test_each_rule_is_a_case_with_one_outcome(here: Path) -> None:
    found = audited(here, studio(Path("one")))
    cases = read(found)
    assert {name: outcome(case) for name, case in cases.items()} == {
        "XX/contents": Failure, "XX/minor": Failure, "XX/advice": None, "XX/met": None, "XX/asked": Skipped,
        "XX/away": Skipped, "XX/other": Error, "Every line of the files is a record": None,
    }  # fmt: skip
    failure = cases["XX/contents"].result[0]
    assert (failure.message, failure.type) == ("Breached in 1 of 2 cases examined.", "critical")
    assert "one/sterilization_cycles.csv:3: Load B has no contents." in failure.text
    assert "s. 1 · XX/contents" in failure.text and "What to do. Write down what was in it." in failure.text
    assert (cases["XX/contents"].classname, cases["XX/contents"].time) == ("one.XX", 0)
    assert cases["XX/asked"].result[0].message == "a question for the visit; no record answers it"
    assert cases["XX/away"].result[0].message == "not in force"
    assert cases["XX/other"].result[0].message == "Not judged: a log it needs was not handed in"
    assert "Load B has no contents." in (cases["XX/advice"].system_out or "")


def test_the_suite_says_what_was_audited_by_what_law(here: Path) -> None:
    found = audited(here, studio(Path("one")))
    (suite,) = JUnitXml.fromstring(render(found, "junit"))
    told = {p.name: p.value for p in suite.properties()}
    assert told == {
        "studio": "Fade & Dot", "period": "2026-10-01/2026-10-31", "as_of": "2026-11-10", "version": "1.2.3",
        "ruleset XX": f"sha256:{found.rulesets[0].sha256}",
    }  # fmt: skip
    assert (suite.name, suite.failures, suite.errors, suite.skipped) == ("one", 2, 1, 2)


def test_junit2html_counts_the_same(here: Path) -> None:
    read_ = Junit(xmlstring=render(audited(here, studio(Path("one")), studio(Path("two"))), "junit"))
    assert [suite.name for suite in read_.suites] == ["one", "two"]
    assert [(len(s.failed()), len(s.skipped()), len(s.passed())) for s in read_.suites] == [(3, 2, 3)] * 2
    assert "Load B has no contents." in read_.html()


def broken(found: Audit) -> Audit:
    results = [
        replace(r, status="error", cause="broke", about=("boom",)) if r.rule.id == "XX/met" else r
        for r in found.results
    ]
    return replace(found, results=tuple(results))


@pytest.mark.parametrize(
    ("chosen", "loads", "waived", "breaks", "code"),
    [
        (("met", "away", "asked"), GOOD, (), False, 0),
        (("met", "advice"), GOOD + BAD, (), False, 0),
        (("met", "minor"), GOOD + BAD, (), False, 1),
        (("met", "contents"), GOOD + BAD, ("XX/contents", "XX/met"), False, 0),
        (("met", "contents"), GOOD + BAD + BAD.replace("B,", "E,"), ("XX/contents", "XX/met"), False, 1),
        (("met", "other"), GOOD, (), False, 3),
        (("met", "results"), GOOD + UNREAD, (), False, 3),
        (("met", "softer"), GOOD + UNREAD, (), False, 0),
        (("away",), GOOD + TORN, (), False, 3),
        (("met", "away"), GOOD, (), True, 4),
    ],
)
def test_something_is_red_exactly_where_the_exit_code_is_not_0(
    tmp_path: Path, here: Path, chosen: tuple[str, ...], loads: str, waived: tuple[str, str] | tuple[()], breaks: bool,
    code: int,
) -> None:  # fmt: skip
    known = rules(results=RESULTS, softer=RESULTS.replace("severity: major", "severity: advice"))
    some = law(tmp_path / "some", **{name: known[name] for name in chosen})
    files = {"waivers": WAIVER % waived} if waived else {}
    found = audited(some, studio(Path("one"), loads, **files))
    found = broken(found) if breaks else found
    assert exit_code(found, "minor", False) == code
    report = JUnitXml.fromstring(render(found, "junit"))
    assert bool(report.failures or report.errors) == bool(code)


def test_waived_breaches_are_told(tmp_path: Path, here: Path) -> None:
    waivers = WAIVER % ("XX/contents", "XX/minor")
    case = read(audited(here, studio(Path("one"), waivers=waivers)))["XX/contents"]
    (skipped,) = case.result
    assert isinstance(skipped, Skipped) and "covered by a waiver" in skipped.message
    assert "Waived: paper log kept (the owner, until 2026-12-31)" in skipped.text


def test_what_is_breached_and_also_open_says_both(tmp_path: Path, here: Path) -> None:
    mixed = law(tmp_path / "mixed", results=RESULTS)
    failed = BAD.replace(",pass", ",fail")
    failure = read(audited(mixed, studio(Path("one"), GOOD + failed + UNREAD)))["XX/results"].result[0]
    assert isinstance(failure, Failure)
    assert failure.message == "Breached in 1 of 3 cases examined. 1 more could not be judged."
    assert "one/sterilization_cycles.csv:3: " in failure.text
    assert "one/sterilization_cycles.csv:4: Not judged: a cell it needs cannot be read" in failure.text


def test_a_waiver_does_not_hide_what_could_not_be_judged(tmp_path: Path, here: Path) -> None:
    mixed = law(tmp_path / "mixed", results=RESULTS, met=rules()["met"])
    waivers = WAIVER % ("XX/results", "XX/met")
    found = audited(mixed, studio(Path("one"), GOOD + BAD.replace(",pass", ",fail") + UNREAD, waivers=waivers))
    (error,) = read(found)["XX/results"].result
    assert isinstance(error, Error)
    assert error.message.endswith("Not judged: a cell it needs cannot be read")


def test_a_line_that_was_left_out_is_an_error_and_stays_private(here: Path) -> None:
    found = audited(here, studio(Path("one"), GOOD + TORN))
    (error,) = read(found)["Every line of the files is a record"].result
    assert isinstance(error, Error)
    assert error.text.startswith("one/sterilization_cycles.csv:3: This line is left out, for it is no record")
    assert b"Jane Roe" not in render(found, "junit")


def test_signs_that_xml_forbids_are_written_by_number(here: Path) -> None:
    name = "<b>\\x07&\\u202e\\uffff]]>"
    found = audited(here, studio(Path("one"), GOOD + "\x1b\x0c<&]]>,load,2026-10-02T09:00,,pass\n", name=name))
    (suite,) = JUnitXml.fromstring(render(found, "junit"))
    told = {p.name: p.value for p in suite.properties()}
    assert told["studio"] == "<b>[U+0007]&[U+202E][U+FFFF]]]>"
    assert "[U+001B] <&]]>" in read(found)["XX/contents"].result[0].text


def test_every_finding_is_listed_and_the_bytes_are_the_same(here: Path) -> None:
    loads = "".join(f"L{n},load,2026-10-{n % 28 + 1:02}T09:00,,pass\n" for n in range(2_000))
    found = audited(here, studio(Path("one"), loads))
    data = render(found, "junit")
    assert data == render(found, "junit")
    failure = read(found)["XX/contents"].result[0]
    assert failure.text.count("has no contents.") == 2_000


def test_french_has_its_own_words(here: Path) -> None:
    cases = read(audited(here, studio(Path("one"))), "fr")
    assert cases["XX/other"].result[0].message == "Pas jugé : un registre nécessaire n’a pas été remis"
    assert outcome(cases["Chaque ligne des fichiers est un enregistrement"]) is None
