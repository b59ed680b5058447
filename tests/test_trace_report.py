"""What a trace says, in which order and in which words; its data, its table and its letters."""

import csv
import io
import json
import re
from collections import Counter
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import jsonschema
import numpy as np
import pytest
from pdf_structure import check
from test_words import data_of, left, mute
from traced_studio import studio, traced

from smpcompliance.api import audit_studios
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.report.csv import guarded
from smpcompliance.report.page import Heading, Page, Verdict
from smpcompliance.report.trace import FORMATS, render
from smpcompliance.report.trace.letters import letter_words
from smpcompliance.report.trace.page import page
from smpcompliance.report.trace.schema import trace_schema
from smpcompliance.report.words import Words, languages, load_words
from smpcompliance.trace.exposure import Because, Strength
from smpcompliance.trace.gaps import WHATS
from smpcompliance.trace.loads import Fate
from smpcompliance.trace.recalls import Match
from smpcompliance.trace.run import KINDS, Asked, Kind, Trace
from smpcompliance.trace.traceability import LINKS
from smpcompliance.yamlio import parse

ENGLISH = load_words("en")
QUERIES: tuple[tuple[Kind, str], ...] = (
    ("failed_tests", ""), ("equipment", "A1"), ("lot", "BL23"), ("lot", "none such"), ("recalls", ""), ("practitioner", "ZM"),
    ("client", "K-1"), ("station", "Chair 1"), ("period", ""), ("drill", ""),
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio(tmp_path_factory.mktemp("studios"))


@pytest.fixture(scope="module")
def failed(place: Path) -> Trace:
    return traced(place, "failed_tests")


def said(trace: Trace, form: str = "text", names: bool = False, words: Words = ENGLISH) -> str:
    return render(trace, form, words, names).decode("utf-8-sig")


def flat(text: str) -> str:
    return " ".join(text.split())


def headings(found: Page) -> list[str]:
    return [block.text for block in found.blocks if isinstance(block, Heading)]


def rows(trace: Trace, names: bool = False) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said(trace, "csv", names))))


def test_the_window_is_told_with_the_tests_that_open_and_close_it(failed: Trace) -> None:
    text = flat(said(failed))
    assert "Failed: T-3 of 2026-09-05 09:00, fail, control growth (spore_tests.csv, line 4)" in text
    assert "Window opens: after T-1 of 2026-08-01 09:00, pass" in text and "(spore_tests.csv, line 2)" in text
    assert "Window closes: with T-4 of 2026-10-01 09:00, pass" in text
    assert "1 test counts neither way: T-2 of 2026-08-20 09:00" in text


def test_the_counts_stand_in_one_line_with_their_denominator_and_reasons(failed: Trace) -> None:
    line = "6 sessions looked at: 3 certain, 1 possible, because no load number was written (1), 2 excluded."
    assert line in flat(said(failed))


def test_the_counts_add_up(place: Path) -> None:
    for kind, key in QUERIES:
        for each in json.loads(said(traced(place, kind, key), "json"))["traced"]:
            counts = each["counts"]
            assert counts["sessions"] == counts["certain"] + counts["possible"] + counts["excluded"], kind
            assert counts["sessions"] == sum(counts["because"].values())


def test_it_is_said_in_the_order_in_which_it_is_needed(failed: Trace) -> None:
    order = [
        "Steriliser A1", "The loads", "What the law asks next", "Certain", "Possible", "1 exposed session names no client",
        "Excluded", "What could not be traced", "Records left out", "Files that were read", "How to read this",
    ]  # fmt: skip
    told = headings(page(failed, ENGLISH, False))
    places = [next(n for n, text in enumerate(told) if text.startswith(begin)) for begin in order]
    assert places == sorted(places)


def test_a_held_load_that_a_session_names_is_marked(failed: Trace) -> None:
    assert "✕ used although it was called back" in flat(said(failed))


def test_a_session_without_a_client_is_listed_and_counted(failed: Trace) -> None:
    verdict = next(block for block in page(failed, ENGLISH, False).blocks if isinstance(block, Verdict))
    assert verdict.line == "3 clients exposed: 2 certain, 1 possible; exposed sessions without a client: 1"
    assert "2026-09-14 10:00, session S-5: a load of the window is named: C-2" in flat(said(failed))


