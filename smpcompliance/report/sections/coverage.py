"""What the logs cover: how many records, of which days, the longest stretch without one, and which logs are wanted."""

from collections.abc import Iterator
from itertools import islice

from smpcompliance.audit.coverage import Coverage, Days
from smpcompliance.audit.coverage import coverage as covered
from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Item, Items, Table, Text
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

_FILES = 3
"""Files of one log that are named in its row; the section on files names them all."""


def coverage(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The section on what the logs of a studio cover. A gap is said as what it is: no record, not a breach."""
    found = covered(audit, studio.studio_id)
    events = [(each, each.days) for each in found if each.handed_in and each.days]
    standing = [each for each in found if each.handed_in and not each.days]
    wanted = [each for each in found if not each.handed_in]
    out: list[Block] = [Heading(2, words("coverage.title"))]
    if not found:
        return [*out, Text(words("coverage.none"))]
    out.append(Text(words("coverage.intro")))
    if events:
        names = ("log", "records", "within", "ends", "gap")
        heads = tuple(words(f"coverage.heads.{name}") for name in names)
        rows = tuple(_event(each, days, words) for each, days in events)
        right = frozenset({1, 2})
        out.append(Table(heads, rows, (28, 9, 10, 27, 26), right, named=True, about=words("coverage.about")))
    if standing:
        heads = tuple(words(f"coverage.heads.{name}") for name in ("log", "records"))
        rows = tuple((_log(each, words), Cell(words.number(each.records))) for each in standing)
        about = words("coverage.about_standing")
        out += [Text(words("coverage.standing")), Table(heads, rows, (80, 20), frozenset({1}), named=True, about=about)]
    if wanted:
        items = tuple(_wanted(each, words) for each in sorted(wanted, key=lambda each: -len(each.waiting)))
        out += [Text(words("coverage.wanted")), Items(items)]
    return out


def _event(each: Coverage, days: Days, words: Words) -> tuple[Cell, ...]:
    return (
        _log(each, words, tuple(_without_day(days, words))),
        Cell(words.number(each.records)),
        Cell(words.number(days.within)),
        _ends(days, words),
        _gap(days, words),
    )


def _without_day(days: Days, words: Words) -> Iterator[str]:
    if days.undated:
        yield words("coverage.undated", n=days.undated)
    if days.unreadable:
        yield words("coverage.unreadable", n=days.unreadable)


def _ends(days: Days, words: Words) -> Cell:
    """First and last record, and where they leave an end of the period open."""
    if days.first is None or days.last is None:
        return Cell("–")
    fine = [words("coverage.begins_later")] if days.begins_before is False else []
    fine += [words("coverage.ends_earlier")] if days.reaches_end is False else []
    first, last = said_day(days.first, words), said_day(days.last, words)
    return Cell(words("period.span", first=first, last=last) if first != last else first, tuple(fine))


def _gap(days: Days, words: Words) -> Cell:
    if days.looked_at is None:
        return Cell(words("coverage.no_days"))
    if days.gap is None:
        return Cell(words("coverage.no_gap"))
    if days.gap == days.looked_at:
        return Cell(words("coverage.all_gap"))
    if days.gap_days == 1:
        return Cell(words("coverage.gap", n=1), (said_day(days.gap.first, words),))
    first, last = said_day(days.gap.first, words), said_day(days.gap.last, words)
    return Cell(words("coverage.gap", n=days.gap_days), (words("period.span", first=first, last=last),))


def _log(each: Coverage, words: Words, more: tuple[str, ...] = ()) -> Cell:
    files = [
        words("place.sheet", file=file, sheet=sheet) if sheet else file for file, sheet in islice(each.files, _FILES)
    ]
    if len(each.files) > _FILES:
        files.append(words("coverage.more_files", n=len(each.files) - _FILES))
    return Cell(words(f"logs.{each.log}"), (*files, *more))


def _wanted(each: Coverage, words: Words) -> Item:
    return Item(words(f"logs.{each.log}"), words("coverage.waiting", n=len(each.waiting)))
