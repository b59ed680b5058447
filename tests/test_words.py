"""Every word of a report stands in the templates, and every language says all of it."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pikepdf
import pytest
from click.testing import CliRunner
from sample_audit import sample

from smpcompliance import dates
from smpcompliance.api import hand_in
from smpcompliance.audit.due import due_after
from smpcompliance.audit.finding import Audit, Cause
from smpcompliance.audit.run import audit
from smpcompliance.cli import main
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.report import render
from smpcompliance.report.content import content
from smpcompliance.report.html import html
from smpcompliance.report.page import Cell, Figure, Page, Table
from smpcompliance.report.reasons import reason
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.telling import EDITIONS, Telling
from smpcompliance.report.words import Words, languages, load_words
from smpcompliance.rules.ruleset import Law, library
from smpcompliance.trace.recalls import recall_list
from smpcompliance.yamlio import parse

ROOT = Path(__file__).parents[1]
SAMPLES = sorted(folder for folder in (ROOT / "sample_logs").iterdir() if (folder / "studio.yaml").is_file())
NAME = re.compile(r"\{([a-z_]+)\}")
WORD = r"[^\W\d_]"
LETTER = re.compile(WORD)
KEY = re.compile(r"[a-z_]+(\.[a-z_-]+)+")


@cache
def read(language: str) -> dict[str, Any]:
    """The file of a language as it is written."""
    file = resources.files("smpcompliance.templates") / "report" / f"{language}.yaml"
    return dict(parse(file.read_text("utf-8"), file.name).data)


def entries(data: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every entry that is asked for by its key: a text, a list, or a text with two forms."""
    for name, value in data.items():
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            yield from entries(value, f"{above}{name}.")
        else:
            yield above + name, value


@cache
def said(language: str) -> dict[str, Any]:
    """Key → entry of a language, without how it writes numbers."""
    return dict(entries({name: value for name, value in read(language).items() if name != "language"}))


def texts(entry: Any) -> list[str]:
    """The forms of an entry."""
    return [str(part) for part in (entry.values() if isinstance(entry, dict) else _listed(entry))]


def _listed(entry: Any) -> list[Any]:
    return entry if isinstance(entry, list) else [entry]


OTHERS = [language for language in languages() if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_key_and_none_of_its_own(language: str) -> None:
    english, other = said("en"), said(language)
    assert [key for key in english if key not in other] == [], f"{language}.yaml lacks these"
    assert [key for key in other if key not in english] == [], f"{language}.yaml has these, en.yaml has not"
    assert set(read("en")["language"]) == set(read(language)["language"])


@pytest.mark.parametrize("language", OTHERS)
def test_each_entry_has_the_shape_and_the_names_that_it_has_in_english(language: str) -> None:
    for key in said("en").keys() & said(language).keys():
        english, other = said("en")[key], said(language)[key]
        assert type(other) is type(english), key
        assert isinstance(english, dict) or len(texts(other)) == len(texts(english)), key
        names = [{name for text in texts(entry) for name in NAME.findall(text)} for entry in (english, other)]
        assert names[0] == names[1], key


SAME = {
    "document.running", "document.running_many", "date", "labels.page", "cover.law_entry", "place.record", "sources.ruleset",
    "files.hash", "undecided.reason", "waived.scope.machine", "verify.file.page", "pictures.holds.celsius",
    "pictures.holds.heads.celsius", "pictures.holds.celsius_value", "pictures.holds.minutes_value",
}  # fmt: skip
"""Entries that another language may say in the very same way."""
COGNATES = {
    "client", "clients", "document", "documents", "incidents", "lot", "machine", "machines", "minutes", "signatures", "source",
    "studio", "studios", "total",
}  # fmt: skip
"""Words that are the same in French."""


def test_nothing_in_french_is_still_english() -> None:
    english, french = said("en"), said("fr")
    same = {key for key in english.keys() & french.keys() if texts(english[key]) == texts(french[key])}
    words = {key for key in same if any(LETTER.search(NAME.sub("", text)) for text in texts(english[key]))}
    assert not {key for key in words if key not in SAME and str(english[key]).casefold() not in COGNATES}


@pytest.mark.parametrize("language", languages())
def test_every_reason_cause_log_and_key_has_a_word(language: str) -> None:
    data = read(language)
    assert set(data["reasons"]) == {each.name for each in Reason}
    assert set(data["causes"]) == set(get_args(Cause))
    assert list(data["logs"]) == list(LOGS)
    assert list(data["keys"]) == [schema(log).key for log in LOGS]


def sources() -> list[tuple[Path, ast.Module]]:
    """The modules that may speak in a report's words."""
    folders = (ROOT / "smpcompliance" / "report", ROOT / "smpcompliance" / "cli")
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    own = {"blank_logs.py"}
    return [(file, ast.parse(file.read_text("utf-8"))) for file in files if file.name not in own and not _law(file)]


def _law(file: Path) -> bool:
    return "law" in file.relative_to(ROOT).parts or "rules" in file.relative_to(ROOT).parts


def pattern(node: ast.JoinedStr) -> str:
    """The keys that an f-string may stand for, as a pattern."""
    return "".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[^.]*" for v in node.values)


def asked() -> set[tuple[str, str]]:
    """Every key in the code, as (place, pattern): asked of words, or written as a text that begins like a key."""
    tops = set(read("en")) - {"language"}
    return {(file.name, key) for file, tree in sources() for key in _asked(tree, tops)}


def _asked(tree: ast.Module, tops: set[str]) -> Iterator[str]:
    nodes = list(ast.walk(tree))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    given = {id(part) for node in nodes if _asks(node) for part in ast.walk(node.args[0])}  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            top, dot, _ = node.value.partition(".")
            if top in tops and (KEY.fullmatch(node.value) if dot else id(node) in given):
                yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):
            first = node.values[0].value if isinstance(node.values[0], ast.Constant) else ""
            if id(node) in given or str(first).partition(".")[0] in tops and "." in str(first):
                yield pattern(node)


