"""The list of recalls: things that an authority or a maker called back or warned of, with their lots as printed.

A list is a CSV file (UTF-8, commas, the first line names the columns):

    recall_id, authority, kind, published, brand, also_called, product, maker, lots, expires, reason, source, read_on

`recall_id`, `authority`, `kind`, `brand` and `source` are filled in every line; `brand` is one name, `also_called`,
`product`, `lots` and `expires` hold several with `;` between them. `kind` is `ink`, `needle` or an item word of the
logs (`anesthetic`, `glove` …). `published` is a day, a month or a year (2025-05-07, 2025-05, 2025). No product means
every product of the brand, `*` under lots every lot, no lots that the source names none. Lots are text, also where they
look like dates or numbers. `rulesets/recalls.csv` comes with the program.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

import numpy as np

from smpcompliance import dates
from smpcompliance.checks.list.reference_list import lot_text
from smpcompliance.dates import DAY, Ints, Mask, end, start_of
from smpcompliance.logs.cells import Moments
from smpcompliance.logs.schema import normal, shared
from smpcompliance.logs.table import Logs
from smpcompliance.patterns import pattern
from smpcompliance.rules.ruleset import packaged
from smpcompliance.trace.exposure import Exposed, Strength
from smpcompliance.trace.lot_exposure import Entries, entries_of
from smpcompliance.trace.lots import ByWords, Lots, Thing, known_lots, lots_of
from smpcompliance.trace.recall_match import BRAND_ONLY, CERTAIN, POSSIBLE, Wanted, levels, near_studios
from smpcompliance.trace.spelling import NEEDLES, kind_of
from smpcompliance.trace.strict_csv import Cell, strict_csv
from smpcompliance.yamlio import Problem, SourceError

Match = Literal["certain", "possible", "brand_only"]
MATCHES: tuple[Match, ...] = get_args(Match)

COLUMNS = (
    "recall_id", "authority", "kind", "published", "brand", "also_called", "product", "maker", "lots", "expires",
    "reason", "source", "read_on",
)  # fmt: skip
"""The columns of a list of recalls."""

_FILLED = ("recall_id", "authority", "kind", "brand", "source")
_SHIPPED = "recalls.csv"
_MATCHES: dict[int, Match] = {CERTAIN: "certain", POSSIBLE: "possible", BRAND_ONLY: "brand_only"}
_SHORTENED = pattern(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Recall:
    """One entry of a list of recalls.

    Attributes:
        id: of the entry, `US-FDA-2024-08-a`.
        authority: who published it.
        kind: what kind of thing: `ink`, `needle`, or an item word of the logs (`anesthetic`, `glove` …).
        published: the day, month or year it was published as written (`2020-05`); empty where the source does not say.
        first, last: the first and last day that `published` may mean; None where it is empty.
        brands: spellings of the brand; the first is the one that is shown. The maker's name is the last.
        products: names of the products or colours; empty: every product of the brand.
        lots: numbers as printed; empty: the source names none; `("*",)`: every lot.
        expires: expiry dates as printed, in ISO form.
        reason, source: why, and where it is published.
        read_on: the day on which somebody compared the entry with its source; None where the list does not say.
        file, line: where it stands.
    """

    id: str
    authority: str
    kind: str
    published: str
    first: date | None
    last: date | None
    brands: tuple[str, ...]
    products: tuple[str, ...]
    lots: tuple[str, ...]
    expires: tuple[str, ...]
    reason: str
    source: str
    read_on: date | None
    file: str
    line: int


@dataclass(frozen=True)
class RecallList:
    """Recalls of one or several files; of two entries with one id the later file's stands.

    Attributes:
        entries: in the order of the files.
        files: (name, SHA-256, entries, newest day read or None) of each file.
    """

    entries: tuple[Recall, ...]
    files: tuple[tuple[str, str, int, date | None], ...]

    @property
    def as_of(self) -> date | None:
        """The newest day on which an entry was compared with its source."""
        return max((day for *_, day in self.files if day), default=None)


def recall_list(*more: tuple[str, str]) -> RecallList:
    """The list that comes with the program and further ones.

    Args:
        more: (text, name) of each further file; an entry of a later file replaces one of the same id.

    Raises:
        SourceError: every mistake in these files, each with line and column.
    """
    shipped = (packaged() / _SHIPPED).read_bytes().decode("utf-8")
    found, problems = [], list[Problem]()
    for text, file in ((shipped, f"rulesets/{_SHIPPED}"), *more):
        try:
            found.append(read_recalls(text, file))
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(problems)
    entries: dict[str, Recall] = {}
    for each in found:
        for entry in each.entries:
            entries.pop(entry.id, None)
            entries[entry.id] = entry
    return RecallList(tuple(entries.values()), tuple(file for each in found for file in each.files))


def read_recalls(text: str, file: str) -> RecallList:
    """Reads one list of recalls.

    Args:
        text: its content.
        file: its name in messages.

    Raises:
        SourceError: every mistake in the file, each with line and column.
    """
    problems: list[Problem] = []
    lines = strict_csv(text, file, problems)
    heads = lines[0] if lines else []
    names = [head.text for head in heads]
    problems += _mistaken_heads(heads, file)
    if heads and not problems and (missing := [name for name in COLUMNS if name not in names]):
        problems.append(Problem(file, heads[0].line, 1, f"the columns {', '.join(missing)} are missing"))
    if problems:
        raise SourceError(problems)
    entries: list[Recall] = []
    first_line: dict[str, int] = {}
    for cells in lines[1:]:
        if len(cells) != len(names):
            at = cells[min(len(cells), len(names) + 1) - 1]
            said = f"this line has {len(cells)} cells, the first one {len(names)}; a comma inside a cell needs quotes"
            problems.append(Problem(file, at.line, at.column, said))
            continue
        line = dict(zip(names, cells, strict=True))
        id = line["recall_id"]
        if id.text and first_line.setdefault(id.text, id.line) != id.line:
            said = f"the entry {id.text!r} stands in line {first_line[id.text]} already"
            problems.append(Problem(file, id.line, id.column, said))
        mistakes = list(_mistakes(line, file))
        problems += mistakes
        if not mistakes:
            entries.append(_entry(line, file))
    if problems:
        raise SourceError(problems)
    newest = max((entry.read_on for entry in entries if entry.read_on), default=None)
    return RecallList(tuple(entries), ((file, hashlib.sha256(text.encode("utf-8")).hexdigest(), len(entries), newest),))


def _mistaken_heads(heads: list[Cell], file: str) -> Iterator[Problem]:
    times = Counter(head.text for head in heads)
    for n, head in enumerate(heads):
        if head.text not in COLUMNS:
            said = f"there is no column {head.text!r}; the columns are {', '.join(COLUMNS)}"
            if ";" in head.text:
                said = "cells are parted by commas, not by semicolons"
            yield Problem(file, head.line, head.column, said)
        elif times[head.text] > 1 and head.text in [other.text for other in heads[:n]]:
            yield Problem(file, head.line, head.column, f"the column {head.text} stands here a second time")


def _mistakes(line: dict[str, Cell], file: str) -> Iterator[Problem]:
    """Everything that is wrong with one line."""

    def wrong(column: str, said: str) -> Problem:
        return Problem(file, line[column].line, line[column].column, f"{column}: {said}")

    for column in _FILLED:
        if not line[column].text:
            yield wrong(column, "this cell must not be blank")
    kind = line["kind"].text
    if kind and kind not in ("ink", *shared().vocabularies["item"]):
        known = ", ".join(("ink", *shared().vocabularies["item"]))
        yield wrong("kind", f"{kind!r} is no kind; write one of: {known}")
    for column, read in (("published", _span), ("read_on", dates.day)):
        try:
            if line[column].text:
                read(line[column].text)
        except ValueError as error:
            yield wrong(column, str(error))
    for column in ("also_called", "product", "lots", "expires"):
        parts = _parts(line[column].text)
        if "" in parts:
            yield wrong(column, "nothing stands before, after or between semicolons")
        for part in filter(None, parts):
            if said := _wrong_part(column, part, parts):
                yield wrong(column, said)
    brand = line["brand"].text
    if ";" in brand:
        yield wrong("brand", "one name; further ones stand under also_called")
    elif brand and not normal(brand):
        yield wrong("brand", f"{brand!r} is no name")


def _wrong_part(column: str, part: str, parts: tuple[str, ...]) -> str:
    """What is wrong with one of several texts in a cell; empty where nothing is."""
    if column == "lots":
        if part == "*":
            return "" if len(parts) == 1 else "* means every lot, so it stands alone"
        if _SHORTENED.fullmatch(part):
            return f"{part!r} is a number that a spreadsheet has shortened; write the lot as it is printed"
        return "" if lot_text(part) else f"{part!r} is no lot number"
    if column == "expires":
        try:
            _span(part)
        except ValueError as error:
            return str(error)
        return ""
    if part in ("*", "all"):
        return f"leave the cell blank where it means every {column}" if column == "product" else f"{part!r} is no name"
    return "" if normal(part) else f"{part!r} is no name"


def _span(text: str) -> dates.Period:
    """The days of a day, a month or a year.

    Raises:
        ValueError: the text is none of these.
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return dates.Period(dates.day(text), dates.day(text))
        if re.fullmatch(r"\d{4}(-\d{2})?", text):
            return dates.period(text)
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a day, a month or a year; write it as 2025-06-30, 2025-06 or 2025")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";")) if text else ()


