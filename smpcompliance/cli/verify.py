"""`smpcompliance verify`: is a PDF report what it was, what its logs say, and what it cannot prove."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smpcompliance import __version__
from smpcompliance.cli.choices import LANGUAGE, languages
from smpcompliance.cli.progress import progress_bar
from smpcompliance.cli.reading import GIVEN
from smpcompliance.cli.shared import fail, kindly, no_progress_option

if TYPE_CHECKING:
    from smpcompliance.report.pdf.opened import Opened
    from smpcompliance.report.saved import Saved
    from smpcompliance.report.sealed.contents import Contents
    from smpcompliance.report.sealed.line import Line
    from smpcompliance.report.words import Words
    from smpcompliance.rules.ruleset import Library, Ruleset

SCHEMA = "smpcompliance/verify/1"
_SHOWN = 20
_LIMITS = ("complete", "true", "law", "when", "who")
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="verify")
@click.argument("file", metavar="REPORT.pdf", type=_FILE)
@click.argument("paths", nargs=-1, type=GIVEN)
@click.option("--rulesets", type=_FOLDER, help="Compare the rules inside with these, instead of the program's own.")
@click.option("--trust", "trusted", multiple=True, type=_FILE, metavar="CERT.pem",
              help="A certificate that you know another way; repeatable.")  # fmt: skip
@click.option("--previous", type=_FILE, help="The JSON report that this one was compared with.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="What is printed.")
@click.option("--language", type=click.Choice(languages()), default=LANGUAGE, show_default=True, help="Of the text.")
@no_progress_option
@kindly
def command(
    file: Path,
    paths: Sequence[Path],
    rulesets: Path | None,
    trusted: Sequence[Path],
    previous: Path | None,
    shape: str,
    language: str,
    no_progress: bool,
) -> None:
    """Check a PDF report, line by line, and where studio folders are given do its audit again.

    Nothing that is not compared is called good: exit code 0 means that everything asked for was compared and agrees,
    1 that something differs or a signature is bad, 2 that this is no report, 3 that nothing differs but something could
    not be compared.
    """
    from smpcompliance.report.saved import read_saved
    from smpcompliance.report.sealed import contents
    from smpcompliance.report.sealed.line import exit_code, line
    from smpcompliance.report.words import load_words

    words = load_words(language)
    data = report_bytes(file)
    earlier = read_saved(previous.read_bytes(), str(previous)) if previous else None
    found, inside = report_in(file, data, words)
    lines = [*contents.itself(found, inside, words), *_signatures(data, found, trusted, words)]
    lines += contents.rules(inside, *_law(inside, rulesets), rulesets is not None, words)
    if inside.audit:
        lines += _previous(inside.audit, earlier, words)
        if paths:
            with progress_bar(not no_progress) as progress:
                lines += _again(found, inside, paths, earlier, progress, words)
    lines += (line("limits", "said", words(f"verify.limits.{name}")) for name in _LIMITS)
    if not paths:
        lines.append(line("limits", "said", words("verify.limits.no_logs")))
    code = exit_code(lines)
    told = _as_json(file, inside.audit, lines, code) if shape == "json" else _as_text(file, inside.audit, lines, words)
    click.echo(told)
    sys.exit(code)


def report_in(file: Path, data: bytes, words: "Words") -> "tuple[Opened, Contents]":
    """A PDF opened, and what is inside of it; ends the program kindly where it is no report."""
    from smpcompliance.report.pdf.opened import NotOpened, opened
    from smpcompliance.report.sealed import contents
    from smpcompliance.report.untrusted import clean

    try:
        found = opened(data)
        return found, contents.contents(found)
    except NotOpened as error:
        fail(f"{clean(str(file))}: {words(f'verify.not_opened.{error}')}")
    except contents.NoReport:
        fail(f"{clean(str(file))}: {words('verify.not_opened.no_report')}")


def report_bytes(file: Path) -> bytes:
    """The bytes of a report; ends the program kindly where they cannot be read, or are more than any report has."""
    from smpcompliance.report.pdf.opened import LARGEST
    from smpcompliance.report.untrusted import clean

    try:
        with file.open("rb") as opened_file:
            return opened_file.read(LARGEST + 1)
    except OSError as error:
        fail(f"{clean(str(file))}: {error.strerror}")


def _law(inside: "Contents", folder: Path | None) -> "tuple[Library, Mapping[str, Ruleset]]":
    """The rulesets that those inside are compared with."""
    from smpcompliance.rules.ruleset import library, load_rulesets, packaged

    shelves = library(folder or packaged())
    return shelves, load_rulesets(shelves, [id for id in inside.texts or () if id in shelves])


def _signatures(data: bytes, found: "Opened", trusted: Sequence[Path], words: "Words") -> "Iterator[Line]":
    from smpcompliance.report.sealed.line import line

    if not found.fields and not found.more and not trusted:
        yield line("signatures", "said", words("verify.signatures.none"))
        return
    try:
        from smpcompliance.report.signing import signatures
        from smpcompliance.report.signing.keys import NoKey, certificates
    except ImportError:
        yield line("signatures", "unproved", words("verify.signatures.not_installed"))
        return
    try:
        trust = [certificate for file in trusted for certificate in certificates(file.read_bytes())]
    except NoKey as error:
        fail(str(error))
    try:
        yield from signatures.said(signatures.signatures(data, trust), bool(found.more), bool(trust), words)
    except signatures.NotReadable:
        yield line("signatures", "differs", words("verify.signatures.unreadable"))


def _previous(saved: "Saved", earlier: "Saved | None", words: "Words") -> "Iterator[Line]":
    from smpcompliance.report.sealed import again
    from smpcompliance.report.sealed.line import line

    named = again.seal_of(saved.data.get("previous"))
    if earlier and not named:
        yield line("file", "differs", words("verify.file.no_previous"))
    elif earlier:
        key, mark = ("previous", "equal") if earlier.sha256 == named else ("other_previous", "differs")
        yield line("file", mark, words(f"verify.file.{key}", hash=named))  # type: ignore[arg-type]
    elif named:
        yield line("file", "said", words("verify.file.names_previous", hash=named))


def _again(
    found: "Opened",
    inside: "Contents",
    paths: Sequence[Path],
    earlier: "Saved | None",
    progress: Any,
    words: "Words",
) -> "Iterator[Line]":
    from smpcompliance.cli.again import audit_again
    from smpcompliance.report.sealed import again
    from smpcompliance.report.sealed.line import line
    from smpcompliance.yamlio import SourceError

    assert inside.audit
    if not inside.texts:
        yield line("audit", "unproved", words("verify.audit.no_rules"))
        return
    try:
        inputs, now = audit_again(paths, inside.audit, inside.texts, progress)
    except SourceError as error:
        yield line("audit", "differs", words("verify.audit.impossible"), map(str, error.problems))
        return
    yield from again.logs(inside.audit, inputs, again.absent(inside.audit, now), words)
    yield from again.findings(inside.audit, now, words)
    yield again.pages(found, inside.seal, inside.audit, now, earlier, words)


def _as_json(file: Path, saved: "Saved | None", lines: "Sequence[Line]", code: int) -> str:
    from smpcompliance.report.untrusted import clean

    data = {
        "schema": SCHEMA,
        "tool": {"name": "smpcompliance", "version": __version__},
        "file": clean(str(file)),
        "report": saved and {name: saved.data.get(name) for name in ("tool", "period", "as_of", "studios")},
        "lines": [asdict(each) for each in lines],
        "exit_code": code,
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def _as_text(file: Path, saved: "Saved | None", lines: "Sequence[Line]", words: "Words") -> str:
    from smpcompliance.report.sealed.line import MARKS, PARTS, exit_code
    from smpcompliance.report.untrusted import clean

    out = [clean(str(file))]
    if saved:
        report = saved.report
        names = words.series(clean(f"{studio.name} ({studio.studio_id})") for studio in report.studios[:_SHOWN])
        more = {"first": report.period.from_, "last": report.period.to, "day": report.as_of}
        out.append(words("verify.about", studios=names, version=clean(report.tool.version, 60), **more))
    marks = {mark: words(f"verify.marks.{mark}") for mark in MARKS}
    width = max(map(len, marks.values()))
    for part in PARTS:
        some = [each for each in lines if each.part == part]
        out += ["", words(f"verify.parts.{part}")] if some else []
        for each in some:
            out.append(f"  {marks[each.mark]:{width}}  {each.text}")
            out += [f"{'':{width + 6}}{text}" for text in each.more[:_SHOWN]]
            if len(each.more) > _SHOWN:
                out.append(f"{'':{width + 6}}{words('verify.more', n=len(each.more) - _SHOWN)}")
    return "\n".join((*out, "", words(f"verify.verdict.{exit_code(lines)}")))
