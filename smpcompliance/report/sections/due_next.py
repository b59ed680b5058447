"""What is due next, and what of it cannot be told: tables for a report and for the list of `due`."""

from collections.abc import Iterable, Sequence
from itertools import groupby, islice

from smpcompliance.audit.due import Due, Untold, due_after
from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Table, Text, Tone
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.sections.places import place
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

SHOWN = 25
"""Entries that a report shows; the list of `due` has them all."""
_PLACES = 5


def upcoming(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """What is due in the quarter after an audit: overdue first, the first 25, and what cannot be told."""
    found = due_after(audit)
    own = [each for each in found.due if each.studio_id == studio.studio_id]
    open_ = [each for each in found.untold if each.studio_id == studio.studio_id]
    last = said_day(found.until, words)
    blocks: list[Block] = [Heading(2, words("due.title"))]
    if not own and not open_:
        return [*blocks, Text(words("due.none", last=last))]
    shown = own if telling.all_findings else own[:SHOWN]
    blocks += [Text(words("due.intro", last=last)), *tables(shown, studio, words, level=3)]
    if len(own) > len(shown):
        blocks.append(Text(words("due.more", n=len(own) - len(shown)), "note"))
    return [*blocks, *untold(open_, studio, words, level=3)]


def tables(found: Sequence[Due], studio: Studio, words: Words, level: int = 2) -> list[Block]:
    """Tables of what is overdue, what is coming, and what has no day, each under its heading."""
    parts = {
        "overdue": [each for each in found if each.late],
        "coming": [each for each in found if not each.late and each.due_on and not each.passed],
        "undated": [each for each in found if not each.late and (not each.due_on or each.passed)],
    }
    titles = {"overdue": "due.overdue", "coming": "due.coming", "undated": "due.undated"}
    abouts = {"overdue": "due.about_overdue", "coming": "due.about_coming", "undated": "due.about_undated"}
    heads = tuple(words(f"due.heads.{name}") for name in ("day", "what", "whom", "law"))
    out: list[Block] = []
    for name, entries in parts.items():
        if entries:
            rows = tuple(_row(each, words) for each in entries)
            table = Table(heads, rows, (20, 36, 16, 28), named=True, about=words(abouts[name], studio=studio.name))
            out += [_heading(level, words(titles[name])), table]
    return out


def _heading(level: int, text: str) -> Heading:
    return Heading(3 if level == 3 else 2, text)


def _row(each: Due, words: Words) -> tuple[Cell, ...]:
    tone: Tone = each.severity if each.late else "plain"
    fine = (each.why, place(each.evidence, words)) if each.evidence.file else (each.why,)
    law = (each.rule.id, words(f"severity.{each.severity}"))
    first = Cell(when(each, words), tuple(conditions(each, words)), strong=each.late, tone=tone)
    return first, Cell(each.rule.title, fine), Cell(whom(each, words)), Cell(each.rule.citation.text, law)


def when(each: Due, words: Words) -> str:
    """The last day in time, or what takes its place."""
    if each.due_on:
        return said_day(each.due_on, words)
    if each.late:
        return words("due.late")
    return words("due.before_use") if each.uses_left is None else words("due.uses_left", n=each.uses_left)


def conditions(each: Due, words: Words) -> Iterable[str]:
    """How long it is overdue, and whether it is due only if something is used."""
    if each.overdue_days:
        yield words("due.late_by", n=each.overdue_days)
    if each.offered:
        yield words("due.offer")
    if each.conditional and each.due_on:
        yield words("due.past") if each.passed else words("due.if_used")


def whom(each: Due | Untold, words: Words) -> str:
    """For what it is due: «Machine 80541926»."""
    if not each.subject:
        return words("due.kinds.studio")
    kinds = words.names("due.kinds")
    first, *rest = each.subject.items()
    name = words(f"due.kinds.{each.kind}") if each.kind in kinds else _column(first[0], words)
    said = [words("due.subject", name=name, value=first[1])]
    said += [words("due.subject", name=_column(column, words), value=value) for column, value in rest]
    return words.series(said)


def _column(name: str, words: Words) -> str:
    return words(f"keys.{name}") if name in words.names("keys") else name.replace("_", " ")


def untold(found: Sequence[Untold], studio: Studio, words: Words, level: int = 2) -> list[Block]:
    """The rules of which it cannot be told what is due, with the reason and what would settle it."""
    if not found:
        return []
    heads = tuple(words(f"due.untold_heads.{name}") for name in ("rule", "why", "settle"))
    rows = tuple(
        _open_row(list(entries), words) for _, entries in groupby(found, lambda each: (each.rule.id, each.reason))
    )
    about = words("due.about_untold", studio=studio.name)
    return [
        _heading(level, words("due.untold")),
        Text(words("due.untold_intro")),
        Table(heads, rows, (38, 27, 35), named=True, about=about),
    ]


def _open_row(entries: Sequence[Untold], words: Words) -> tuple[Cell, ...]:
    rule = entries[0].rule
    fine = (f"{words(f'severity.{entries[0].severity}')} · {rule.citation.text}", rule.id)
    return Cell(rule.title, fine), Cell(why_untold(entries[0], words)), Cell(*settling(entries, words))


def why_untold(each: Untold, words: Words) -> str:
    """Why it cannot be told."""
    if each.reason == "profile_silent":
        return words("due.silent")
    return words("due.broke") if each.reason == "broke" else words(f"reasons.{each.reason}")


def settling(entries: Sequence[Untold], words: Words) -> tuple[str, tuple[str, ...]]:
    """What would settle it: the logs, the fields of the profile, or the records, the first few of them."""
    about = tuple(dict.fromkeys(name for each in entries for name in each.about))
    if entries[0].reason == "profile_silent":
        return words("due.settle_profile", fields=", ".join(about)), ()
    if entries[0].reason == "broke":
        return words.series(about), ()
    if about:
        return words("due.settle_logs", logs=", ".join(words(f"logs.{log}") for log in about)), ()
    placed = [each for each in entries if each.evidence]
    if not placed:
        return words("due.settle_nothing"), ()
    first, *rest = [_placed(each, words) for each in islice(placed, _PLACES)]
    more = len(placed) - 1 - len(rest)
    return first, (*rest, *([words("due.settle_more", n=more)] if more else []))


def _placed(each: Untold, words: Words) -> str:
    assert each.evidence
    return words("due.settle_record", subject=whom(each, words), place=place(each.evidence, words))
