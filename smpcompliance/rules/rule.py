"""One rule: what the law asks, where it stands, how it is judged, and examples that prove it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from smpcompliance import days
from smpcompliance.checks import KINDS
from smpcompliance.checks.check import Check
from smpcompliance.checks.columns import Use, columns_used
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.days import Period
from smpcompliance.logs.profile import PROFILE
from smpcompliance.rules.parameters import NONE, UNKNOWN, Parameter, always, fill, named, stretches, whole_time
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Document, Path, Problem, parse

if TYPE_CHECKING:
    from smpcompliance.checks.list.reference_list import ReferenceList

Severity = Literal["critical", "major", "minor", "advice"]
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor", "advice")
Basis = Literal["text", "excerpt", "secondary"]
Day = Annotated[date, BeforeValidator(days.day)]


class Citation(Strict):
    """Where the law says it: the words of the citation and the source it was read in."""

    text: str
    source: str
    note: str | None = None


class InForce(Strict):
    """First and last day of a rule; open where nothing is said."""

    since: Day | None = None
    until: Day | None = None


class _ParameterSource(Strict):
    about: str
    value: Any = None
    since: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "_ParameterSource":
        if ("value" in self.model_fields_set) == (self.since is not None):
            raise ValueError("a parameter has either 'value', or 'since' with the day from which each value counts")
        for day in self.since or ():
            days.day(day)
        return self

    def parameter(self) -> Parameter:
        dated = {days.day(day): value for day, value in (self.since or {}).items()}
        return Parameter(self.about, dated or always(self.value))


class Reading(Strict):
    """Another way to read an open law: the keys of the check that differ, and why it may be read so."""

    check: dict[str, Any]
    because: str


def _profile(fields: dict[str, Any]) -> dict[str, Any]:
    for name, value in fields.items():
        if name not in PROFILE:
            raise ValueError(f"'{name}' is no field of a studio's profile; they are {', '.join(PROFILE)}")
        if PROFILE[name] == "date":
            days.day(value)
    return fields


class Example(Strict):
    """Small tables and what a rule must say of them.

    `for_each` names a field of the studio's profile and several values: the same must be said of a studio of each.
    """

    title: str
    studio: Annotated[dict[str, Any], AfterValidator(_profile)] = {}
    for_each: Annotated[dict[str, list[Any]], Field(max_length=1), AfterValidator(_profile)] = {}
    period: Annotated[str, BeforeValidator(str)] = "all"
    as_of: Day = date(2026, 11, 21)
    reading: str | None = None
    logs: dict[str, str] = {}
    finds: list[dict[str, Any]]
    undecided: list[dict[str, Any]] = []
    status: Literal["pass", "fail", "unknown", "not-applicable", "not-checked"] | None = None

    def cases(self) -> "list[Example]":
        """The example itself, or one for each value of `for_each`."""
        return [
            self.model_copy(update={"studio": self.studio | {field: value}, "for_each": {}})
            for field, values in self.for_each.items()
            for value in values
        ] or [self]


EXAMPLES = "examples"
"""The part of a rule's file that proves it, and that no audit reads."""


class _Proof(Strict):
    examples: list[Example] = []


class ExamplesUnread(Sequence[Example]):
    """The examples of a rule whose file was read without them; they are read when one is asked for.

    Raises:
        SourceError: then, with every mistake in them.
    """

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def _read(self) -> tuple[Example, ...]:
        whole = parse(self._document.text, self._document.file)
        part = {key: value for key, value in whole.data.items() if key == EXAMPLES}
        return tuple(replace(whole, data=part).as_model(_Proof).examples)

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Example, ...]: ...
    def __getitem__(self, at: int | slice) -> Example | tuple[Example, ...]:
        return self._read[at]

    def __len__(self) -> int:
        return len(self._read)


class _RuleSource(Strict):
    title: str
    severity: Severity
    citation: Citation
    basis: Basis
    verified: Day
    in_force: InForce = InForce()
    applies_to: dict[str, list[Any] | Constraint] = {}
    parameters: dict[str, _ParameterSource] = {}
    check: dict[str, Any]
    readings: dict[str, Reading] = {}
    message: str
    remedy: str = ""
    leaves_out: str = ""
    duties: dict[str, str] = {}
    formerly: list[str] = []
    waivable: bool = True
    examples: list[Example] = []
    unpinned: dict[str, str] = {}