def _asks(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and bool(node.args) and _of_words(node.func)


def _of_words(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute) and called.attr in ("several", "names"):
        return _of_words(called.value)
    return getattr(called, "id", getattr(called, "attr", "")) == "words"


def test_every_key_in_the_code_stands_in_the_templates() -> None:
    keys = list(said("en"))
    above = {key.rsplit(".", n)[0] for key in keys for n in range(1, key.count(".") + 1)}
    wrong = [(file, key) for file, key in asked() if not any(re.fullmatch(key, each) for each in (*keys, *above))]
    assert not wrong


def test_no_key_stands_in_the_templates_that_nothing_asks_for() -> None:
    patterns = [re.compile(key) for _, key in asked()]
    assert not [key for key in said("en") if not any(each.fullmatch(key) for each in patterns)]


MUTE = "·"
COMPUTED = re.compile(r"\b[0-9a-f]{16}\b|\|[a-z_]+\||\S+…$")
"""Hashes, the name of a log inside a text that is hashed, and the word at which a label in a picture was cut."""


def mute() -> Words:
    """A language without letters: what still has letters in a report did not come from the templates."""

    def silent(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: silent(part) for name, part in value.items()}
        if isinstance(value, list):
            return [silent(part) for part in value]
        return "".join(
            part if n % 2 else LETTER.sub(MUTE, part) for n, part in enumerate(re.split(r"(\{\w+\})", value))
        )

    data = read("fr")
    return Words("mute", {name: value if name == "language" else silent(value) for name, value in data.items()})


def printed(value: Any) -> Iterator[str]:
    """Every text of a page or of any part of it; names of tones, roles and shapes are no texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for part in value.values() for text in printed(part))
    elif isinstance(value, (tuple, list, frozenset)):
        yield from (text for part in value for text in printed(part))
    elif is_dataclass(value):
        silent = {"tone", "role", "kind", "look", "shape", "anchor", "severity", "logs", "paper", "language", "version"}
        yield from (text for f in fields(value) if f.name not in silent for text in printed(getattr(value, f.name)))


@cache
def known_of(folder: Path) -> list[str]:
    """What the law and the files of a sample bring."""
    return data_of(audited(folder))


def data_of(found: Audit) -> list[str]:
    """Every text that the law and the files of the studio bring, the longest first."""
    out: set[str] = {found.version}
    for each in found.results:
        rule, checks = each.rule, [version.check for version in each.rule.versions if version.check]
        out |= {
            rule.title,
            rule.id,
            rule.remedy,
            rule.leaves_out,
            rule.citation.text,
            rule.citation.note or "",
            *each.about,
        }
        out |= {check.explain() for check in checks} | {getattr(check, "ask", "") for check in checks}
        for finding in (*each.findings, *each.undecided, *each.coming):
            out |= {finding.message, finding.words, finding.fingerprint, finding.waiver or ""}
            for evidence in finding.evidence:
                out |= {evidence.file or "", evidence.sheet, evidence.column or "", *evidence.record.values()}
    for entry in due_after(found).due:
        out |= {entry.why, entry.evidence.file or "", *entry.subject, *entry.subject.values()}
        out |= {name.replace("_", " ") for name in entry.subject}
    for untold in due_after(found).untold:
        out |= {*(untold.subject or {}).values()}
    for recall in recall_list().entries:
        out |= {recall.id, recall.authority, recall.reason, recall.source, recall.file, *recall.brands}
        out |= {*recall.products, *recall.lots}
    out |= {text for file, hash, *_ in recall_list().files for text in (file, hash)}
    for source in found.inputs:
        out |= {source.file, source.sheet, source.sha256, *source.remarks}
    for _, place in found.unreadable:
        out |= {place.file, place.sheet, place.column or "", place.text, place.reason}
    for law in found.rulesets:
        out |= {law.id, law.name, law.instrument.strip(), law.authority, law.authority.strip(), law.sha256}
        out |= {text for omit in law.omits for text in (omit.rule, omit.because, omit.citation)}
        out |= {text or "" for source in law.sources for text in (source.title, source.url, source.note, source.read)}
    out |= {text for studio in found.studios for text in (studio.name, studio.studio_id)}
    for log, table in found.logs.tables.items():
        for name, column in schema(log).columns.items():
            out |= {name, *column.one_of}
            out |= set() if column.private or name not in table.text else set(table.text[name].unique().to_pylist())
        out |= {head for file in table.files for head in file.heads.values()}
    return sorted({text.replace("_", " ") for text in out if text and LETTER.search(text)}, key=len, reverse=True)


def left(page: Page, known: list[str]) -> list[str]:
    """What still has letters after everything known was taken out."""
    out = []
    for text in set(printed(page)):
        rest = COMPUTED.sub(" ", NAME.sub("", text)).replace("_", " ")
        if text in LOGS or not LETTER.search(rest):
            continue
        for part in known:
            if part in rest:
                rest = re.sub(rf"(?<!{WORD}){re.escape(part)}(?!{WORD})", "", rest)
                if not LETTER.search(rest):
                    break
        else:
            out.append(f"{rest!r} in {text!r}")
    return out


@cache
def audited(folder: Path) -> Audit:
    """A sample studio, with all its records."""
    shelves = library(resources.files("smpcompliance.rulesets"))
    handed = hand_in([folder], (), (), Law(shelves, ()), lambda _: None)
    period, day = dates.period("all"), date(2026, 11, 10)
    return audit(handed.rulesets, handed.reading.intake, handed.inputs, period, day, version="test")


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_no_word_of_a_report_stands_outside_the_templates(folder: Path, edition: Any) -> None:
    found = audited(folder)
    assert not left(content(found, mute(), Telling(edition=edition)), known_of(folder))


def numbers(page: Page, language: str) -> Counter[str]:
    """How often each number stands on a page, in pictures in their tables, however the language parts its thousands."""
    page = replace(page, blocks=tuple(replace(b, shapes=()) if isinstance(b, Figure) else b for b in page.blocks))
    blank = re.escape(read(language)["language"]["thousands"])
    parted = re.compile(rf"(?<![\w-])\d{{1,3}}(?:{blank}\d{{3}})+(?!\w)")
    plain = (parted.sub(lambda found: re.sub(blank, "", found[0]), text) for text in printed(page))
    return Counter(n for text in plain for n in re.findall(r"\d+", text))


def cells(page: Page) -> list[str]:
    """The figures of all tables in order."""
    rows = (row for block in page.blocks if isinstance(block, Table) for row in block.rows)
    return [re.sub(r"\D", "", cell.text) for row in rows for cell in row if isinstance(cell, Cell) and _figure(cell)]


def _figure(cell: Cell) -> bool:
    return re.fullmatch(r"[\d, ]+", cell.text) is not None


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_switching_the_language_changes_no_number(folder: Path, edition: Any) -> None:
    found, telling = audited(folder), Telling(edition=edition)
    english, french = (content(found, load_words(language), telling) for language in ("en", "fr"))
    assert cells(english) == cells(french)
    assert numbers(english, "en") == numbers(french, "fr")
    assert len(english.blocks) == len(french.blocks)


def test_a_page_in_french_is_marked_as_french_and_its_headings_are(tmp_path: Path) -> None:
    found, telling = sample(tmp_path), Telling(language="fr")
    with pikepdf.open(BytesIO(render(found, "pdf", telling))) as pdf:
        assert str(pdf.Root.Lang) == "fr"
        with pdf.open_outline() as outline:
            titles = [child.title for child in outline.root[0].children]
    assert "Questions à vérifier sur place" in titles
    assert not {text for entry in said("en").values() for text in texts(entry)} & set(titles)
    page = content(found, load_words("fr"), telling)
    assert '<html lang="fr">' in html(page, load_words("fr"))


def test_html_adds_no_word_of_its_own(tmp_path: Path) -> None:
    found, words = sample(tmp_path), mute()
    text = html(content(found, words, Telling()), words)
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.S)
    spoken = re.findall(r'(?:alt|title|aria-label|placeholder)="([^"]*)"', text) + re.findall(r">([^<]+)<", text)
    known = [part.replace("'", "&#x27;").replace("&", "&amp;") for part in data_of(found)] + data_of(found)
    assert not [line for line in spoken if left(_page(line), known)]


def _page(text: str) -> Page:
    return Page(text, "", "a4", "mute", date(2026, 1, 1), "", ())


def test_an_audit_in_french_end_to_end() -> None:
    for folder in SAMPLES:
        words = ["audit", str(folder), "--as-of", "2026-11-10", "--language", "fr"]
        found = CliRunner().invoke(main, [*words, "--fail-on", "never", "--allow-incomplete"])
        assert found.exit_code == 0, found.output
        titles = [entry for key, entry in said("en").items() if key.endswith(".title") and len(entry) > 12]
        assert "Manquements :" in found.stdout and "Période auditée :" in found.stdout
        assert not [title for title in titles if f"\n{title}\n" in found.stdout]


def test_french_writes_numbers_days_and_plurals_in_its_own_way() -> None:
    words = load_words("fr")
    assert words("cover.rows", n=0) == "0 enregistrement"
    assert words("cover.rows", n=1) == "1 enregistrement"
    assert words("cover.rows", n=4812) == "4 812 enregistrements"
    assert load_words("en")("cover.rows", n=0) == "0 records"
    assert said_day(date(2026, 10, 1), words) == "1er octobre 2026"
    assert said_day(date(2026, 10, 11), words) == "11 octobre 2026"


def test_only_a_report_in_another_language_says_what_stays_in_english(tmp_path: Path) -> None:
    found = sample(tmp_path)
    told = {language: repr(content(found, load_words(language)).blocks) for language in ("en", "fr")}
    assert str(read("fr")["method"]["points"]["own_words"][0]) in told["fr"]
    assert str(read("en")["method"]["points"]["own_words"][0]) not in told["en"]


def test_json_speaks_english_whatever_the_language_of_the_report(tmp_path: Path) -> None:
    found = sample(tmp_path)
    assert render(found, "json", Telling(language="fr")) == render(found, "json", Telling())
    reasons = {each.rule.id: reason(each, load_words()) for each in found.results}
    assert reasons == {
        "US-XX/contents": None, "US-XX/advice": None, "US-XX/away": "not in force",
        "US-XX/asked": "a question for the visit; no record answers it", "US-XX/other": "a log it needs was not handed in",
    }  # fmt: skip


def test_a_check_that_broke_says_what_broke_in_the_language_of_the_report(tmp_path: Path) -> None:
    found = sample(tmp_path).results[0]
    broken = replace(found, status="error", cause="broke", about=("ZeroDivisionError: boom",))
    assert reason(broken, load_words()) == "the check broke: ZeroDivisionError: boom"
    assert reason(broken, load_words("fr")) == "le contrôle est tombé en panne : ZeroDivisionError: boom"
