"""Recalls: which lots and supplies of a studio the list that comes with the program names, or may name."""

from collections.abc import Iterator

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Table, Text, Tone
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.sections.places import place
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words
from smpcompliance.trace.of_audit import Recalled, Use, tracing
from smpcompliance.trace.recalls import MATCHES, Match, RecallList

_LOTS, _SUPPLIES = "supply_lots", "session_supplies"
_TONES: dict[Match, Tone] = {"certain": "critical", "possible": "major", "brand_only": "open"}
_PLACES = 10
"""Lots, and entries of supplies, that are named for each recall; how many more there are is told."""


def recalls(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The recalls that a studio's records are of, or may be of. They are no findings, and change no status."""
    found = tracing(audit)
    compared, own = found.of[studio.studio_id].compared, found.of[studio.studio_id].recalled
    out: list[Block] = [Heading(2, words("recalls.title"))]
    if not compared.handed_in:
        return [*out, Text(words("recalls.not_handed_in"), tone="open"), Text(age(found.list, audit, words), "note")]
    numbers = {"lots": compared.lots, "entries": compared.entries}
    said = words("recalls.compared", n=len(found.list.entries), **numbers)
    silent = [Text(words("recalls.nameless", n=compared.nameless), tone="open")] if compared.nameless else []
    if not own:
        return [*out, Text(f"{said} {words('recalls.none')} {age(found.list, audit, words)}"), *silent]
    counts = {match: sum(each.match == match for each in own) for match in MATCHES}
    out += [Text(f"{said} {words('recalls.matched', n=len(own), **counts)}", tone="major"), *silent]
    heads = tuple(words(f"recalls.heads.{name}") for name in ("recall", "match", "records", "sessions"))
    rows = tuple(_row(audit, each, words) for each in own)
    out.append(Table(heads, rows, (31, 15, 31, 23), named=True, about=words("recalls.about", studio=studio.name)))
    return [*out, Text(words("recalls.next")), Text(words("recalls.meaning"), "note"),
            Text(age(found.list, audit, words), "note")]  # fmt: skip


def age(known: RecallList, audit: Audit, words: Words) -> str:
    """How old the list of recalls is on the audit day."""
    if known.as_of is None:
        return words("recalls.age.undated")
    day, days = said_day(known.as_of, words), (audit.as_of - known.as_of).days
    return words("recalls.age.days", day=day, n=days) if days >= 0 else words("recalls.age.later", day=day)


def list_of_recalls(audit: Audit, words: Words) -> str:
    """Which list it was, with its hash and its age."""
    known = tracing(audit).list
    named = (words("recalls.file", file=file, n=n, hash=hash) for file, hash, n, _ in known.files)
    return " ".join((*named, age(known, audit, words)))


def _row(audit: Audit, each: Recalled, words: Words) -> tuple[Cell, ...]:
    recall = each.recall
    what = words.series(recall.products) or words("recalls.every_product")
    lots = (
        words("recalls.every_lot") if recall.lots == ("*",) else words.series(recall.lots) or words("recalls.no_lots")
    )
    published = recall.published or words("recalls.no_day")
    fine = (
        words("recalls.lots", lots=lots),
        words("recalls.published", authority=recall.authority, day=published),
        *([words("recalls.reason", reason=recall.reason)] if recall.reason else []),
        *(words("recalls.judged", rule=result.rule.id) for result in each.judged),
        words("recalls.entry", id=recall.id, source=recall.source),
    )
    first, *more = _records(audit, each, words)
    uses = {"certain": each.certain, "possible": each.possible}
    counts = [words(f"recalls.use.{tier}", n=use.sessions) for tier, use in uses.items()]
    parted = tuple(_parted(said, use, words) for said, use in zip(counts, uses.values(), strict=True) if use.sessions)
    because = (words(f"recalls.because.{each.match}"),)
    return (
        Cell(words("recalls.what", brand=recall.brands[0], products=what), fine),
        Cell(words(f"recalls.match.{each.match}"), because, strong=each.match == "certain", tone=_TONES[each.match]),
        Cell(first, tuple(more)),
        Cell(words.series(counts), parted),
    )


def _parted(said: str, use: Use, words: Words) -> str:
    """The sessions before the recall was published, and since."""
    parted = words("recalls.parted", use=said, before=use.before, since=use.since)
    return words.series((parted, words("recalls.untold", n=use.untold))) if use.untold else parted


def _records(audit: Audit, each: Recalled, words: Words) -> Iterator[str]:
    """The lots and entries of supplies that are meant, each with its place; of lots also what is left."""
    logs, table = audit.logs, audit.logs.log(_LOTS)
    left = sum(each.lots.left.tolist()), sum(each.lots.left_open.tolist())
    if len(each.lots.rows):
        yield words("recalls.records.lots", n=len(each.lots.rows), left=left[0], open=left[1])
    for at, row in enumerate(each.lots.rows[:_PLACES].tolist()):
        evidence = evidence_at(table, row, "lot_number")
        stock = "yes" if each.lots.left[at] else "open" if each.lots.left_open[at] else "no"
        sure = "sure" if each.lots.sure[at] else "perhaps"
        number = logs.cells(_LOTS, "lot_number").text(row) or words("recalls.records.no_number")
        what = words(
            "recalls.records.lot", number=number, what=_product(audit, _LOTS, row), place=place(evidence, words)
        )
        yield words.series((what, words(f"recalls.records.{sure}"), words(f"recalls.records.left.{stock}")))
    if (more := len(each.lots.rows) - _PLACES) > 0:
        yield words("recalls.records.more_lots", n=more)
    if len(each.entries):
        yield words("recalls.records.entries", n=len(each.entries))
    for row in each.entries[:_PLACES].tolist():
        yield words.series((_product(audit, _SUPPLIES, row), place(evidence_at(logs.log(_SUPPLIES), row, None), words)))
    if (more := len(each.entries) - _PLACES) > 0:
        yield words("recalls.records.more_entries", n=more)


def _product(audit: Audit, log: str, row: int) -> str:
    """Kind, brand, product and colour as far as they are written."""
    told = (audit.logs.cells(log, name).text(row) for name in ("item_type", "brand", "product", "color"))
    return " ".join(dict.fromkeys(part.replace("_", " ") for part in told if part))
