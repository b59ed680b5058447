"""A light command loads little, and what is read fast is what is read carefully."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from shutil import copytree
from typing import get_args

import pytest

from smpcompliance import yamlio
from smpcompliance.checks import KINDS
from smpcompliance.cli import _COMMANDS, choices
from smpcompliance.cli.rules import command as rules
from smpcompliance.logs.schema import LOGS, normal
from smpcompliance.report import FORMATS
from smpcompliance.report.due import FORMATS as LISTS
from smpcompliance.report.fleet import FORMATS as SUMMARIES
from smpcompliance.report.signing import SIGNATORIES
from smpcompliance.report.telling import EDITIONS, TOLD
from smpcompliance.report.trace import FORMATS as TRACES
from smpcompliance.report.words import languages
from smpcompliance.rules.parameters import named
from smpcompliance.rules.rule import SEVERITIES, ExamplesUnread, Severity
from smpcompliance.rules.ruleset import library, load_rulesets, packaged
from smpcompliance.yamlio import Document, Problem, SourceError, parse, parse_carefully, parse_without

ROOT = Path(__file__).parents[1]
RULES = sorted(file for file in (ROOT / "rulesets").glob("*/*.yaml") if file.name != "ruleset.yaml")
OTHERS = sorted(
    [
        *(ROOT / "rulesets").glob("*/ruleset.yaml"),
        *(ROOT / "rulesets").glob("*/lists/*.yaml"),
        *(ROOT / "smpcompliance").rglob("*.yaml"),
        *(ROOT / "templates").rglob("*.yaml"),
        *(ROOT / "sample_logs").rglob("*.yaml"),
    ]
)
PLAIN = {"numpy", "pyarrow", "pandas", "pydantic", "yaml", "reportlab", "pikepdf"}
RULE = "US-CA/spore-test-monthly"


def loaded_by(*words: str) -> set[str]:
    """The modules that a whole run of a command has loaded."""
    code = (
        "import sys\nfrom smpcompliance.cli import main\n"
        "try:\n    main(sys.argv[1:], prog_name='smpcompliance')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print('\\n'.join(['', 'loaded:', *sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return set(run.stdout.rpartition("\nloaded:\n")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        *((name, "--help") for name in _COMMANDS),
        *(("rules", name, "--help") for name in rules.commands),
    ],
    ids=" ".join,
)
def test_help_loads_nothing_that_reads_or_reckons(words: tuple[str, ...]) -> None:
    loaded = loaded_by(*words)
    assert loaded & PLAIN == set()
    assert len([name for name in loaded if name.startswith("smpcompliance")]) <= 17


def test_a_rule_is_shown_without_the_checks() -> None:
    loaded = loaded_by("rules", "show", RULE)
    assert loaded & PLAIN == {"yaml"}
    assert not any(name.startswith(("smpcompliance.checks", "smpcompliance.logs")) for name in loaded)


@pytest.mark.parametrize("words", [("explain", RULE), ("rules", "list"), ("rules", "lint", "GB-WLS")], ids=" ".join)
def test_law_is_read_and_explained_without_what_judges(words: tuple[str, ...]) -> None:
    loaded = loaded_by(*words)
    assert loaded & PLAIN == {"pydantic", "yaml"}
    assert not [name for name in loaded if name.endswith(".evaluation")]


def test_a_rule_that_comes_with_the_program_is_explained_without_what_proves_it() -> None:
    loaded = loaded_by("explain", RULE)
    assert loaded & {"smpcompliance.rules.lint", "smpcompliance.rules.mutants"} == set()


def test_rules_that_come_with_the_program_have_no_mistakes(tmp_path: Path) -> None:
    """What is relied on where they are read without their proofs; a ruleset of one's own is always looked through."""
    shelves = library(packaged())
    load_rulesets(shelves, shelves, proofs=True)
    copy = tmp_path / "US"
    copytree(str(shelves["US"]), copy)
    file = next(file for file in sorted(copy.glob("*.yaml")) if file.name != "ruleset.yaml")
    file.write_text(file.read_text("utf-8").replace("message: ", "message: '{nothing}'  # ", 1), "utf-8")
    with pytest.raises(SourceError, match="{nothing} is no fact, column or parameter"):
        load_rulesets(library(tmp_path), ["US"])


def test_no_kind_is_loaded_that_no_rule_names() -> None:
    kinds = {name.split(".")[2] for name in loaded_by("explain", RULE) if name.startswith("smpcompliance.checks.")}
    assert kinds & set(KINDS) == {"interval"}


