"""Letters to clients, one for each who is exposed: facts of the records only, from `templates/letters/<language>.yaml`.

A letter says what happened, on which days, what the records show for this client, what they do not show, and what the
client can do. It holds no diagnosis and no promise. Without names it is addressed to a code.
"""

import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

from smpcompliance.checks.list.reference_list import lot_text
from smpcompliance.logs.cells import Coded
from smpcompliance.logs.studio import Studio
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.trace.contacts import Contact, contact
from smpcompliance.report.trace.reached import Reached, reached, thing
from smpcompliance.report.trace.subject import recalled
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import Words
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.run import Trace, Traced
from smpcompliance.yamlio import parse

WIDTH = 78
NEXT = "\f\n"
"""Between two letters: each is printed on a page of its own."""


@cache
def letter_words(language: str) -> Words:
    """The words of the letters in a language."""
    file = resources.files("smpcompliance.templates") / "letters" / f"{language}.yaml"
    return Words(language, parse(file.read_text("utf-8"), f"letters/{language}.yaml").data)


def report(trace: Trace, words: Words, names: bool) -> bytes:
    """All letters as plain text, UTF-8, studio by studio, the certain ones first, with a form feed between them.

    A client who is reached by several sources has one letter that tells of them all. Last for each studio stands a form
    for those who ask and are not concerned.
    """
    letter, withheld = letter_words(words.language), Withheld(trace.logs, names)
    pages = [page for studio in trace.studios for page in _of_studio(trace, studio, withheld, names, words, letter)]
    marked = [_marked(page, names, letter) for page in pages]
    if not marked:
        marked = [_marked([letter("letter.nobody")], names, letter)]
    return NEXT.join(marked).encode()


def _marked(parts: Sequence[str], names: bool, letter: Words) -> str:
    mark = [letter("letter.confidential")] if names else []
    return "\n\n".join("\n".join(_wrapped(part)) for part in (*mark, *parts) if part) + "\n"


