"""What the pages tell a reader to type: each command and option exists, each line runs, and none of them is untold."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from smpcompliance.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = ROOT / "docs" / "commands.md"
PROGRAM = "smpcompliance "
LAST = re.compile(r"\s+#.*|\s{2,}.*")  # what a line says about itself
UNTRIED = {
    "smpcompliance sign october.pdf --key studio.key --cert studio.pem": "needs a key (tests/test_sign.py)",
    'smpcompliance sign october-signed-studio.pdf --pkcs12 inspector.p12 --as inspector --reason "Seen on the visit"': "",
    "smpcompliance verify october.pdf my-studio --trust studio.pem --rulesets rules-of-the-county": "needs a certificate",
}


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each block of a page."""
    yield from re.findall(r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def typed(page: Path) -> Iterator[str]:
    """The lines of a page that a reader may type as they are."""
    for language, text in blocks(page):
        for line in text.splitlines() if language in ("sh", "") else ():
            if line.startswith(PROGRAM):
                yield LAST.sub("", line)


def named(page: Path) -> Iterator[str]:
    """Every command line in the blocks of a page, also those in a pipeline's file."""
    for language, text in blocks(page):
        for line in text.splitlines() if language != "python" else ():
            if found := re.search(r"(?<![\w/-])smpcompliance (?=[a-z-]+)[^'&|]*", LAST.sub("", line.strip())):
                yield found[0]


def leaves(group: click.Group = main, *above: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from leaves(found, *above, name)
        elif found:
            yield " ".join((*above, name)), found


LEAVES = dict(leaves())


def options(command: click.Command) -> set[str]:
    own = {name for each in command.params for name in each.opts if name.startswith("-")}
    return own | {"--help", "-h"}


def command_of(words: list[str]) -> tuple[str, list[str]]:
    """The command that words name, and the words behind it."""
    for n in (2, 1):
        if (name := " ".join(words[:n])) in LEAVES:
            return name, words[n:]
    raise AssertionError(f"there is no command {' '.join(words[:2])!r}")


LINES = sorted({line for page in PAGES for line in named(page)})
TRIED = [line for line in dict.fromkeys(line for page in PAGES for line in typed(page)) if line not in UNTRIED]


@pytest.mark.parametrize("line", LINES)
def test_every_command_and_option_in_a_block_exists(line: str) -> None:
    name, rest = command_of(shlex.split(line.removeprefix(PROGRAM)))
    assert {word.partition("=")[0] for word in rest if re.match("--?[a-z]", word)} <= options(LEAVES[name])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with studios and reports by the names that the pages use."""
    folder = tmp_path_factory.mktemp("desk")
    sample = ROOT / "sample_logs" / "golden-needle"
    for name in ("my-studio", "studio", "golden-needle", "studios/one"):
        shutil.copytree(sample, folder / name)
    shutil.copytree(ROOT / "sample_logs" / "fade-and-dot", folder / "studios" / "two")
    files = {"json": ("october.json", "november.json", "audit.json"), "pdf": ("october.pdf", "audit.pdf")}
    words = ["audit", str(folder / "studio"), "--as-of", "2026-11-10", "--quiet"]
    for form, names in files.items():
        made = CliRunner().invoke(main, [*words, "--report", f"{form}={folder / names[0]}"])
        assert made.exit_code == 1, made.stderr
        for other in names[1:]:
            shutil.copy(folder / names[0], folder / other)
    made = CliRunner().invoke(
        main, ["baseline", "create", str(folder / "audit.json"), "-o", str(folder / "baseline.json")]
    )
    assert made.exit_code == 0, made.stderr
    return folder


@pytest.mark.parametrize("line", TRIED)
def test_every_line_to_type_runs(desk: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794268800")  # 10 November 2026
    words = shlex.split(line.removeprefix(PROGRAM))
    aside = desk / "aside"
    if words[0] == "init":
        (desk / "my-studio").rename(aside)
    try:
        ran = CliRunner().invoke(main, words)
    finally:
        if aside.exists():
            shutil.rmtree(desk / "my-studio", ignore_errors=True)
            aside.rename(desk / "my-studio")
    assert ran.exit_code in (0, 1, 3), ran.stderr
    assert ran.exit_code == 0 or words[0] in ("audit", "due", "trace", "verify", "doctor", "diff")


def test_lines_that_are_not_tried_stand_on_a_page() -> None:
    assert UNTRIED.keys() <= {line for page in PAGES for line in typed(page)}
    assert len(TRIED) > 20


def sections() -> dict[str, str]:
    """Command or group of commands → what the page of commands says of it."""
    parts = re.split(r"^## ", COMMANDS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.split()[0]: part for part in parts}


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_and_option_is_told(name: str) -> None:
    section = sections()[name.split()[0]]
    assert name in section.replace("`", "")
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", section))
    assert {option for option in options(LEAVES[name]) if option not in ("--help", "-h")} <= told


def test_the_page_of_commands_names_nothing_that_is_not_there() -> None:
    for top, section in sections().items():
        known = {option for name, leaf in LEAVES.items() if name.split()[0] == top for option in options(leaf)}
        assert known, top
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", section)) <= known