@dataclass(frozen=True)
class Version:
    """A rule as it stood on the days of `valid`: its check, typed, with the parameters of those days filled in.

    `check` is None where a parameter of those days is `unknown`: nothing can be judged then.
    """

    valid: Period
    check: Check | None
    values: dict[str, Any]
    readings: dict[str, Check] = field(default_factory=dict)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The columns that the check names; a report asks for them again and again."""
        return tuple(columns_used(self.check)) if self.check else ()


@dataclass(frozen=True)
class Rule:
    """One rule; see the module's first line. `id` is the jurisdiction and the name of the file.

    Attributes:
        duties: its answers to the duties by which places are compared (`rules/duties.py`); numbers are `$parameter`.
        unpinned: small changes of the rule that no example can notice, each with the reason.
        used: the parameters that its check names, or one of its readings.
    """

    id: str
    title: str
    severity: Severity
    citation: Citation
    basis: Basis
    verified: date
    in_force: Period
    applies_to: Conditions
    parameters: dict[str, Parameter]
    readings: dict[str, Reading]
    message: str
    remedy: str
    leaves_out: str
    duties: dict[str, str]
    waivable: bool
    examples: Sequence[Example] = field(compare=False)
    unpinned: dict[str, str]
    used: frozenset[str]
    versions: tuple[Version, ...]
    document: Document = field(repr=False, compare=False)

    @property
    def ruleset(self) -> str:
        """The id of the ruleset it stands in."""
        return self.id.partition("/")[0]

    @property
    def kind(self) -> str:
        """The kind of its check."""
        return str(self.document.data["check"]["kind"])


def read_rule(
    document: Document, id: str, problems: list[Problem], lists: "Mapping[str, ReferenceList]", proved: bool = True
) -> Rule | None:
    """Types one rule file; every mistake is added to `problems`, and a rule with mistakes is None.

    Args:
        proved: the document holds the rule's examples, if it has any; else they are read when one is asked for.
    """
    before = len(problems)
    try:
        source = _RuleSource.model_validate(document.data)
    except ValidationError as error:
        problems += document.problems_of(error)
        return None
    parameters = {name: p.parameter() for name, p in source.parameters.items()}
    uses = named(source.check, ("check",)) + named({n: r.check for n, r in source.readings.items()}, ("readings",))
    for name, place in uses:
        if name not in parameters:
            problems.append(document.problem(place, f"there is no parameter '{name}'"))
    kind = source.check.get("kind")
    if kind not in KINDS:
        text = f"'{kind}' is no kind of check; the kinds are {', '.join(KINDS)}"
        problems.append(document.problem(("check", "kind"), text if kind else "the check must say its 'kind'"))
    if len(problems) > before:
        return None
    in_force = whole_time(source.in_force.since, source.in_force.until)
    used = frozenset(name for name, _ in uses)
    versions = _versions(source, parameters, used, in_force, document, problems, lists)
    applies_to = _applies_to(source.applies_to)
    if len(problems) > before:
        return None
    return Rule(
        id, source.title, source.severity, source.citation, source.basis, source.verified, in_force, applies_to,
        parameters, source.readings, source.message, source.remedy, source.leaves_out, source.duties,
        source.waivable, tuple(source.examples) if proved else ExamplesUnread(document), source.unpinned,
        used, tuple(versions), document,
    )  # fmt: skip


def _applies_to(source: dict[str, list[Any] | Constraint]) -> Conditions:
    def constraint(path: str, part: list[Any] | Constraint) -> Constraint:
        return part if isinstance(part, Constraint) else Constraint.model_validate({"enum": part})

    return Conditions({path: constraint(path, part) for path, part in source.items()})


def _versions(
    source: _RuleSource,
    parameters: dict[str, Parameter],
    used: Collection[str],
    in_force: Period,
    document: Document,
    problems: list[Problem],
    lists: "Mapping[str, ReferenceList]",
) -> list[Version]:
    out = []
    for valid in stretches({name: parameters[name] for name in used}, in_force):
        values = {name: parameter.on(valid.first) for name, parameter in parameters.items()}
        if any(values[name] == NONE for name in used):
            continue
        if any(values[name] == UNKNOWN for name in used):
            out.append(Version(valid, None, values))
            continue
        check = _typed(source.check, values, document, ("check",), problems, lists)
        readings = {
            name: _typed(source.check | reading.check, values, document, ("readings", name, "check"), problems, lists)
            for name, reading in source.readings.items()
        }
        if check:
            out.append(Version(valid, check, values, {n: c for n, c in readings.items() if c}))
    return out


def _typed(
    source: dict[str, Any],
    values: dict[str, Any],
    document: Document,
    path: Path,
    problems: list[Problem],
    lists: "Mapping[str, ReferenceList]",
) -> Check | None:
    filled = fill(source, values) if values else source
    try:
        check = KINDS[filled["kind"]].model_validate(filled)
    except ValidationError as error:
        problems += [p for p in document.problems_of(error, path) if p not in problems]
        return None
    needed = sorted(set(check.lists_needed()))
    for name in needed:
        if name not in lists:
            problems.append(document.problem(path, f"there is no list '{name}' in the ruleset's folder lists/"))
            return None
    return check.model_copy(update={"lists": {name: lists[name] for name in needed}}) if needed else check


def rule_schema() -> dict[str, Any]:
    """The JSON Schema of a rule file; `check` is one of the kinds, each with its own fields."""
    known = _RuleSource.model_json_schema()
    known["properties"]["check"] = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(KINDS)}},
    }
    return known