def test_a_plain_audit_loads_only_what_it_uses(tmp_path: Path) -> None:
    (tmp_path / "studio.yaml").write_text("jurisdiction: EIGHT\n")
    (tmp_path / "sessions.csv").write_text("session_id,started_at,client_id\nS1,2026-03-04 14:00,C1\n")
    own = str(ROOT / "benchmarks" / "speed" / "rulesets" / "EIGHT")
    code = (
        "import sys; from smpcompliance import audit_studios\n"
        "audit_studios(sys.argv[1], as_of='2026-11-21', period='all', rulesets=[sys.argv[2]])\n"
        "print(*sys.modules)\n"
        "from smpcompliance.logs.schema import schema; print('schemas', schema.cache_info().currsize)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path), own], capture_output=True, text=True, check=True)
    modules, _, schemas = run.stdout.rpartition("schemas")
    assert int(schemas) <= 5
    loaded = set(modules.split())
    unused = {"audit.waivers", "audit.baseline", "report.saved", "report.page", "trace", "fleet", "cli"}
    unused |= {"logs.intake.places.archive", "logs.intake.printout.read", "logs.intake.exports"}
    assert loaded & {f"smpcompliance.{name}" for name in unused} == set()
    assert loaded & {"pandas", "rapidfuzz", "numpy.ma", "holidays", "reportlab", "click", "biip"} == set()
    assert loaded & {"html", "difflib", "statistics"} == set()
    kinds = {name.split(".")[2] for name in loaded if name.startswith("smpcompliance.checks.")} & set(KINDS)
    assert kinds == {"record", "unique", "reference"}


def test_a_pdf_is_written_without_what_reads_xml(tmp_path: Path) -> None:
    (tmp_path / "studio.yaml").write_text("jurisdiction: EIGHT\n")
    (tmp_path / "sessions.csv").write_text("session_id,started_at,client_id\nS1,2026-03-04 14:00,C1\n")
    own = str(ROOT / "benchmarks" / "speed" / "rulesets" / "EIGHT")
    asked = ("--as-of", "2026-11-21", "--fail-on", "never", "--allow-incomplete", "--ruleset", own)
    loaded = loaded_by("audit", str(tmp_path), *asked, "--quiet", "--report", f"pdf={tmp_path / 'audit.pdf'}")
    assert "pikepdf" in loaded
    assert loaded & {"lxml", "rapidfuzz", "pandas"} == set()


def test_heads_that_nobody_knows_are_compared_with_known_ones_only_where_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "studio.yaml").write_text("jurisdiction: US-CA\n")
    (tmp_path / "spore_tests.csv").write_text("tested_at,result,Steriliser Nr,Laboratry\n2026-03-04,pass,A1,X\n")
    audit = ("audit", str(tmp_path), "--as-of", "2026-11-10", "--fail-on", "never", "--allow-incomplete")
    assert "rapidfuzz" not in loaded_by(*audit)
    assert "rapidfuzz" in loaded_by("doctor", str(tmp_path))


def test_what_a_report_tells_of_earlier_ones_is_loaded_only_where_there_is_one() -> None:
    studio = str(ROOT / "sample_logs" / "two-under-one-lot")
    loaded = loaded_by("audit", studio, "--as-of", "2026-11-10", "--fail-on", "never", "--allow-incomplete")
    assert loaded & {f"smpcompliance.report.{name}" for name in ("saved", "state", "changes")} == set()


def test_a_check_needs_nothing_that_judges_until_it_judges() -> None:
    code = "import sys; from smpcompliance.checks import KINDS; print({*KINDS.values()} and 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_one_rule_is_shown_from_its_own_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    reading = Path.read_bytes

    def noted(file: Path) -> bytes:
        read.append(file.name)
        return reading(file)

    monkeypatch.setattr(Path, "read_bytes", noted)
    one = load_rulesets(library(packaged()), ["US-CA"], only=RULE)
    assert sorted(read) == ["ruleset.yaml", "ruleset.yaml", f"{RULE.partition('/')[2]}.yaml"]
    assert [rule.id for rule in one["US-CA"].rules] == [RULE]


def test_each_file_of_a_ruleset_is_read_once_and_its_hash_is_of_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    one = load_rulesets(library(packaged()), ["GB-WLS"], only="GB-WLS/none")
    read: list[Path] = []
    reading = Path.read_bytes

    def noted(file: Path) -> bytes:
        read.append(file)
        return reading(file)

    monkeypatch.setattr(Path, "read_bytes", noted)
    whole = load_rulesets(library(packaged()), ["GB-WLS"])
    assert len(read) == len(set(read)) == sum(len(ruleset.files) for ruleset in whole.values())
    assert {id: ruleset.sha256 for id, ruleset in one.items()} == {id: each.sha256 for id, each in whole.items()}


