"""The studio's own facts: who it is, where it works, what it does and how its files are read (`studio.yaml`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from smpcompliance import dates
from smpcompliance.logs.measures import UNITS
from smpcompliance.logs.profile import PROFILE, Instruments
from smpcompliance.logs.schema import LOGS, log_named, normal, schema, shared, words_of
from smpcompliance.logs.target import Target, target
from smpcompliance.logs.written import ORDERS, parts
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Document, Path, Problem, SourceError, parse

Day = Annotated[date, BeforeValidator(dates.day)]


def _orders(written: Any) -> str | tuple[tuple[str, str], ...] | None:
    """`dates` as a studio writes it: one order for a whole file, or column → order."""
    pairs = written.items() if isinstance(written, dict) else [("dates", written)] if written is not None else []
    for column, order in pairs:
        if order not in ORDERS:
            raise ValueError(f"{column} cannot be read in the order {order!r}; known are {', '.join(ORDERS)}")
    return tuple(written.items()) if isinstance(written, dict) else written


_ORDER_SCHEMA: dict[str, Any] = {"enum": list(ORDERS)}
Orders = Annotated[
    str | tuple[tuple[str, str], ...] | None,
    BeforeValidator(_orders),
    WithJsonSchema(
        {"anyOf": [_ORDER_SCHEMA, {"type": "object", "additionalProperties": _ORDER_SCHEMA}, {"type": "null"}]}
    ),
]


class FileReading(Strict):
    """How one file of the studio is read, where it does not explain itself.

    Attributes:
        log: the log it is.
        sheet: the sheet of a workbook that this holds for; `sheets` says it for several.
        columns: head as written → where its cells go (`logs/target.py`), or several such places.
        dates: order of dates in figures, one of `written.ORDERS`: for all columns, or (column, order) pairs.
        units: column → unit in which the file states it, a key of `measures.UNITS`.
        proposed: what `doctor --write` proposes for heads that are only near; not used until it stands under `columns`.
        proposed_log: the log that `doctor --write` proposes; not used until it stands under `log`.
    """

    log: str | None = None
    sheet: str | None = None
    dates: Orders = None
    columns: dict[str, str | list[str]] = {}
    units: dict[str, str] = {}
    proposed: dict[str, str | list[str]] = {}
    proposed_log: str | None = None
    sheets: dict[str, "FileReading"] = {}

    def of_sheet(self, sheet: str) -> "FileReading":
        """How one sheet of the file is read; a file without sheets is the sheet with the empty name."""
        if sheet in self.sheets:
            return self.sheets[sheet]
        return self if self.sheet in (None, sheet) else FileReading()

    def targets(self, head: str, log: str) -> tuple[Target, ...] | None:
        """Where the studio says that the cells under a head go; None where it says nothing."""
        written = {normal(name): places for name, places in self.columns.items()}.get(normal(head))
        if written is None:
            return None
        return tuple(target(place, log) for place in ([written] if isinstance(written, str) else written))

    @field_validator("units")
    @classmethod
    def _known_units(cls, units: dict[str, str]) -> dict[str, str]:
        for column, unit in units.items():
            if unit not in UNITS:
                raise ValueError(f"{column} cannot be read in {unit!r}; known are {', '.join(UNITS)}")
        return units

    @field_validator("log", "proposed_log")
    @classmethod
    def _known_log(cls, name: str | None) -> str | None:
        if name is not None and name not in LOGS:
            raise ValueError(f"there is no log {name!r}; the logs are {', '.join(LOGS)}")
        return name


class _StudioSource(Strict):
    studio_id: str | None = None
    name: str | None = None
    jurisdiction: str | None = None
    overlays: list[str] = []
    time_zone: str | None = None
    holidays: str | None = None
    opened_on: Day | None = None
    closed_on: Day | None = None
    instruments: Instruments | None = None
    procedures: list[str] | None = None
    employees_peak: Annotated[int, Field(ge=0)] | None = None
    minors_admitted: bool | None = None
    makes_ink: bool | None = None
    industry_code: str | None = None
    records_on_site: list[str] | None = None
    safety_code: Literal["en_17169", "own", "other"] | None = None
    shelf_life_mode: Literal["event", "date"] | None = None
    pseudonym_key: Annotated[str, Field(min_length=8)] | None = None
    readings: dict[str, str] = {}
    files: dict[str, FileReading] = {}

    @field_validator("industry_code", mode="before")
    @classmethod
    def _text(cls, code: Any) -> Any:
        return str(code) if isinstance(code, int) else code

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        try:
            return name and ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is not a time zone; write one like America/Los_Angeles") from None

    @field_validator("procedures")
    @classmethod
    def _procedures(cls, words: list[str] | None) -> list[str] | None:
        if words is None:
            return None
        known = words_of("procedure")
        for word in words:
            if normal(word) not in known and normal(word.replace("_", " ")) not in known:
                raise ValueError(f"{word!r} is no procedure word; known are {', '.join(sorted(set(known.values())))}")
        return [known.get(normal(w)) or known[normal(w.replace("_", " "))] for w in words]


@dataclass(frozen=True)
class Studio:
    """One studio. A field that its profile does not state is None (or empty: `overlays`, `readings`, `time_zone`).

    `pseudonym_key` is the studio's secret with which names used as keys become pseudonyms; it is never put out.
    """

    studio_id: str
    name: str
    jurisdiction: str | None = None
    overlays: tuple[str, ...] = ()
    time_zone: str = ""
    holidays: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    instruments: str | None = None
    procedures: tuple[str, ...] | None = None
    employees_peak: int | None = None
    minors_admitted: bool | None = None
    makes_ink: bool | None = None
    industry_code: str | None = None
    records_on_site: tuple[str, ...] | None = None
    safety_code: str | None = None
    shelf_life_mode: str | None = None
    pseudonym_key: str | None = field(default=None, repr=False)
    readings: dict[str, str] = field(default_factory=dict)
    files: dict[str, FileReading] = field(default_factory=dict)
    source: Document | None = field(default=None, repr=False, compare=False)

    def problem(self, path: Path, text: str) -> Problem:
        """A problem at a key of the studio's own file."""
        source = self.source or Document(f"{self.studio_id}/studio.yaml", {}, {(): (1, 1)})
        return source.problem(path, text)