def _wrapped(part: str) -> Iterator[str]:
    for line in part.split("\n"):
        indent = "  " if line.startswith("- ") else ""
        yield from textwrap.wrap(clean(line, 2000), WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _of_studio(
    trace: Trace, studio: Studio, withheld: Withheld, names: bool, words: Words, letter: Words
) -> Iterator[list[str]]:
    own = [each for each in trace.traced if each.studio.studio_id == studio.studio_id]
    for tier in (Strength.certain, Strength.possible):
        for code, parts in _clients(own, tier):
            yield _letter(trace, studio, code, tier, parts, withheld, names, words, letter)
    if own:
        yield _form(trace, studio, own, words, letter)


def _clients(own: Sequence[Traced], tier: Strength) -> list[tuple[str, list[tuple[Traced, int]]]]:
    """The clients whose strongest tier this is, by code, each with what reaches them and their place there."""
    found: dict[str, list[tuple[Traced, int]]] = {}
    strongest: dict[str, int] = {}
    for each in own:
        for at, (code, strength) in enumerate(zip(each.clients.codes, each.clients.strength.tolist(), strict=True)):
            if strength > Strength.excluded:
                found.setdefault(code, []).append((each, at))
                strongest[code] = max(strongest.get(code, 0), strength)
    return [(code, found[code]) for code in sorted(found) if strongest[code] == tier]


def _letter(
    trace: Trace,
    studio: Studio,
    code: str,
    tier: Strength,
    parts: Sequence[tuple[Traced, int]],
    withheld: Withheld,
    names: bool,
    words: Words,
    letter: Words,
) -> list[str]:
    row = int(parts[0][0].clients.rows[parts[0][1]])
    told = contact(trace.logs, row) if names else Contact()
    out = [*_head(trace, studio, _to(told, code, letter), words, letter)]
    for each, at in parts:
        sessions = reached(trace, each, each.clients.sessions[at], withheld)
        strength = Strength(int(each.clients.strength[at]))
        out += [_happened(trace, each, words, letter), *_shown(each, strength, list(sessions), letter)]
    return [*out, letter(f"letter.not_known.{tier.name}"), *_foot(letter, tier)]


def _to(told: Contact, code: str, letter: Words) -> str:
    lines = (told.name or letter("letter.to_code", code=code), told.address, told.email)
    return "\n".join(line for line in (*lines, letter("letter.file", code=code) if told.name else "") if line)


def _head(trace: Trace, studio: Studio, to: str, words: Words, letter: Words) -> list[str]:
    exercise = [letter("letter.exercise")] if trace.query.kind == "drill" else []
    day = letter("letter.day", day=said_day(trace.as_of, words))
    return [*exercise, "\n".join((studio.name, *_address(trace, studio))), day, to, letter("letter.subject")]


def _address(trace: Trace, studio: Studio) -> tuple[str, ...]:
    """The address in the studio's list of premises, where it lists one place only."""
    cells, table = trace.logs.cells("premises", "address"), trace.logs.log("premises")
    assert isinstance(cells, Coded)
    code = trace.logs.studios.index(studio)
    known = {cells.text(row) for row in range(len(table)) if table.studio[row] == code} - {""}
    return tuple(known) if len(known) == 1 else ()


def _happened(trace: Trace, each: Traced, words: Words, letter: Words) -> str:
    if each.recall:
        recall = each.recall
        return letter(
            "letter.happened.recall",
            what=recalled(recall, words),
            authority=recall.authority,
            published=recall.published or letter("letter.no_day"),
            reason=recall.reason,
            source=recall.source,
        )
    if each.window and len(each.window.failed):
        days = words.series(
            trace.logs.cells("spore_tests", "tested_at").text(row)[:10] for row in each.window.failed.tolist()
        )
        said = letter("letter.happened.failed", machine=each.key, days=days)
        return f"{said} {_span(trace, each, letter)}"
    return letter(
        f"letter.happened.{each.kind}", which=each.key if each.kind in ("equipment", "lot", "station") else ""
    )


def _which(each: Traced) -> str:
    """What may be called by its key in a letter: machines, lots and places, never people."""
    if each.kind == "lot":
        return lot_text(each.key)
    return each.key if each.kind in ("equipment", "station") else ""


def _span(trace: Trace, each: Traced, letter: Words) -> str:
    """From which passing test to which."""
    assert each.window
    ends = (each.window.opened_by, each.window.closed_by)
    first, last = (trace.logs.cells("spore_tests", "tested_at").text(row)[:10] if row >= 0 else "" for row in ends)
    key = "both" if first and last else "opened" if first else "closed" if last else "neither"
    return letter(f"letter.span.{key}", first=first, last=last)


def _shown(each: Traced, strength: Strength, sessions: Sequence[Reached], letter: Words) -> list[str]:
    lines = [letter(f"letter.shows.{strength.name}", n=len(sessions))]
    for one in sessions:
        what = f"{one.lot_number} {one.product}".strip() or one.target or letter("letter.no_number")
        why = letter(f"letter.why.{thing(each)}.{one.because.name}", what=what)
        lines.append(letter("letter.session", day=one.day[:10] or letter("letter.no_day"), why=why))
    return ["\n".join(lines)]


def _foot(letter: Words, tier: Strength) -> list[str]:
    steps = "\n".join(f"- {step}" for step in letter.several(f"letter.steps.{tier.name}"))
    return [f"{letter('letter.can_do')}\n{steps}", letter("letter.no_diagnosis"), letter("letter.sign")]


def _form(trace: Trace, studio: Studio, own: Sequence[Traced], words: Words, letter: Words) -> list[str]:
    """For somebody who asks and whom the records exclude."""
    happened = [_happened(trace, each, words, letter) for each in own]
    out = [letter("letter.form"), *_head(trace, studio, letter("letter.to_blank"), words, letter), *happened]
    return [
        *out,
        letter("letter.shows_excluded"),
        letter("letter.not_known.excluded"),
        *_foot(letter, Strength.excluded),
    ]
