"""What changed since an earlier audit: what differs from the start, counts, and the findings by what became of them."""

from collections.abc import Iterator, Sequence
from typing import Literal

from smpcompliance import dates
from smpcompliance.audit.finding import Audit
from smpcompliance.dates import Period
from smpcompliance.logs.studio import Studio
from smpcompliance.report.changes import FATES, Because, Change, Changes, Difference, DutyChange, Fate, compare
from smpcompliance.report.page import Block, Cell, Heading, Item, Items, Table, Text, Tone
from smpcompliance.report.sections.opening import said_day, said_period
from smpcompliance.report.sections.places import line
from smpcompliance.report.state import Entry, State, present_state, saved_state
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

SHOWN = 20
"""Findings of each kind of change that a report lists; `diff` tells them all."""

_TONES: dict[Fate, Tone] = {"new": "critical", "not_judged": "open", "fixed": "good"}


def changes(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The section on what changed in a studio since an earlier audit; empty where no earlier report was given."""
    if telling.previous is None:
        return []
    old = saved_state(telling.previous, studio.studio_id)
    title = Heading(2, words("changes.title", day=said_day(old.as_of, words)))
    if studio.studio_id not in old.studios:
        return [title, Text(words("changes.not_there"))]
    found = compare(old, present_state(audit, studio.studio_id))
    out: list[Block] = [title, *differences(found, words), Text(balance(found, words)), counts(found, words)]
    for fate in ("new", "not_judged", "fixed"):
        out += listed(found, fate, SHOWN, 3, words)
    return [*out, Text(words("changes.fixed_means"), "note"), Text(words("changes.more"), "note")]


def balance(found: Changes, words: Words) -> str:
    """The comparison in one line, with its denominators."""
    before, now = _totals(found)
    return words(
        "changes.balance",
        new=words.number(len(found.of("new"))),
        now=words.number(now),
        fixed=words.number(len(found.of("fixed"))),
        before=words.number(before),
        duties=words.number(len(found.duties_of("not_judged"))),
        judged=words.number(sum(duty.judged for duty in found.old.duties.values())),
    )


def _totals(found: Changes) -> tuple[int, int]:
    """The findings of both audits; those that are still there count in both."""
    new, still = len(found.of("new")), len(found.of("open"))
    return len(found.findings) - new, new + still


def differences(found: Changes, words: Words) -> list[Block]:
    """What is not the same in the two audits before anything is judged, and what follows from it."""
    items = [Item(text=_difference(each, words)) for each in found.differences]
    if not found.covers:
        items.append(Item(text=words("changes.not_covered")))
    return [Text(words("changes.first")), Items(tuple(items))] if items else [Text(words("changes.alike"))]


def _difference(each: Difference, words: Words) -> str:
    old, new = each.old, each.new
    if each.what in ("period", "as_of", "order"):
        old, new = _days(old, words), _days(new, words)
    elif each.what == "asked":
        old, new = old or words("changes.nothing"), new or words("changes.nothing")
    return words(f"changes.differences.{each.what}", name=each.name, old=old, new=new)


def _days(text: str, words: Words) -> str:
    first, to, last = text.partition(" to ")
    if not to:
        return said_day(dates.day(first), words)
    return said_period(Period(dates.day(first), dates.day(last)), words)


def counts(found: Changes, words: Words) -> Table:
    """How many findings came to which fate, and how many duties."""
    heads = tuple(words(f"changes.heads.{name}") for name in ("fate", "findings", "duties"))
    rows = [
        (
            Cell(words(f"changes.fates.{fate}"), (words(f"changes.meaning.{fate}"),), tone=_TONES.get(fate, "plain")),
            Cell(words.number(len(found.of(fate)))),
            Cell(words.number(len(found.duties_of(fate))) if fate not in ("open", "fixed") else "–"),
        )
        for fate in FATES
    ]
    for name, total in zip(("before", "now"), _totals(found), strict=True):
        state = found.old if name == "before" else found.new
        judged = sum(duty.judged for duty in state.duties.values())
        of = words("changes.judged_of", n=judged, all=len(state.duties))
        rows.append((Cell(words(f"changes.{name}"), strong=True), Cell(words.number(total), strong=True), Cell(of)))
    return Table(heads, tuple(rows), (64, 14, 22), frozenset({1, 2}), named=True, about=words("changes.about"))


def listed(found: Changes, fate: Fate, most: int, level: Literal[2, 3], words: Words) -> list[Block]:
    """The findings of one fate, the first `most` of them, and the duties that go with it."""
    findings = found.of(fate)
    bare = _without_finding(found, fate, findings)
    if not findings and not bare:
        return []
    total = _totals(found)[fate == "new"]
    out: list[Block] = [
        Heading(level, words(f"changes.fates.{fate}")),
        Text(words(f"changes.total.{'now' if fate == 'new' else 'before'}", n=len(findings), of=total)),
    ]
    many = len({*found.old.studios, *found.new.studios}) > 1
    if findings:
        out.append(Items(tuple(_finding(change, many, words) for change in findings[:most])))
    if len(findings) > most:
        out.append(Text(words("changes.cut", shown=most, n=len(findings)), "note"))
    if bare:
        out.append(Text(words(f"changes.bare.{fate}", n=len(bare))))
        out.append(Items(tuple(_duty(change, many, words) for change in bare[:most])))
    if len(bare) > most:
        out.append(Text(words("changes.cut_duties", shown=most, n=len(bare)), "note"))
    return out


def _without_finding(found: Changes, fate: Fate, findings: Sequence[Change]) -> list[DutyChange]:
    """The duties of a fate that no finding speaks for; none of other days, for there that says nothing."""
    if fate == "other_days":
        return []
    spoken = {(change.duty.studio_id, change.duty.rule) for change in findings}
    return [each for each in found.duties_of(fate) if (each.duty.studio_id, each.duty.rule) not in spoken]


def _finding(change: Change, many: bool, words: Words) -> Item:
    duty, entry = change.duty, change.entry
    fine = [_place(entry, words), _because(change.because, change.about, words), *_weight(change, words)]
    fine += [words("changes.waived", waiver=entry.waiver)] if entry.waiver else []
    fine += [duty.rule, *([duty.studio_id] if many else [])]
    return Item(_title(duty.severity, duty.title, words), entry.message, " · ".join(part for part in fine if part))


def _weight(change: Change, words: Words) -> Iterator[str]:
    if change.was:
        yield words("changes.was", severity=words(f"severity.{change.was}"))


def _duty(change: DutyChange, many: bool, words: Words) -> Item:
    duty = change.duty
    said = [_because(change.because, change.about, words)]
    if change.before and change.before.severity != duty.severity:
        said.append(words("changes.was", severity=words(f"severity.{change.before.severity}")))
    if change.fate == "new":
        said.append(words(f"status.{duty.status}"))
    fine = [duty.rule, *([duty.studio_id] if many else [])]
    return Item(_title(duty.severity, duty.title, words), " · ".join(part for part in said if part), " · ".join(fine))


def _title(severity: str, title: str, words: Words) -> str:
    return f"{words(f'severity.{severity}')} · {title}"


def _place(entry: Entry, words: Words) -> str:
    return line(entry.file, entry.sheet, entry.line, words) if entry.file else words("place.absent")


def _because(because: Because, about: Sequence[str], words: Words) -> str:
    known = {"open": "reasons", "partly": "reasons", "undecided": "reasons", "no_log": "logs"}.get(because, "")
    named = set(words.names(known)) if known else set()
    said = words.series(words(f"{known}.{name}") if name in named else name for name in about)
    before, after = (*about, "", "")[:2]
    key = f"changes.because.{because}" if about or because not in ("open", "undecided", "partly") else "changes.unsaid"
    return words(key, about=said, before=before, after=after)


def header(state: State, words: Words) -> str:
    """Which audit a report is: its period, its day and its file."""
    period, day = said_period(state.period, words), said_day(state.as_of, words)
    return words("changes.which", file=state.name, period=period, day=day)