def _entry(line: dict[str, Cell], file: str) -> Recall:
    cell = {name: found.text for name, found in line.items()}
    published = _span(cell["published"]) if cell["published"] else None
    brands = dict.fromkeys(filter(None, (cell["brand"], *_parts(cell["also_called"]), cell["maker"])))
    return Recall(
        cell["recall_id"], cell["authority"], cell["kind"], cell["published"],
        published.first if published else None, published.last if published else None,
        tuple(brands), _parts(cell["product"]), _parts(cell["lots"]), _parts(cell["expires"]),
        cell["reason"], cell["source"], dates.day(cell["read_on"]) if cell["read_on"] else None,
        file, line["recall_id"].line,
    )  # fmt: skip


def matches(
    logs: Logs, studio: int, recalls: RecallList, as_of: date, entries: Entries | None = None
) -> tuple[tuple[Recall, Match, Lots], ...]:
    """Which recalls a studio's lots and sessions may be of, in the order of the list.

    Every lot and every entry of supplies is compared with every recall; what an entry leaves blank its lot says. Lots
    that agree in all are `sure`, those that may agree are not. A recall of every lot means those on the market then: a
    lot surely received after it was published only may be meant.

    Args:
        as_of: the day of the trace; later lots and sessions are not looked at.
        entries: of this studio and day, where they are known already (`entries_of`).
    """
    wanted = tuple(_wanted(recall) for recall in recalls.entries)
    every = entries or entries_of(logs, studio, as_of)
    lots = known_lots(logs, studio, as_of)
    by_lot, by_entry = levels(logs, wanted, lots, every.rows, every.kind, every.kinds)
    mentions = np.bincount(every.lot + 1, minlength=len(logs.log("supply_lots")) + 1)[1:]
    by_lot[(mentions[lots] == 0) & _of_later_sessions(logs)[lots]] = 0
    found: list[tuple[Recall, Match, Lots]] = []
    for n, recall in enumerate(recalls.entries):
        place, said = by_entry.of(n)
        if not len(place) and not by_lot[:, n].any():
            continue
        lot, said = _both_ways(logs, recall, every, mentions, lots, by_lot[:, n].astype(np.int64), place, said)
        if best := int(max(lot.max(initial=0), said.max(initial=0))):
            meant = lots_of(logs, studio, lots[lot == CERTAIN], lots[(lot > 0) & (lot < CERTAIN)], as_of)
            rows, some = every.rows[place], (said > 0) & (said < CERTAIN)
            words = ByWords(rows[said == CERTAIN], rows[some], _things(recall, wanted[n]))
            found.append((recall, _MATCHES[best], replace(meant, by_words=words)))
    return tuple(found)


