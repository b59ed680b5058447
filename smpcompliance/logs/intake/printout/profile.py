"""Profiles: what the printout of one model looks like, in one YAML file that an owner can write.

A profile is made of shapes: lines as they are printed, with names in braces where a value stands.

    device, known_from   the model, and how its printout is known
    method               steam, dry_heat, chemical_vapor …, as in `sterilization_cycles.method`
    pressure             absolute, gauge, or by_steam (settled by the temperature beside it)
    decimal              point or comma
    recognised_by        beginnings of lines that all stand in every printout, two at least
    file_names           shapes of the file's name, without its ending
    begins, ends         the first and the last line of a ticket; what stands between two tickets is passed over
    after_end, stray     lines below the end: of the cycle itself, and of none
    between              lines that only the capturing program writes; one of them ends a torn ticket
    labels               lines with a value: {equipment_id} {cycle_number} {record_number} {program} {operator_id}
                         {date:DMY} {start} {end}; the order of a date is always said (DMY, MDY, YMD; DMy … with two
                         figures of the year)
    header               `open` where more lines stand above the readings than the profile names
    phases               lines of a phase, each printed once: {phase} with {clock} (of the wall) or {elapsed} time
    readings             `lines`: {clock} or {elapsed}, {letter}, {celsius} {fahrenheit} {bar} {mbar} {kpa} {mpa} {psi};
                         {temperature} {pressure} where a line under `heads` has {temperature_unit} {pressure_unit}
    hold                 `begins` and `ends` (lines around it) or `letters` (before its readings); `time` ({held:m-s});
                         `lowest` and `highest` (extremes that are printed)
    drying               `begins` and `ends`
    verdict              `pass`, `fail`, `aborted`: the lines that say how the cycle ended; nothing else says it
    passed_over          lines that say nothing for the log
    programs             kind of run: words of which the program's name holds one; other names are those of loads

{number} stands for any number and {any} for any text. A blank in a shape is a blank or several, a row of dots any row
of dots, ° any degree sign; small and capital letters are alike. A shape of two lines fits two lines of the printout.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from smpcompliance.logs.intake.printout.shape import MEASURED, UNITS, Shape, shape
from smpcompliance.patterns import pattern
from smpcompliance.strict import Strict
from smpcompliance.yamlio import parse

LEAST_MARKS = 2
SHORTEST_MARK = 3

CycleType = Literal["load", "bowie_dick", "helix", "leak_test", "control_test", "warm_up", "drying"]
Method = Literal["steam", "dry_heat", "rapid_dry_heat", "chemical_vapor", "uv", "other"]

_PLACE = pattern(r"\{([a-z_]+)")
_PLACES_OF_SHAPE = pattern(r"\{[^}]*\}")
_LETTERS = 2
_LABELS = {"equipment_id", "cycle_number", "record_number", "program", "operator_id", "date", "start", "end"}
_TIMES = {"clock", "elapsed"}


def _with(*places: str, letters: int = 0, free: bool = True) -> Callable[[str], str]:
    """A check that a shape is sound and has no other places than these (`number` may stand anywhere).

    Args:
        letters: how many letters or figures of its own the shape must have, so that it does not fit just any line.
        free: whether `any` may stand in it.
    """
    allowed = {*places, "number"} | ({"any"} if free else set())

    def check(source: str) -> str:
        shape(source)
        other = set(_PLACE.findall(source)) - allowed
        if other:
            raise ValueError(
                f"`{source.strip()}`: {{{min(other)}}} cannot stand here; here may stand {', '.join(sorted(allowed))}"
            )
        if sum(map(str.isalnum, _PLACES_OF_SHAPE.sub("", source))) < letters:
            raise ValueError(f"`{source.strip()}`: it has too few letters of its own, and fits lines that say nothing")
        return source

    return check


def _mark(text: str) -> str:
    if len(text.strip()) < SHORTEST_MARK:
        raise ValueError(f"a mark of at least {SHORTEST_MARK} characters is needed, or other files are taken for it")
    return text


Mark = Annotated[str, AfterValidator(_mark)]
LabelShape = Annotated[str, AfterValidator(_with(*_LABELS))]
BeginShape = Annotated[str, AfterValidator(_with(*_LABELS, letters=_LETTERS))]
PhaseShape = Annotated[str, AfterValidator(_with("phase", *_TIMES))]
TimeShape = Annotated[str, AfterValidator(_with(*_TIMES, letters=_LETTERS))]
LengthShape = Annotated[str, AfterValidator(_with("held", letters=_LETTERS))]
ValuesShape = Annotated[str, AfterValidator(_with(*UNITS, *MEASURED, letters=_LETTERS))]
ReadingShape = Annotated[str, AfterValidator(_with("letter", *_TIMES, *UNITS, *MEASURED))]
HeadShape = Annotated[str, AfterValidator(_with("temperature_unit", "pressure_unit", letters=_LETTERS))]
GoodShape = Annotated[str, AfterValidator(_with(*_TIMES, letters=_LETTERS, free=False))]
BadShape = Annotated[str, AfterValidator(_with("phase", *_TIMES, letters=_LETTERS))]
PlainShape = Annotated[str, AfterValidator(_with("phase", *_TIMES))]
NameShape = Annotated[str, AfterValidator(_with("equipment_id", "cycle_number", "record_number", "program", "date"))]


class _Readings(Strict):
    heads: list[HeadShape] = []
    lines: Annotated[list[ReadingShape], Field(min_length=1)]


class _Span(Strict):
    begins: list[TimeShape] = []
    ends: list[TimeShape] = []

    @model_validator(mode="after")
    def _both(self) -> "_Span":
        if bool(self.begins) != bool(self.ends):
            raise ValueError("a stretch of time needs both `begins` and `ends`")
        return self


class _Hold(_Span):
    letters: list[str] = []
    time: list[LengthShape] = []
    lowest: list[ValuesShape] = []
    highest: list[ValuesShape] = []


class _Verdict(Strict):
    pass_: Annotated[list[GoodShape], Field(alias="pass", min_length=1)]
    fail: list[BadShape] = []
    aborted: list[BadShape] = []


class _Source(Strict):
    device: Annotated[str, Field(min_length=1)]
    known_from: Annotated[str, Field(min_length=1)]
    method: Method
    decimal: Literal["point", "comma"] = "point"
    pressure: Literal["absolute", "gauge", "by_steam"]
    recognised_by: Annotated[list[Mark], Field(min_length=LEAST_MARKS)]
    file_names: list[NameShape] = []
    begins: Annotated[list[BeginShape], Field(min_length=1)]
    ends: list[TimeShape] = []
    after_end: list[BadShape] = []
    stray: list[BadShape] = []
    between: list[PlainShape] = []
    labels: Annotated[list[LabelShape], Field(min_length=1)]
    header: Literal["known", "open"] = "known"
    phases: list[PhaseShape] = []
    readings: _Readings | None = None
    hold: _Hold = Field(default_factory=_Hold)
    drying: _Span = Field(default_factory=_Span)
    verdict: _Verdict
    passed_over: list[PlainShape] = []
    programs: dict[CycleType, list[Annotated[str, Field(min_length=1)]]] = {}


@dataclass(frozen=True)
class Profile:
    """One model's printout, made ready for reading.

    Attributes:
        device: the model, as the report names it.
        method: how it sterilizes, a word of `sterilization_cycles.method`.
        decimal: the character that parts decimals.
        pressure: whether printed pressures are absolute, gauge, or settled by saturated steam at the temperature.
        marks: texts that must all stand at the beginning of a line.
        file_names: shapes of the file's name without its ending.
        shapes: role → shapes; the roles are the lists of the profile, those inside a part as `hold.begins`.
        open_header: whether it prints more lines above its readings than the profile names; these are passed over.
        hold_letters: the letters before the readings of the hold.
        programs: kind of run → words (in small letters) of which a program's name holds one.
    """

    device: str
    method: str
    decimal: str
    pressure: str
    marks: tuple[str, ...]
    file_names: tuple[Shape, ...]
    shapes: dict[str, tuple[Shape, ...]]
    open_header: bool
    hold_letters: frozenset[str]
    programs: dict[str, tuple[str, ...]]

    def tells(self, role: str) -> bool:
        """Whether the profile has any shape of this role."""
        return bool(self.shapes[role])


def load_profile(text: str, file: str) -> Profile:
    """Reads a profile.

    Args:
        file: its name, for messages.

    Raises:
        SourceError: every mistake in it, with line and column.
    """
    source = parse(text, file).as_model(_Source)

    def made(sources: Iterable[str]) -> tuple[Shape, ...]:
        return tuple(shape(one, source.decimal) for one in sources)

    readings = source.readings or _Readings.model_construct(heads=[], lines=[])
    return Profile(
        device=source.device,
        method=source.method,
        decimal="," if source.decimal == "comma" else ".",
        pressure=source.pressure,
        marks=tuple(source.recognised_by),
        file_names=made(source.file_names),
        shapes={
            "begins": made(source.begins),
            "ends": made(source.ends),
            "after_end": made(source.after_end),
            "stray": made(source.stray),
            "between": made(source.between),
            "labels": made(source.labels),
            "phases": made(source.phases),
            "readings.heads": made(readings.heads),
            "readings.lines": made(readings.lines),
            "hold.begins": made(source.hold.begins),
            "hold.ends": made(source.hold.ends),
            "hold.time": made(source.hold.time),
            "hold.lowest": made(source.hold.lowest),
            "hold.highest": made(source.hold.highest),
            "drying.begins": made(source.drying.begins),
            "drying.ends": made(source.drying.ends),
            "pass": made(source.verdict.pass_),
            "fail": made(source.verdict.fail),
            "aborted": made(source.verdict.aborted),
            "passed_over": made(source.passed_over),
        },
        open_header=source.header == "open",
        hold_letters=frozenset(letter.upper() for letter in source.hold.letters),
        programs={kind: tuple(word.casefold() for word in words) for kind, words in source.programs.items()},
    )
