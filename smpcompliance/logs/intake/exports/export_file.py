"""What an export of a known service or device looks like: one YAML file each in `logs/exports/`.

A file says by which heads the export is known, which log it is, where each head goes, and what only this service means
by its words. Heads are compared in their normal form; `*` stands for any text and `{n}` for a number.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field, model_validator

from smpcompliance.logs.schema import LOGS, normal, schema
from smpcompliance.logs.target import target
from smpcompliance.logs.written import ORDERS
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Document, Problem, SourceError, parse

Places = str | list[str]
Signer = Literal["client", "practitioner", "guardian", "witness", "nobody"]
_LONGEST_COMPARED = 400  # characters of a head


class People(Strict):
    """A list inside each record of which every entry is a row: its key, and what it makes redundant.

    Attributes:
        key: key of the list.
        instead_of: keys of the record that only repeat its first entry.
        number: the key that names the record; later rows get `/2`, `/3` … behind it.
    """

    key: str
    instead_of: list[str] = []
    number: str = ""


class Joined(Strict):
    """Several heads that are one cell, the filled ones with a blank between them.

    Attributes:
        called: another head for it, e.g. one that says that a client's key is a name.
    """

    heads: list[str]
    to: Places
    called: str = ""


class Signed(Strict):
    """How this export shows that somebody signed.

    Attributes:
        at: head of the moment; it goes to `signed_at` where somebody signed.
        by: head → who signed where its cell is filled and does not say no; the first that fits a head counts.
        minor: head that says that the client is a minor; then a guardian signed, if one is named.
        guardian: heads that name the guardian.
    """

    at: str
    by: dict[str, Signer]
    minor: str = ""
    guardian: list[str] = []


class Told(Strict):
    """A column that cells of other heads tell of.

    Attributes:
        heads: where it is looked for; the first head with a known word counts.
        words: text → word of the column, compared in normal form.
        match: whether a cell must be that text or contain it; the first text in the file that fits counts.
        otherwise: what a cell without such a text leaves: nothing, or itself, which is then unreadable.
    """

    heads: list[str]
    words: dict[str, str]
    match: Literal["whole", "part"]
    otherwise: Literal["blank", "as_written"]


class Run(Strict):
    """A run of a sterilizer that is exported with its printed text.

    Attributes:
        succeeded: head with true or false.
        printed: head with the text.
        began: head with the day or the moment on which it began.
        number: head with the number of the cycle.
    """

    succeeded: str
    printed: str
    began: str
    number: str


class ExportFile(Strict):
    """One known export, as its file says.

    Attributes:
        title: the service, and which of its exports this is.
        about: where it is known from.
        known_by: heads that must all be there; of several in one place any will do.
        and_any: further heads of which `at_least` so many must be there.
        not_with: heads that only another export has.
        first: the head that must be the first of the table; empty where the order says nothing.
        consent: whether the heads must ask what a consent form asks.
        log: the log it is; None where it is left aside.
        aside: why it is not used and what to do instead.
        dates: column → order of its dates, as in studio.yaml.
        preset: column → cell that holds for every row.
        columns: head → where its cells go, in the words of studio.yaml.
        words: head → raw text → text that the log's schema reads.
        units: column → unit.
        not_used: heads that are known and of no use to any log.
        people: the list inside each record of which every entry is a row.
        answers: keys of objects of {value, displayText}, of which the text is the head.
        joined: heads that are one cell.
        signed: how it shows that somebody signed.
        told: column → where it is told.
        worse: column → heads that each give a result; the worst stands.
        run: a run of a sterilizer with its printed text.
        remarks: what the owner should know of such an export.
    """

    title: str
    about: str
    known_by: Annotated[list[Places], Field(min_length=1)]
    and_any: list[str] = []
    at_least: Annotated[int, Field(ge=0)] = 0
    not_with: list[str] = []
    first: str = ""
    consent: bool = False
    log: str | None = None
    aside: str = ""
    dates: dict[str, str] = {}
    preset: dict[str, str] = {}
    columns: dict[str, Places] = {}
    words: dict[str, dict[str, str]] = {}
    units: dict[str, str] = {}
    not_used: list[str] = []
    people: People | None = None
    answers: list[str] = []
    joined: list[Joined] = []
    signed: Signed | None = None
    told: dict[str, Told] = {}
    worse: dict[str, list[str]] = {}
    run: Run | None = None
    remarks: list[str] = []

    @model_validator(mode="after")
    def _one_of_log_and_aside(self) -> "ExportFile":
        if bool(self.log) == bool(self.aside):
            raise ValueError("an export says `log`, or `aside` with the reason why it is no log")
        if self.log and self.log not in LOGS:
            raise ValueError(f"there is no log {self.log!r}; the logs are {', '.join(LOGS)}")
        return self


@cache
def export_files() -> dict[str, ExportFile]:
    """Every known export by the name of its file, in the order of the names.

    Raises:
        SourceError: a mistake in one of the files.
    """
    folder = resources.files("smpcompliance.logs") / "exports"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {f.name.removesuffix(".yaml"): read_export(f.read_text("utf-8"), f"exports/{f.name}") for f in files}


def read_export(text: str, file: str) -> ExportFile:
    """Reads the file of one export.

    Raises:
        SourceError: every mistake in it, with line and column.
    """
    document = parse(text, file)
    export = document.as_model(ExportFile)
    if problems := list(_misplaced(export, document)):
        raise SourceError(problems)
    return export


def places(said: Places) -> tuple[str, ...]:
    """One place or several, always as several."""
    return (said,) if isinstance(said, str) else tuple(said)


def fits(pattern: str, head: str) -> re.Match[str] | None:
    """Whether a head is what a pattern says; the group `n` is the number that stands for `{n}`."""
    return _expression(pattern).match(normal(head)[:_LONGEST_COMPARED])


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = []
    for part in pattern.split("*"):
        text = re.escape(normal(part.replace("{n}", " 0 ")))
        parts.append(text.replace(r"\ 0", r"\ ?(?P<n>[0-9]{1,2})") if "{n}" in part else text)
    return re.compile(".*?".join(parts) + r"\Z", re.DOTALL)


def _misplaced(export: ExportFile, document: Document) -> Iterable[Problem]:
    """Places that lead nowhere, and columns or words that the log does not have."""
    if not export.log:
        return
    own, columns = export.log, schema(export.log).columns
    told: list[tuple[tuple[str | int, ...], Places]] = [(("columns", h), said) for h, said in export.columns.items()]
    told += [(("joined", n, "to"), joined.to) for n, joined in enumerate(export.joined)]
    for path, said in told:
        for place in places(said):
            try:
                target(place.replace("{n}", "1"), own)
            except ValueError as error:
                yield document.problem(path, str(error))
    for column, order in export.dates.items():
        if order not in ORDERS:
            yield document.problem(("dates", column), f"{order!r} is no order; known are {', '.join(ORDERS)}")
    for key in ("preset", "told", "worse", "units", "dates"):
        for column in getattr(export, key):
            if column not in columns:
                yield document.problem((key, column), f"{own} has no column {column!r}")
    for column, one in export.told.items():
        known = columns[column].words if column in columns else {}
        for raw, word in one.words.items():
            if normal(word) not in known:
                yield document.problem(("told", column, "words", raw), f"{word!r} is no word of {column}")