def _both_ways(
    logs: Logs, recall: Recall, every: Entries, mentions: Ints, lots: Ints, lot: Ints, place: Ints, said: Ints
) -> tuple[Ints, Ints]:
    """The levels of lots and of entries (at these places), each corrected by what the other shows.

    A lot that only entries mention is as they say. An entry whose listed lot contradicts the recall at most may be of
    it. Of a recall of every lot, one that surely came after it was published at most may be.

    Args:
        mentions: how many entries lead to each row of `supply_lots`.
    """
    made_up, n = logs.log("supply_lots").made_up, len(logs.log("supply_lots"))
    to = every.lot[place]
    later = np.zeros(n + 1, bool)
    if recall.lots == ("*",) and recall.last:
        received = logs.cells("supply_lots", "received_on")
        assert isinstance(received, Moments)
        later[:-1] = (received.why == 0) & (received.at >= start_of(recall.last) + DAY)
    lot = np.where(later[lots], np.minimum(lot, POSSIBLE), lot)
    said = np.where(later[to], np.minimum(said, POSSIBLE), said)
    of_lot = np.zeros(n + 1, np.int64)
    of_lot[lots] = lot
    against = (to >= 0) & (of_lot[to] == 0) & ~np.append(made_up, False)[to]
    said = np.where(against, np.where(said == CERTAIN, POSSIBLE, 0), said)
    most, certain = np.zeros(n + 1, np.int64), np.bincount(to[said == CERTAIN] + 1, minlength=n + 1)[1:]
    np.maximum.at(most, to, said)
    uniform = certain[lots] == mentions[lots]
    mentioned = np.where(uniform, most[lots], np.minimum(most[lots], POSSIBLE))
    return np.where(made_up[lots] & (mentions[lots] > 0), mentioned, lot), said