def test_a_line_that_was_left_out_is_told(failed: Trace) -> None:
    assert "1 line or file could not be used; it may concern somebody." in flat(said(failed))
    assert [row["line"] for row in rows(failed) if row["row"] == "left_out"] == ["9"]


def test_the_table_has_every_exposed_session_with_the_line_that_decides(failed: Trace) -> None:
    sessions = [row for row in rows(failed) if row["row"] == "session"]
    told = [(row["tier"], row["client"], row["session"], row["load"], row["file"], row["line"]) for row in sessions]
    file = "session_supplies.csv"
    assert told == [
        ("certain", "K-1", "S-1", "C-2", file, "2"),
        ("certain", "K-2", "S-2", "C-3", file, "4"),
        ("certain", "", "S-5", "C-2", file, "8"),
        ("possible", "K-3", "S-3", "", file, "5"),
    ]
    excluded = {row["reason"]: row["count"] for row in rows(failed) if row["row"] == "excluded"}
    assert excluded == {"before": "1", "not_performed": "1"}


def test_nothing_in_the_table_runs_as_a_formula(failed: Trace) -> None:
    for names in (False, True):
        assert all(
            cell == guarded(cell) or cell.startswith("'") for row in rows(failed, names) for cell in row.values()
        )


def test_lots_are_told_with_supplier_papers_and_stock(place: Path) -> None:
    trace = traced(place, "lot", "lot BL23")
    text = flat(said(trace))
    assert "Where the lot BL23 went" in text and "1 lot is meant (1 surely)." in text
    (lot,) = json.loads(said(trace, "json"))["traced"][0]["lots"]["lots"]
    assert (lot["product"], lot["supplier"], lot["papers"], lot["listed"]) == (
        "Carolina Blue 1/2oz", "Inkwell Supply", "invoice", True,
    )  # fmt: skip


def test_a_lot_that_nobody_knows_is_an_answer(place: Path) -> None:
    assert "No record names this lot." in said(traced(place, "lot", "none such"))
    assert "spelled nearly so" not in said(traced(place, "lot", "none such"))


def test_a_lot_number_that_is_mistyped_is_answered_with_those_on_record(place: Path) -> None:
    assert "On record, and spelled nearly so: BL23. Was one of these meant?" in flat(said(traced(place, "lot", "BL24")))


def test_a_recall_is_told_with_source_match_use_and_the_age_of_the_list(place: Path) -> None:
    trace = traced(place, "recalls")
    text = flat(said(trace))
    assert "Recall US-FDA-2024-08-a: Bloodline" in text and "Published: 2024-08-23" in text
    assert "Match: certain" in text and "rulesets/recalls.csv, line" in text
    assert "Use: 5 sessions exposed: 0 before publication, 5 on or after it, 0 not to be told" in text
    assert "Its newest entry was compared with its source on 21 November 2026, after the day of this trace." in text
    assert {row["use"] for row in rows(trace) if row["row"] == "session"} == {"after"}


def test_one_client_has_everything_that_was_used(place: Path) -> None:
    trace = traced(place, "client", "K-1")
    text = flat(said(trace))
    assert "2026-09-03 10:00, session S-1" in text
    (session,) = json.loads(said(trace, "json"))["traced"][0]["clients"][0]["sessions"]
    used = [(step["log"], step["record"]) for step in session["used"] if step["record"]]
    for record in (
        ("supply_lots", "I-1"),
        ("sterilization_cycles", "C-2"),
        ("spore_tests", "T-2"),
        ("spore_tests", "T-3"),
    ):
        assert record in used, used
    assert all("name" not in step["told"] and "tested_by" not in step["told"] for step in session["used"])


def test_a_drill_says_what_was_drawn_and_how_and_the_weakest_link(place: Path) -> None:
    text = flat(said(traced(place, "drill", seed=7)))
    assert "Seed: 7" in text and "SHA-256 of 7|heron|" in text
    assert re.search(r"Traceable end to end: \d of 5 sessions", text)
    assert "Weakest link:" in text
    assert said(traced(place, "drill", seed=7)) == said(traced(place, "drill", seed=7))


