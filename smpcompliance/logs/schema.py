"""What a log is: its columns, key, event date, words and privacy, from one YAML file per log type.

`schemas/<log>.yaml` describes a log; `schemas/_shared.yaml` holds the columns common to all logs and the vocabularies
(procedure words, item words, the tree of sites …) that several logs share.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Literal

from pydantic import Field

from smpcompliance.logs.calendar_words import MONTHS
from smpcompliance.patterns import pattern
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Model, Problem, SourceError, parse

Type = Literal["id", "text", "word", "words", "list", "date", "moment", "number", "whole", "flag", "duration"]
Privacy = Literal["name", "contact", "birth_date", "id", "health"]

LOGS = (
    "premises", "practitioners", "training_records", "documents", "notices", "clients", "consent_forms", "sessions",
    "session_supplies", "supply_lots", "lot_substances", "equipment", "equipment_events", "sterilization_cycles",
    "spore_tests", "cleaning_records", "waste_collections", "incidents",
)  # fmt: skip


_NORMAL = pattern(r"[a-z0-9]+(?: [a-z0-9]+)*\Z")


def normal(text: str) -> str:
    """The form in which heads and words are compared: lower case, no accents, single blanks, no outer marks."""
    if _NORMAL.match(text):
        return text
    if text.isascii():
        spaced = text.translate(_ASCII)
    else:
        plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        spaced = "".join(c if _stays(c) else " " for c in plain.casefold())
    words = " ".join(spaced.split())
    return words if words in {"+", "-", "−", "(+)", "(-)", "(−)", "✓"} else words.strip("+-/() ").strip()


def _stays(sign: str) -> bool:
    return sign.isalnum() or sign in "+-−()✓%°/"


_ASCII = {code: sign.casefold() if _stays(sign := chr(code)) else " " for code in range(128)}
_NUMBER_WORDS = frozenset(("no", "nr", "num", "number", "numero", "nummer", "n°", "n", "rhif"))
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "å": "aa"})


def without_number_words(text: str) -> str:
    """The normal form in which all words for «number» are the same: `Lot #` and `Lot No.`, `n° lot`, `numéro lot`."""
    words = re.sub(r"[-/_]", " ", normal(re.sub(r"#|№", " no ", text)))
    words = re.sub(r"(?<=[^\W\d_]{3})(?:nummer|number|nr)\b", " no", words)
    return " ".join("no" if word in _NUMBER_WORDS else word for word in words.split())


class _ColumnSource(Strict):
    about: str
    type: Type
    unit: str | None = None
    one_of: list[str] | None = None
    vocabulary: str | None = None
    words: dict[str, list[str]] = {}
    also_called: list[str] = []
    maybe_called: list[str] = []
    to: str | None = None
    private: Privacy | None = None
    month_end: bool = False
    derived: bool = False
    otherwise: str | None = None


class _StandsSource(Strict):
    from_: list[str] = Field(default=[], alias="from")
    until: list[str] = []
    parent: str | None = None


class _FeedSource(Strict):
    log: str
    item: str | None = None
    beside: list[str] = []
    takes: dict[str, str] = {}
    columns: dict[str, list[str]] = {}


class _LogSource(Strict):
    title: str
    about: str
    key: str
    made_key: list[str]
    when: str | None = None
    stands: _StandsSource | None = None
    files: dict[str, dict[str, str]] = {}
    feeds: list[_FeedSource] = []
    columns: dict[str, _ColumnSource]


class _VocabularySource(Strict):
    about: str
    words: dict[str, list[str]]
    parts: dict[str, list[str]] = {}


class _SharedSource(Strict):
    vocabularies: dict[str, _VocabularySource]
    columns: dict[str, _ColumnSource]
    flags: dict[str, list[str]]
    blanks: list[str]
    added_to_names: list[str]


@dataclass(frozen=True)
class Column:
    """One column of a log.

    Attributes:
        type: `id` and `text` are text; `word` one word of `one_of`; `words` a list of them; `list` a list of free text;
            `date`, `moment` (date with time), `number` (in `unit`), `whole`, `flag` (yes or no), `duration` (ISO 8601).
        one_of: the words a cell may hold, in order; empty where the type has none.
        written: word → raw values of the column's own; `vocabulary` names further ones that logs share.
        also_called: other heads that plainly mean the column.
        maybe_called: heads that may mean it, or something else; they are only proposed.
        to: the log that an `id` (or list of ids) points to.
        private: the mark of personal data; such a cell may be judged but its content never reaches any output.
        month_end: a cell that names only a month means the last day of it (expiry dates).
        derived: computed by the program, never imported.
        parts: for site words: word → itself and all its parts.
        otherwise: the column that says it where this one is blank (a supply's brand is that of its lot).
    """

    name: str
    type: Type
    about: str
    unit: str | None = None
    one_of: tuple[str, ...] = ()
    written: Mapping[str, Sequence[str]] = field(default_factory=dict)
    vocabulary: str | None = None
    also_called: tuple[str, ...] = ()
    maybe_called: tuple[str, ...] = ()
    to: str | None = None
    private: Privacy | None = None
    month_end: bool = False
    derived: bool = False
    parts: dict[str, frozenset[str]] | None = None
    otherwise: str | None = None

    @cached_property
    def words(self) -> dict[str, str]:
        """Raw value in its normal form → word; made when a cell is first read, for of most columns none ever is."""
        shared_words = words_of(self.vocabulary) if self.vocabulary else {}
        return {normal(word): word for word in self.one_of} | shared_words | _raw_words(self.written)


@dataclass(frozen=True)
class Stands:
    """When a standing record (a lot, a machine, a paper) is in use; the first filled column of each list counts."""

    begin: tuple[str, ...]
    until: tuple[str, ...]
    parent: str | None


@dataclass(frozen=True)
class Feed:
    """What a table of one log often holds of another log.

    Attributes:
        log: the other log.
        item: item word of its records, where it is session_supplies and the heads name the item; else empty.
        beside: heads (normal form) of which one must stand in the same table; empty where heads speak for themselves.
        takes: column there → column of the table's own log whose cell the record takes over.
        heads: head in normal form → column there.
    """

    log: str
    item: str
    beside: frozenset[str]
    takes: dict[str, str]
    heads: dict[str, str]


@dataclass(frozen=True)
class LogSchema:
    """One log type.

    Attributes:
        key: the column that names a record; `made_key` the columns it is made of where an export has none.
        when: the column of the event date; None where records have no date of their own.
        stands: set for standing logs, judged while in use; None for logs of events.
        files: other names of the file → cells that the name presets (`needle_lots` → item_type needle).
        links: link name → (column here, log there), e.g. `lot` → (`lot_id`, `supply_lots`).
        feeds: what its tables often hold of other logs.
    """

    name: str
    title: str
    about: str
    key: str
    made_key: tuple[str, ...]
    when: str | None
    stands: Stands | None
    files: dict[str, dict[str, str]]
    columns: dict[str, Column]
    links: dict[str, tuple[str, str]]
    feeds: tuple[Feed, ...] = ()

    def column_called(self, head: str) -> str | None:
        """The column a head means: its own name or a synonym, compared in normal form; None where none fits."""
        return _heads(self.name).get(normal(head)) or _numbered_heads(self.name).get(without_number_words(head))


@dataclass(frozen=True)
class Shared:
    """Vocabularies (words, raw values of each, parts) and what else all logs share."""

    vocabularies: dict[str, tuple[str, ...]]
    written: dict[str, dict[str, list[str]]]
    parts: dict[str, dict[str, frozenset[str]]]
    columns: dict[str, _ColumnSource]
    flags: dict[str, bool]
    blanks: frozenset[str]
    added_to_names: frozenset[str]


def link_name(column: str) -> str:
    """The name under which the record behind an id column is reached: `lot_id` → `lot`, `released_by` as it is."""
    return column.removesuffix("_id")


@cache
def shared() -> Shared:
    """The content of `schemas/_shared.yaml`."""
    source = _load("_shared", _SharedSource)
    flags = {normal(raw): word == "true" for word, raws in source.flags.items() for raw in [word, *raws]}
    return Shared(
        {name: tuple(v.words) for name, v in source.vocabularies.items()},
        {name: v.words for name, v in source.vocabularies.items()},
        {name: {word: _with_parts(word, v.parts) for word in v.words} for name, v in source.vocabularies.items()},
        source.columns,
        flags,
        frozenset(source.blanks),
        frozenset(map(normal, source.added_to_names)),
    )


@cache
def words_of(vocabulary: str) -> dict[str, str]:
    """Word or raw value in its normal form → word, of a vocabulary that logs share."""
    return {normal(word): word for word in shared().vocabularies[vocabulary]} | _raw_words(shared().written[vocabulary])


@cache
def schema(name: str) -> LogSchema:
    """The log type of this name.

    Raises:
        KeyError: there is no such log type.
        SourceError: the schema file is wrong.
    """
    if name not in LOGS:
        raise KeyError(name)
    source = _load(name, _LogSource)
    columns = {n: _column(n, c) for n, c in (source.columns | shared().columns).items()}
    links = {
        link_name(c.name): (c.name, c.to) for c in columns.values() if c.to and c.type == "id" and c.name != source.key
    }
    stands = None
    if own := source.stands:
        stands = Stands(tuple(own.from_), tuple(own.until), own.parent)
    return LogSchema(
        name, source.title, source.about, source.key, tuple(source.made_key), source.when, stands,
        {normal(n): preset for n, preset in source.files.items()}, columns, links, tuple(map(_feed, source.feeds)),
    )  # fmt: skip


def _feed(source: _FeedSource) -> Feed:
    heads = {normal(head): column for column, heads in source.columns.items() for head in heads}
    return Feed(source.log, source.item or "", frozenset(map(normal, source.beside)), source.takes, heads)


@cache
def _heads(log: str) -> dict[str, str]:
    heads: dict[str, str] = {}
    for column in schema(log).columns.values():
        if not column.derived:
            heads.setdefault(normal(column.name), column.name)
    for column in schema(log).columns.values():
        for head in () if column.derived else column.also_called:
            heads.setdefault(normal(head), column.name)
            if not head.isascii():
                heads.setdefault(normal(head.casefold().translate(_SPELLED_OUT)), column.name)
    return heads


@cache
def _numbered_heads(log: str) -> dict[str, str]:
    """The heads of a log without number words, as far as each then means one column only."""
    found: dict[str, set[str]] = {}
    for column in schema(log).columns.values():
        for head in () if column.derived else (column.name, *column.also_called):
            found.setdefault(without_number_words(head), set()).add(column.name)
    return {head: columns.pop() for head, columns in found.items() if len(columns) == 1}


@cache
def known_heads() -> frozenset[str]:
    """Every head that some log knows, in normal form."""
    return frozenset(head for log in LOGS for head in _heads(log) if head)


@cache
def log_named(name: str) -> tuple[str, dict[str, str]] | None:
    """The log a file or sheet of this name is, and the cells that the name presets; None where no log is called so.

    Dates, months, numbers and words like copy, export or final at its ends do not count; what is left must be a known
    name.
    """
    wanted = normal(name)
    if (log := wanted.replace(" ", "_")) in LOGS:
        return log, schema(log).files.get(wanted, {})
    for called in (wanted, _bare_name(wanted)):
        for log in LOGS:
            if (preset := _names(log).get(called)) is not None:
                return log, preset
    return None


@cache
def _names(log: str) -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = {}
    for name, preset in {normal(log): {}, **schema(log).files}.items():
        names.setdefault(name, preset)
        names.setdefault(normal(name.replace("-", " ")), preset)
    return names


def _bare_name(wanted: str) -> str:
    """A name in normal form without what is added at its ends to tell files apart."""
    words = re.findall(r"[^\W\d_]+|\d+", wanted)
    while words and _is_added(words[-1]):
        words.pop()
    while words and _is_added(words[0]):
        words.pop(0)
    return " ".join(words)


def _is_added(word: str) -> bool:
    return word.isdecimal() or word in MONTHS or word in shared().added_to_names


def _load(name: str, model: type[Model]) -> Model:
    file = f"schemas/{name}.yaml"
    return parse((resources.files("smpcompliance.logs") / file).read_text("utf-8"), file).as_model(model)


def _column(name: str, source: _ColumnSource) -> Column:
    one_of, parts = tuple(source.one_of or ()), None
    if source.vocabulary:
        one_of, parts = shared().vocabularies[source.vocabulary], shared().parts[source.vocabulary]
    if source.type in ("word", "words") and not one_of:
        raise SourceError([Problem("schemas", 1, 1, f"column {name} has no words")])
    return Column(
        name, source.type, source.about, source.unit, one_of, source.words, source.vocabulary,
        tuple(source.also_called), tuple(source.maybe_called), source.to, source.private, source.month_end,
        source.derived, parts, source.otherwise,
    )  # fmt: skip


def _raw_words(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {normal(raw): word for word, raws in words.items() for raw in raws}


def _with_parts(word: str, parts: dict[str, list[str]]) -> frozenset[str]:
    return frozenset({word}.union(*(_with_parts(part, parts) for part in parts.get(word, ()))))