def _of_later_sessions(logs: Logs) -> Mask:
    """Which lots are known from entries only, and those all name their sessions."""
    session, _ = logs.link("session_supplies", "session")
    lot, _ = logs.link("session_supplies", "lot")
    found = logs.log("supply_lots").made_up.copy()
    found[lot[(session < 0) & (lot >= 0)]] = False
    return found


def _things(recall: Recall, wanted: Wanted) -> tuple[Thing, ...]:
    """What a recall is of, as supplies without a lot number are compared with it."""
    kinds = sorted({kind_of(kind) for kind in wanted.kinds})
    brands = dict.fromkeys(map(normal, recall.brands))
    return tuple((kind, brand, (name, name)) for kind in kinds for brand in brands for name in recall.products or ("",))


def _wanted(recall: Recall) -> Wanted:
    kinds = {"ink": ("pigment",), "needle": NEEDLES}.get(recall.kind, (recall.kind,))
    every = recall.lots == ("*",)
    return Wanted(kinds, recall.brands, recall.products, () if every else recall.lots, every)


def uses(logs: Logs, exposed: Exposed, recall: Recall) -> tuple[Ints, Ints]:
    """The places in `exposed` of certain or possible sessions before a recall was published, and on or after that day.

    A session on the day itself is one on or after it. Where only the month or year of publication is known, the days of
    it belong to neither, nor does a session whose own day cannot be told apart; without any date there are none.
    """
    none = np.zeros(0, np.int64)
    if recall.first is None or recall.last is None:
        return none, none
    started = logs.cells("sessions", "started_at")
    assert isinstance(started, Moments)
    at = started.at[exposed.sessions]
    high = end(at, started.precision[exposed.sessions])
    reached = (exposed.strength > Strength.excluded) & (started.why[exposed.sessions] == 0)
    since = start_of(recall.first) if recall.first == recall.last else start_of(recall.last) + DAY
    return np.flatnonzero(reached & (high < start_of(recall.first))), np.flatnonzero(reached & (at >= since))


def studios_near(logs: Logs, recalls: RecallList) -> Ints:
    """The codes of the studios in which any record may agree with any recall, whatever its kind and day.

    In all others `matches` finds nothing; of ten thousand studios most need not be asked one by one.
    """
    return near_studios(logs, tuple(map(_wanted, recalls.entries)))