def test_letters_of_a_drill_say_that_they_are_an_exercise(place: Path) -> None:
    letters = said(traced(place, "drill", seed=7), "letters").split("\f\n")
    assert all("EXERCISE" in letter for letter in letters)


def test_each_exposed_client_has_one_letter_and_those_who_ask_a_form(failed: Trace) -> None:
    *letters, form = said(failed, "letters").split("\f\n")
    assert [re.findall(r"Client (K-\d)", letter) for letter in letters] == [["K-1"], ["K-2"], ["K-3"]]
    assert "instruments of the load C-2 were used" in letters[0] and "2026-09-03" in letters[0]
    assert "You may be concerned" in letters[2]
    assert "it is not written which load the instruments came from" in flat(letters[2])
    assert form.startswith("FORM") and "none of your sessions is concerned" in flat(form)
    assert all("Heron & Thorn" in letter and "no diagnosis" in flat(letter) for letter in (*letters, form))


def test_with_names_a_letter_is_addressed(failed: Trace) -> None:
    first = said(failed, "letters", names=True).split("\f\n")[0]
    assert "Odalys Brightwater\n17 Invented Lane\nodalys@example.com\nOur file: K-1" in first


def test_a_client_who_is_reached_twice_has_one_letter(place: Path) -> None:
    letters = said(traced(place, "recalls"), "letters").split("\f\n")
    assert sum("Client K-1" in letter for letter in letters) == 1


def test_letters_promise_nothing() -> None:
    for language in languages():
        data = letter_words(language)
        text = str(data._data).casefold()
        for word in (
            "guarantee",
            "garanti",
            "discount",
            "remise ",
            "do not worry",
            "safe",
            "sans danger",
            "infected",
            "infecté",
        ):
            assert word not in text, (language, word)


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize(("kind", "key"), QUERIES)
def test_the_data_fit_their_schema(place: Path, kind: Kind, key: str, names: bool) -> None:
    data = json.loads(said(traced(place, kind, key), "json", names))
    jsonschema.Draft202012Validator(trace_schema()).validate(data)
    assert data["confidential"] is names


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_trace_gives_the_same_bytes(place: Path, failed: Trace, form: str) -> None:
    assert render(failed, form, ENGLISH) == render(traced(place, "failed_tests"), form, ENGLISH)


def test_the_data_speak_no_language(failed: Trace) -> None:
    assert said(failed, "json") == said(failed, "json", words=load_words("fr"))


def test_the_pdf_is_tagged_and_on_the_paper_of_the_place(failed: Trace) -> None:
    file = check(render(failed, "pdf", ENGLISH))
    assert [float(n) for n in file.pages[0].mediabox] == [0, 0, 612, 792]
    assert str(file.Root.AF[0].UF) == "exposure.json"


@pytest.mark.parametrize("language", languages())
def test_everything_that_an_answer_may_say_has_a_word(language: str) -> None:
    words = load_words(language)
    for kind in ("load", "lot", "other"):
        assert set(words.names(f"trace.because.{kind}")) == {each.name for each in Because}
        letter = letter_words(language)
        exposed = {each.name for each in Because if each.strength > Strength.excluded}
        assert set(letter.names(f"letter.why.{kind}")) == exposed
    assert set(words.names("trace.strength")) == {each.name for each in Strength}
    assert set(words.names("trace.fate")) == {each.name for each in Fate}
    assert set(words.names("trace.gap")) == set(WHATS)
    assert set(words.names("trace.match")) == set(get_args(Match))
    assert set(words.names("trace.query")) == set(KINDS)
    assert set(KINDS) <= set(words.names("trace.of"))
    assert set(words.names("trace.link")) == set(LINKS)
    states = get_args(Asked.__annotations__["state"])
    assert set(states) | {"not_followed"} == set(words.names("trace.state"))


def _entries(data: Any, above: str = "") -> dict[str, Any]:
    if isinstance(data, dict) and set(data) != {"one", "other"}:
        return {k: v for name, part in data.items() for k, v in _entries(part, f"{above}{name}.").items()}
    return {above: data}