def test_choices_are_those_of_the_modules_they_come_from() -> None:
    assert choices.SEVERITIES == SEVERITIES == get_args(Severity)
    assert tuple(FORMATS) == choices.REPORTS
    assert choices.LISTS == LISTS
    assert choices.SUMMARIES == SUMMARIES
    assert choices.TRACES == TRACES
    assert choices.EDITIONS == EDITIONS
    assert choices.SIGNATORIES == SIGNATORIES
    assert choices.LOGS == LOGS
    assert choices.languages() == languages()
    assert (TOLD.edition, TOLD.language, TOLD.sample) == (choices.EDITION, choices.LANGUAGE, choices.SAMPLE)


@pytest.mark.parametrize("what", choices.SCHEMAS)
def test_each_schema_has_its_home(what: str) -> None:
    assert callable(getattr(import_module(choices.SCHEMAS[what]), f"{what}_schema"))


def test_every_packaged_file_is_read_fast_and_alike() -> None:
    assert len(RULES) > 1000
    assert len(OTHERS) > 50
    for file in (*RULES, *OTHERS):
        text = file.read_text("utf-8")
        careful = parse_carefully(text, file.name)
        assert yamlio._plain(text) == careful.data, file
        assert said(parse(text, file.name).data) == said(careful.data), file


def test_every_packaged_rule_is_the_same_without_its_examples() -> None:
    for file in RULES:
        text = file.read_text("utf-8")
        whole = parse_carefully(text, file.name).data
        assert said(yamlio._apart(text, "examples")) == said({k: v for k, v in whole.items() if k != "examples"}), file


def said(data: object) -> str:
    """Plain data with types and order."""
    return repr(data)


def results(text: str) -> tuple[object, ...]:
    out: list[object] = []
    for read in (parse, parse_carefully):
        try:
            document = read(text, "f.yaml")
            out.append((said(document.data), dict(document.marks)))
        except SourceError as error:
            out.append(error.problems)
    return tuple(out)