def read_studio(text: str, file: str, default_id: str) -> Studio:
    """Reads a `studio.yaml`.

    Args:
        text: its content.
        file: its name in messages.
        default_id: the studio's id where the file does not say one (the folder's name).

    Raises:
        SourceError: every mistake in the file, each with line and column.
    """
    document = parse(text, file)
    if document.data is not None and not isinstance(document.data, dict):
        raise SourceError([Problem(file, 1, 1, "expected keys and values, e.g. jurisdiction: US-CA")])
    return _studio(document, default_id)


def studio_of_row(cells: Mapping[str, str], file: str, line: int) -> Studio:
    """Reads one row of a table of studios.

    Args:
        cells: field of the profile → cell as written; a blank cell says nothing. Entries of a list stand between
            semicolons.
        file, line: where the row stands, for messages.

    Raises:
        SourceError: every mistake in the row.
    """
    said = {field: _said(PROFILE[field], cell.strip()) for field, cell in cells.items() if cell.strip()}
    document = Document(file, said, {(): (line, 1), **{(field,): (line, 1) for field in said}})
    if "studio_id" not in said:
        raise SourceError([document.problem((), "a row of a table of studios needs a studio_id")])
    return _studio(document, "")


def _said(kind: str, cell: str) -> Any:
    """A cell as YAML would give it; what is not of the kind stays text, for the message."""
    match kind:
        case "list":
            return parts(cell)
        case "number":
            return int(cell) if cell.isdecimal() else cell
        case "flag":
            return shared().flags.get(normal(cell), cell)
        case _:
            return cell


def _studio(document: Document, default_id: str) -> Studio:
    source = replace(document, data=document.data or {}).as_model(_StudioSource)
    _check_columns(source, document)
    given: dict[str, Any] = source.model_dump(exclude={"files"}, exclude_none=True)
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    given.setdefault("studio_id", default_id)
    given.setdefault("name", given["studio_id"])
    return Studio(**given, files=source.files, source=document)


def _check_columns(source: _StudioSource, document: Document) -> None:
    """Looks at the columns and units that a studio declares for its files, where it is known which log each is."""
    problems: list[Problem] = []
    for file, reading in source.files.items():
        stem = PurePosixPath(file).stem
        for sheet, of_sheet in {"": reading, **reading.sheets}.items():
            if log := of_sheet.log or (log_named(sheet or stem) or (None,))[0]:
                problems += _misdeclared(of_sheet, log, _path(file, sheet, reading), document)
    if problems:
        raise SourceError(problems)


def misdeclared(studio: Studio, file: str, sheet: str, log: str) -> list[Problem]:
    """Looks at what a studio declares for a file or sheet of which only its heads told the log."""
    reading = studio.files.get(file)
    if reading is None or studio.source is None:
        return []
    return _misdeclared(reading.of_sheet(sheet), log, _path(file, sheet, reading), studio.source)


def _path(file: str, sheet: str, reading: FileReading) -> Path:
    return ("files", file, "sheets", sheet) if sheet in reading.sheets else ("files", file)


def _misdeclared(reading: FileReading, log: str, path: Path, document: Document) -> list[Problem]:
    problems = []
    for key, declared in (("columns", reading.columns), ("proposed", reading.proposed)):
        for head, places in declared.items():
            for place in [places] if isinstance(places, str) else places:
                try:
                    target(place, log)
                except ValueError as error:
                    problems.append(document.problem((*path, key, head), str(error)))
    columns = schema(log).columns
    for column, unit in reading.units.items():
        if column not in columns:
            problems.append(document.problem((*path, "units", column), f"{log} has no column {column!r}"))
        elif (own := columns[column].unit) != UNITS[unit].of:
            text = f"{column} is in {own or 'no unit'}, which {unit} cannot be turned into"
            problems.append(document.problem((*path, "units", column), text))
    for column, _ in reading.dates if isinstance(reading.dates, tuple) else ():
        if column not in columns or columns[column].type not in ("date", "moment"):
            problems.append(document.problem((*path, "dates", column), f"{log} has no column of dates {column!r}"))
    return problems


def studio_schema() -> dict[str, Any]:
    """The JSON Schema of `studio.yaml`."""
    return _StudioSource.model_json_schema()