def test_the_letters_say_the_same_in_every_language() -> None:
    folder = resources.files("smpcompliance.templates") / "letters"
    files = {file.name: parse(file.read_text("utf-8"), file.name).data for file in folder.iterdir()}
    assert set(files) == {f"{language}.yaml" for language in languages()}
    english, french = (_entries(files[name]["letter"]) for name in ("en.yaml", "fr.yaml"))
    assert list(english) == list(french)
    for key, entry in english.items():
        names = [Counter(set(re.findall(r"\{(\w+)\}", str(part)))) for part in (entry, french[key])]
        assert names[0] == names[1] and type(entry) is type(french[key]), key


@pytest.mark.parametrize(("kind", "key"), QUERIES)
def test_french_says_the_same_numbers(place: Path, kind: Kind, key: str) -> None:
    trace = traced(place, kind, key)
    english, french = (page(trace, load_words(language), False) for language in ("en", "fr"))
    assert [type(block) for block in english.blocks] == [type(block) for block in french.blocks]


@pytest.mark.parametrize(("kind", "key"), QUERIES)
def test_no_word_stands_outside_the_templates(place: Path, kind: Kind, key: str) -> None:
    trace = traced(place, kind, key)
    known = {"SHA", str(place.name), *(word for each in trace.unreadable for word in (each[1].reason,))}
    known |= {text for each in trace.traced for asked in each.asked for text in (asked.words, asked.rule.title)}
    for each in trace.recalls.entries if trace.recalls else ():
        known |= {
            each.id,
            each.authority,
            each.published,
            each.reason,
            each.source,
            *each.brands,
            *each.products,
            *each.lots,
        }
    known |= {text for name, digest, *_ in trace.recalls.files for text in (name, digest)} if trace.recalls else set()
    known |= {
        entry for name in ("text", "hash") for each in trace.traced if each.drawn for entry in [vars(each.drawn)[name]]
    }
    known |= {each.key for each in trace.traced} | {
        name.replace("_", " ") for log in LOGS for name in schema(log).columns
    }
    found = audit_studios(place, as_of="2026-11-10", period="all")
    whole = sorted({*known, *data_of(found), key, key.replace(" ", "").upper(), *LOGS} - {""}, key=len, reverse=True)
    assert not left(page(trace, mute(), False), [text.replace("_", " ") for text in whole])


def test_a_log_that_is_missing_is_told(tmp_path: Path) -> None:
    place = studio(tmp_path)
    (place / "session_supplies.csv").unlink()
    text = flat(said(traced(place, "failed_tests")))
    assert "Not handed in, so this cannot be the whole answer: session supplies." in text
    assert "because a log of supplies or loads was not handed in (5)" in text or "was not handed in" in text


def test_a_still_open_window_is_told(tmp_path: Path) -> None:
    place = studio(tmp_path)
    tests = (place / "spore_tests.csv").read_text("utf-8").splitlines()
    (place / "spore_tests.csv").write_text("\n".join(tests[:-1]) + "\n", "utf-8")
    assert "still open; no later test is on record that surely passed" in flat(said(traced(place, "failed_tests")))


def test_several_studios_are_told_apart(tmp_path: Path) -> None:
    studio(tmp_path, id="heron")
    studio(tmp_path, called=True, id="thorn")
    trace = traced(tmp_path, "failed_tests")
    assert [each.studio.studio_id for each in trace.traced] == ["heron", "thorn"]
    assert headings(page(trace, ENGLISH, False)).count("Heron & Thorn") == 2
    letters = said(trace, "letters").split("\f\n")
    assert sum(letter.startswith("FORM") for letter in letters) == 2


def test_nobody_exposed_gives_no_letter_but_the_form(place: Path) -> None:
    trace = traced(place, "equipment", "A1", period="2026-10")
    assert [letter[:4] for letter in said(trace, "letters").split("\f\n")] == ["FORM"]
    assert not np.count_nonzero(trace.traced[0].exposed.strength == Strength.certain)
    assert trace.as_of == date(2026, 11, 10)