ODD = [
    "", "# nothing\n", "a: 1\n", "a:\n", "- 1\n- [x, {y: 2}]\n", "a: 1\na: 2\n", "a: &x 1\nb: *x\n", "a: !!str 1\n", "a: ! 1\n",
    "a: 1\n---\nb: 2\n", "---\na: 1\n...\n", "a: 'open\n", "a: [1, 2\n", "a: {b: 1, b: 2}\n", "? [x]\n: 1\n", "a:\tb\n", "a: \x07\n",
    "a: NO\nb: 010\nc: 1:30\nd: 1.50\ne: +3\nf: ~\ng: 'true'\nh: 2025-06-30\ni: -\n", "a: |\n  x\n\n  y\nb: >-\n  z\n",
    "&k a: 1\n", "!x a: 1\n", "<<: {a: 1}\n", "a: b: c\n", "a\n", "%YAML 1.1\n---\na: 1\n", "\ufeffa: 1\n", "a: 1\r\nb: 2\r\n",
    "[" * 2000 + "]" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_text_is_read_as_the_careful_way_reads_it(text: str) -> None:
    fast, careful = results(text)
    assert fast == careful


def damaged(text: str) -> Iterator[str]:
    """A rule file with one small thing wrong, at many places."""
    lines = text.splitlines(keepends=True)
    for n in range(0, len(lines), 3):
        yield "".join([*lines[:n], lines[n][1:], *lines[n + 1 :]])
        yield "".join([*lines[:n], lines[n], *lines[n:]])
        yield "".join([*lines[:n], lines[n].rstrip("\n") + "'\n", *lines[n + 1 :]])
        yield "".join([*lines[:n], " " + lines[n], *lines[n + 1 :]])
        yield "".join([*lines[:n], lines[n].replace(": ", ": &a ", 1), *lines[n + 1 :]])
    yield from (text[:n] for n in range(0, len(text), 101))


def test_a_damaged_rule_is_read_as_the_careful_way_reads_it() -> None:
    text = (ROOT / "rulesets" / "US-CA" / "spore-test-monthly.yaml").read_text("utf-8")
    for wrong in damaged(text):
        fast, careful = results(wrong)
        assert fast == careful


def test_what_stands_outside_a_part_is_never_taken_for_what_it_is_not() -> None:
    """Where the text before or behind the part is damaged, the document says what the careful way says."""
    text = "title: x\nexamples:\n  - title: one\n    finds: []\nunpinned: {a: b}\n"
    before, part, behind = text.partition("examples:\n  - title: one\n    finds: []\n")
    for wrong in [
        *(each + part + behind for each in damaged(before)),
        *(before + part + each for each in damaged(behind) if each[:1] != " "),
    ]:
        try:
            expected: object = {k: v for k, v in parse_carefully(wrong, "f").data.items() if k != "examples"}
        except (SourceError, AttributeError) as error:
            expected = type(error)
        try:
            found: object = parse_without(wrong, "f", "examples").data
        except SourceError as error:
            found = type(error)
        if expected is AttributeError:
            continue
        assert found == expected, wrong


@pytest.mark.parametrize(
    "text",
    [
        "a: 'x\nexamples:\n  - 1\nb: y'\n",
        "a: [x,\nexamples:\n  - 1\nb: y]\n",
        "examples: [1]\na: 1\n",
        "a: 1\nexamples:\n  - 1\nexamples:\n  - 2\n",
        "a: 1\nexamples:\n  - 1\n'examples': 2\n",
        "a: 1\nexamples:\n  - 1\na: 2\n",
        "a: |\n  examples:\n  - 1\n",
        "a: 1\n...\nexamples:\n  - 1\n",
        "a: 1\nexamples:\n  - 1\n---\nb: 1\n",
        "{a: 1}\nexamples:\n  - 1\n",
        " a: 1\nexamples:\n  - 1\n",
        "- a\n",
    ],
)
def test_a_part_that_does_not_stand_clearly_apart_is_read(text: str) -> None:
    try:
        whole = parse_carefully(text, "f").data
        expected: object = {k: v for k, v in whole.items() if k != "examples"} if isinstance(whole, dict) else whole
    except SourceError as error:
        expected = error.problems
    try:
        found: object = parse_without(text, "f", "examples").data
    except SourceError as error:
        found = error.problems
    assert found == expected


def test_positions_are_found_when_they_are_asked_for() -> None:
    text = "a: 1\nexamples:\n  - 1\nb:\n  c: [x, y]\n"
    for document in (parse(text, "f"), parse_without(text, "f", "examples")):
        assert document.where(("b", "c", 1)) == (5, 10)
        assert document.problem(("b", "none"), "wrong") == Problem("f", 4, 1, "wrong")
        assert len(document.marks) == len(list(document.marks)) == 8


def test_examples_that_were_not_read_are_read_with_every_mistake() -> None:
    text = "title: x\nexamples:\n  - title: one\n    finds: []\n    wrong: 1\n  - finds: 2\n"
    unread = ExamplesUnread(Document("f.yaml", {"title": "x"}, {(): (1, 1)}, text))
    with pytest.raises(SourceError) as caught:
        len(unread)
    assert {(p.line, p.text) for p in caught.value.problems} >= {(5, "unknown key 'wrong'"), (6, "'title' is missing")}
    good = ExamplesUnread(Document("f.yaml", {}, {(): (1, 1)}, "examples:\n  - title: one\n    finds: []\n"))
    assert [example.title for example in good] == ["one"]
    assert len(ExamplesUnread(Document("f.yaml", {}, {(): (1, 1)}, "title: x\n"))) == 0


def test_examples_of_a_ruleset_of_ones_own_are_read_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "XX"
    folder.mkdir()
    for name in ("ruleset.yaml", "spore-test-monthly.yaml"):
        text = (ROOT / "rulesets" / "US-CA" / name).read_text("utf-8")
        head, omits, rest = text.replace("extends: US\n", "").partition("\nomits:")
        (folder / name).write_text(head + "\n" if omits else head + rest, "utf-8")
    file = folder / "spore-test-monthly.yaml"
    file.write_text(file.read_text("utf-8").replace("    finds: []\n", "    finds: 1\n", 1), "utf-8")
    with pytest.raises(SourceError, match="examples|finds"):
        load_rulesets(library(tmp_path), ["XX"])


def test_packaged_examples_are_all_there_and_read_at_once_where_that_is_asked() -> None:
    shelves = library(packaged())
    later = load_rulesets(shelves, ["SMP"])["SMP"].rules
    at_once = load_rulesets(shelves, ["SMP"], proofs=True)["SMP"].rules
    assert all(isinstance(rule.examples, ExamplesUnread) for rule in later)
    assert not any(isinstance(rule.examples, ExamplesUnread) for rule in at_once)
    assert [tuple(rule.examples) for rule in later] == [tuple(rule.examples) for rule in at_once]
    assert sum(len(rule.examples) for rule in later) > 20


@pytest.mark.parametrize("text", ["lot no", "Lot No", "lot  no", "lot-no", " a", "a ", "é", "", "+", "n°", "3 a"])
def test_a_head_in_normal_form_stays_as_it_is(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_parameters_are_found_with_their_places() -> None:
    node = {"a": "$x", "b": [1, "$y", {"c": ["$x", "z", None]}], "d": "no $w", "$k": 2.5}
    assert named(node, ("check",)) == [
        ("x", ("check", "a")),
        ("y", ("check", "b", 1)),
        ("x", ("check", "b", 2, "c", 0)),
    ]
    assert named("$v", ("p",)) == [("v", ("p",))]
    assert named(3) == []
