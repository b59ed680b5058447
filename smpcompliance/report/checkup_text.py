"""A checkup as plain text of 100 columns."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from smpcompliance.audit.needs import Duty
from smpcompliance.logs.intake.heads.meaning import OWN_UNIT
from smpcompliance.logs.intake.heads.proposals import Proposal
from smpcompliance.report.checkup import Checkup, FileTold, HeadTold
from smpcompliance.report.untrusted import clean

WIDTH = 100
_HEAD, _PLACE = 36, 30  # columns
_RULES, _HEADS, _LINES, _FEW = 6, 8, 200, 8
_LONGEST = 2000  # characters of a remark


def checkup_text(told: Checkup) -> str:
    """Everything that doctor says of one studio, without a line end at its end."""
    law = ", ".join(told.law) or "no law is named: say jurisdiction: … in studio.yaml, or give --jurisdiction"
    parts = [[f"{clean(told.name)} ({clean(told.studio_id)}), {clean(law)}"]]
    parts += [list(_file(file)) for file in told.files]
    parts += [list(_proposals(told)), list(_missing(told)), list(_left_open(told))]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _wrapped(text: str, indent: int, hanging: int = 0) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + hanging), break_on_hyphens=False
    )


def _file(file: FileTold) -> Iterator[str]:
    name = clean(file.files[0]) + (f", sheet {clean(file.sheet)}" if file.sheet else "")
    more = f" and {len(file.files) - 1} more like it" if len(file.files) > 1 else ""
    rows = f", {_many(file.rows, 'row')}" if file.log else ""
    kind = f" ({file.format})" if file.format else ""
    yield from _wrapped(f"{name}{more} → {file.log or 'no log'}{rows}{kind}", 2, 4)
    for log, records in file.feeds:
        yield f"    also feeds {log}: {_many(records, 'record')}"
    if file.problem:
        yield from _wrapped(f"! {clean(file.problem, _LONGEST)}", 4, 2)
    for remark in file.remarks:
        yield from _wrapped(f"! {clean(remark, _LONGEST)}", 4, 2)
    if file.log and not file.problem:
        plain = [head for head in file.heads if _is_plain(head)]
        if len(plain) > _FEW:
            yield from _wrapped(f"columns by their own names: {', '.join(head.head for head in plain)}", 4, 2)
        others = file.heads if len(plain) <= _FEW else [head for head in file.heads if not _is_plain(head)]
        for head in others[:_LINES]:
            yield from _head(head)
        if len(others) > _LINES:
            yield f"    and {len(others) - _LINES:,} more heads"
    if file.unreadable:
        yield f"    {_many(file.unreadable, 'line or cell', 'lines or cells')} cannot be read:"
        for place in file.shown:
            column = f", {clean(place.column, 60)}" if place.column else ""
            yield from _wrapped(f"line {place.line}{column}: {clean(place.text, 80)!r}: {clean(place.reason)}", 6, 2)
        if file.unreadable > len(file.shown):
            rest = file.unreadable - len(file.shown)
            yield f"      and {rest:,} more; `smpcompliance audit --report json=FILE` lists them all"


def _is_plain(head: HeadTold) -> bool:
    return head.targets == (head.head,) and head.unit in ("", OWN_UNIT)


def _head(head: HeadTold) -> list[str]:
    name = clean(head.head, 80)
    place = ", ".join(head.targets) or "not used"
    said = [f"in {head.unit}" if head.unit != OWN_UNIT else "in its own unit"] if head.unit and head.targets else []
    said += [f"dates as {head.order}"] if head.order and head.targets else []
    if head.proposed:
        place = f"not used; may be {' or '.join(head.proposed)}"
    text = f"{place:{_PLACE}} {', '.join(said)}".rstrip() if said else place
    first = f"    {name:{_HEAD}} → "
    if len(first) + len(text) <= WIDTH:
        return [first + text]
    return [*_wrapped(name, 4, 2), *_wrapped(f"→ {' '.join(text.split())}", 8, 2)]


def _proposals(told: Checkup) -> Iterator[str]:
    if told.new:
        yield f"  {_many(len(told.new), 'proposal')}: say so in studio.yaml, or run doctor --write"
        yield from _listed(told.new)
    if told.waiting:
        n = len(told.waiting)
        verb = "waits" if n == 1 else "wait"
        yield f"  {_many(n, 'proposal')} {verb} in studio.yaml; move each from proposed to columns to use it"
        yield from _listed(told.waiting)
    if told.choices:
        yield "  Heads that may mean one of several columns; say which under columns in studio.yaml"
        for place, head, choices in told.choices[:_LINES]:
            yield from _wrapped(f"{clean(place)}: {clean(head, 80)} → {' or '.join(choices)}", 4, 2)


def _listed(proposals: Sequence[Proposal]) -> Iterator[str]:
    for each in proposals[:_LINES]:
        sheet = f", sheet {clean(each.sheet)}" if each.sheet else ""
        about = f" ({each.about})" if each.about else ""
        what = f"{clean(each.head, 80)} → {each.place}{about}" if each.head else f"the log may be {each.place}"
        yield from _wrapped(f"{clean(each.file)}{sheet}: {what}", 4, 2)
    if len(proposals) > _LINES:
        yield f"    and {len(proposals) - _LINES:,} more"


def _missing(told: Checkup) -> Iterator[str]:
    if not told.law:
        return
    n = len(told.missing)
    if not n:
        yield "  No duty waits for a log or a column."
        return
    yield f"  {_many(n, 'log or column is', 'logs and columns are')} not handed in; duties that wait for them:"
    maybe = _maybe(told.files)
    for each in told.missing:
        name = f"{each.log}.{each.column}" if each.column else f"{each.log} (the whole log)"
        yield from _wrapped(f"{name}: {_duties(each.duties)}", 4, 2)
        yield from _worst(each.duties)
        if found := maybe.get((each.log, each.column)):
            yield from _wrapped(f"it may stand under {'; '.join(found[:_HEADS])}", 6, 2)


def _maybe(files: Sequence[FileTold]) -> dict[tuple[str, str], list[str]]:
    """Column of a log → the heads that may mean it."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in files:
        for head in file.heads:
            for place in head.proposed if file.log else ():
                found.setdefault((file.log or "", place), []).append(
                    f"'{clean(head.head, 80)}' in {clean(file.files[0])}"
                )
    return found


def _left_open(told: Checkup) -> Iterator[str]:
    if not told.left_open:
        return
    yield "  Words that are missing in these columns are unknown and no breach while some heads are not used:"
    for each in told.left_open:
        heads = "; ".join(f"'{clean(head, 80)}'" for _, head in each.heads[:_HEADS])
        more = f" and {len(each.heads) - _HEADS} more" if len(each.heads) > _HEADS else ""
        yield from _wrapped(f"{each.log}.{each.column}: {_duties(each.duties)}", 4, 2)
        yield from _wrapped(f"not used: {heads}{more}", 6, 2)


def _duties(duties: Sequence[Duty]) -> str:
    rules = ", ".join(duty.rule for duty in duties[:_RULES])
    more = f" and {len(duties) - _RULES} more" if len(duties) > _RULES else ""
    counts = Counter(duty.severity for duty in duties)
    return f"{rules}{more} ({', '.join(f'{n} {severity}' for severity, n in counts.items())})"


def _worst(duties: Sequence[Duty]) -> list[str]:
    """The title of the most severe duty."""
    return _wrapped(f"{duties[0].severity}: {clean(duties[0].title)}", 6, 2)


def _many(n: int, one: str, several: str = "") -> str:
    return f"{n:,} {one if n == 1 else several or f'{one}s'}"
