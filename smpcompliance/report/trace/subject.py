"""What was traced and why: the failed test and its window, the loads, the lots, the recall, and what the law asks."""

from collections.abc import Iterable
from itertools import islice

import numpy as np

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.checks.list.reference_list import lot_text
from smpcompliance.logs.table import Logs
from smpcompliance.report.page import Block, Cell, Facts, Heading, Table, Text, Tone
from smpcompliance.report.sections.opening import said_day, said_period
from smpcompliance.report.sections.places import LISTED, place
from smpcompliance.report.trace.reached import LOADS, LOTS, product
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.words import Words
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.loads import Fate, Loads
from smpcompliance.trace.lots import Lots, similar_numbers
from smpcompliance.trace.recalls import Recall
from smpcompliance.trace.run import Asked, Query, Trace, Traced
from smpcompliance.trace.windows import Window

TESTS = "spore_tests"
_TONES: dict[str, Tone] = {"breached": "critical", "open": "major", "unknown": "open", "visit": "open", "done": "good"}
_SHOWN_TESTS = 12


def heading(trace: Trace, traced: Traced, withheld: Withheld, words: Words) -> str:
    """What was traced, in a line."""
    if traced.drawn:
        return words(
            "trace.of.drill", which=words(f"trace.drill.drew.{traced.drawn.kind}", which=withheld(traced.drawn.key))
        )
    if traced.recall:
        return words("trace.of.recall", id=traced.recall.id, what=recalled(traced.recall, words))
    if traced.window and len(traced.window.failed):
        row = int(traced.window.failed[0])
        day = trace.logs.cells(TESTS, "tested_at").text(row)
        return words("trace.of.failed", which=withheld(traced.key), day=day, n=len(traced.window.failed))
    key = withheld(traced.key)
    key = lot_text(key) if traced.kind == "lot" else key
    return words(f"trace.of.{traced.kind}", which=key)


def question(query: Query, withheld: Withheld, traced: Iterable[Traced], words: Words) -> str:
    """What was asked, in a line; a person is called as the records do, never as the user typed it."""
    return words(f"trace.query.{query.kind}", which=key_of(query, traced, withheld))


def key_of(query: Query, traced: Iterable[Traced], withheld: Withheld) -> str:
    """What was asked for, as it may be shown."""
    if query.kind in ("practitioner", "client"):
        return withheld("; ".join(dict.fromkeys(each.key for each in traced)))
    return lot_text(withheld(query.key)) if query.kind == "lot" else withheld(query.key)


def recalled(recall: Recall, words: Words) -> str:
    """Brand and products of a recall."""
    products = words.series(recall.products) or words("trace.recall.every_product")
    return words("trace.recall.what", brand=recall.brands[0] if recall.brands else "–", products=products)


def why(trace: Trace, traced: Traced, withheld: Withheld, words: Words) -> list[Block]:
    """Why it was traced: the window with its tests, or the recall with its source."""
    if traced.recall:
        return [_recall(trace, traced, traced.recall, words)]
    if traced.window:
        return [_window(trace, traced.window, withheld, words)]
    if trace.query.period:
        return [Facts(((words("trace.window.days"), said_period(trace.query.period, words)),))]
    return []


def _window(trace: Trace, window: Window, withheld: Withheld, words: Words) -> Facts:
    logs = trace.logs

    def tests(rows: Iterable[int]) -> str:
        return words.series(test(logs, row, withheld, words) for row in rows)

    if not len(window.failed):
        period = trace.query.period
        days = said_period(period, words) if period and trace.query.kind != "drill" else words("trace.window.all_days")
        days = words("trace.window.drawn") if trace.query.kind == "drill" else days
        machine = (words("trace.window.machine"), withheld(window.machine))
        return Facts((machine, (words("trace.window.days"), days)))
    opened = words("trace.window.never_passed")
    if window.opened_by >= 0:
        opened = words("trace.window.opened", test=test(logs, window.opened_by, withheld, words))
    closed = words("trace.window.still_open")
    if window.closed_by >= 0:
        closed = words("trace.window.closed", test=test(logs, window.closed_by, withheld, words))
    pairs = [
        (words("trace.window.machine"), withheld(window.machine)),
        (words("trace.window.failed"), tests(window.failed.tolist())),
        (words("trace.window.opens"), opened),
        (words("trace.window.closes"), closed),
    ]
    if len(window.unsure):
        told = tests(islice(window.unsure.tolist(), _SHOWN_TESTS))
        pairs.append((words("trace.window.unsure", n=len(window.unsure)), told))
    return Facts(tuple(pairs))


def test(logs: Logs, row: int, withheld: Withheld, words: Words) -> str:
    """A spore test: number, day, result, and where it is written."""
    result = logs.cells(TESTS, "result").text(row) or words("trace.window.no_result")
    control = logs.cells(TESTS, "control_result").text(row)
    return words(
        "trace.window.test_control" if control else "trace.window.test",
        which=withheld(logs.cells(TESTS, "spore_test_id").text(row)),
        day=logs.cells(TESTS, "tested_at").text(row) or words("trace.no_day"),
        result=result,
        control=control.replace("_", " "),
        place=withheld(place(evidence_at(logs.log(TESTS), row, "result"), words)),
    )


def _recall(trace: Trace, traced: Traced, recall: Recall, words: Words) -> Facts:
    before, after = (len(part) if part is not None else 0 for part in (traced.use_before, traced.use_after))
    exposed = sum(len(traced.exposed.of(tier)) for tier in (Strength.certain, Strength.possible))
    lots = words("trace.recall.every_lot") if recall.lots == ("*",) else words.series(recall.lots)
    said = words("trace.recall.use_said", n=exposed, before=before, after=after, untold=exposed - before - after)
    pairs = (
        ("authority", recall.authority),
        ("published", recall.published or words("trace.recall.no_day")),
        ("product", recalled(recall, words)),
        ("lots", lots or words("trace.recall.no_lots")),
        ("reason", recall.reason),
        ("source", recall.source),
        ("read_on", said_day(recall.read_on, words) if recall.read_on else words("trace.recall.no_day")),
        ("entry", words("place.line", file=recall.file, line=str(recall.line))),
        ("match", words(f"trace.match.{traced.match}")),
        ("use", said),
    )
    return Facts(tuple((words(f"trace.recall.{name}"), value) for name, value in pairs if value))


def loads(trace: Trace, found: Loads, withheld: Withheld, words: Words) -> list[Block]:
    """The loads of the window and what became of each."""
    out: list[Block] = [Heading(3, words("trace.loads.title"))]
    if not found.logged:
        return [*out, Text(words("trace.loads.no_log"), tone="open")]
    if not len(found.rows):
        return [*out, Text(words("trace.loads.none"))]
    fates = [Fate(each) for each in found.fate.tolist()]
    counts = words.series(
        words("trace.loads.fate_count", fate=words(f"trace.fate.{fate.name}"), n=n)
        for fate in Fate if (n := fates.count(fate))
    )  # fmt: skip
    unsure = int((~found.sure).sum())
    line = words("trace.loads.line", n=len(fates), counts=counts)
    out.append(Text(f"{line} {words('trace.loads.unsure', n=unsure)}" if unsure else line))
    heads = tuple(words(f"trace.loads.heads.{name}") for name in ("load", "started", "fate", "packs", "uses", "place"))
    rows = tuple(_load(trace.logs, found, at, withheld, words) for at in range(min(len(fates), LISTED)))
    table = Table(heads, rows, (18, 17, 25, 7, 7, 26), frozenset({3, 4}), True, words("trace.loads.about"))
    more = [Text(words("trace.loads.cut", shown=LISTED, n=len(fates)), "note")] if len(fates) > LISTED else []
    return [*out, table, *more]


def _load(logs: Logs, found: Loads, at: int, withheld: Withheld, words: Words) -> tuple[Cell, ...]:
    row, fate = int(found.rows[at]), Fate(int(found.fate[at]))
    said = logs.cells(LOADS, "disposition").text(row)
    fine = (words("trace.loads.disposition", word=said.replace("_", " ")),) if said else ()
    recalled_used = fate is Fate.used and bool(found.called_back[at])
    tone: Tone = "critical" if recalled_used else "open" if fate is Fate.not_told else "plain"
    packs = found.packs[at]
    return (
        Cell(
            withheld(logs.cells(LOADS, "cycle_id").text(row)), () if found.sure[at] else (words("trace.loads.perhaps"),)
        ),
        Cell(logs.cells(LOADS, "started_at").text(row) or words("trace.no_day")),
        Cell(words("trace.loads.used_though") if recalled_used else words(f"trace.fate.{fate.name}"), fine, tone=tone),
        Cell("–" if np.isnan(packs) else f"{packs:g}"),
        Cell(words.number(int(found.uses[at]))),
        Cell(withheld(place(evidence_at(logs.log(LOADS), row, "cycle_id"), words))),
    )


def lots(trace: Trace, traced: Traced, found: Lots, withheld: Withheld, words: Words) -> list[Block]:
    """The lots that are meant: what they are, where they came from, and what is left."""
    out: list[Block] = [Heading(3, words("trace.lots.title"))]
    if not len(found.rows):
        near = _spelled_near(trace, traced, withheld)
        return [
            *out,
            Text(words("trace.lots.none"), tone="open"),
            *([Text(words("trace.lots.near", numbers=words.series(near)))] if near else []),
        ]
    left, open_ = int(found.left.sum()), int(found.left_open.sum())
    counted = {"left": left, "open": open_, "sure": int(found.sure.sum())}
    out.append(Text(words("trace.lots.line", n=len(found.rows), **counted)))
    if found.products > 1:
        out.append(Text(words("trace.lots.several", n=found.products), tone="major"))
    names = ("lot", "product", "supplier", "days", "papers", "left", "place")
    heads = tuple(words(f"trace.lots.heads.{name}") for name in names)
    rows = tuple(_lot(trace.logs, found, at, withheld, words) for at in range(len(found.rows)))
    return [*out, Table(heads, rows, (14, 20, 15, 17, 12, 9, 18), named=True, about=words("trace.lots.about"))]


def _spelled_near(trace: Trace, traced: Traced, withheld: Withheld) -> list[str]:
    """Lot numbers on record that are spelled nearly as the one asked for, which none bears: it may be mistyped."""
    if traced.kind != "lot":
        return []
    studio = trace.logs.studios.index(traced.studio)
    return [withheld(near) for near in similar_numbers(trace.logs, studio, traced.key)]


def _lot(logs: Logs, found: Lots, at: int, withheld: Withheld, words: Words) -> tuple[Cell, ...]:
    row, table = int(found.rows[at]), logs.log(LOTS)

    def told(column: str) -> str:
        return withheld(logs.cells(LOTS, column).text(row))

    received, expires = told("received_on"), told("expires_on")
    days = words("trace.lots.received", day=received) if received else words("trace.lots.no_receipt")
    expiry = words("trace.lots.expires", day=expires) if expires else words("trace.lots.no_expiry")
    left = "yes" if found.left[at] else "open" if found.left_open[at] else "no"
    perhaps = () if found.sure[at] else (words("trace.lots.perhaps"),)
    only = (words("trace.lots.made_up"),) if table.made_up[row] else ()
    address = tuple(part for part in (told("supplier_address"), told("supplier_country")) if part)
    papers = tuple(part for part in (told("papers").replace("_", " "), told("file")) if part)
    key = () if table.made_up[row] else (told("lot_id"),)
    return (
        Cell(told("lot_number") or words("trace.lots.no_number"), (*key, *perhaps, *only)),
        Cell(withheld(product(logs, row)) or words("trace.lots.no_product")),
        Cell(told("supplier") or words("trace.lots.no_supplier"), address),
        Cell(days, (expiry,)),
        Cell(papers[0] if papers else words("trace.lots.no_papers"), papers[1:]),
        Cell(words(f"trace.left.{left}"), tone="critical" if left == "yes" else "open" if left == "open" else "plain"),
        Cell(withheld(place(evidence_at(table, row, "lot_number"), words))),
    )


def asked(trace: Trace, traced: Traced, withheld: Withheld, words: Words) -> list[Block]:
    """What the law of the place asks after the failed tests; empty where none failed."""
    if traced.window is None or not len(traced.window.failed):
        return []
    out: list[Block] = [Heading(3, words("trace.asked.title"))]
    if not traced.asked:
        names = [law.name for law in trace.rulesets if law.id == traced.studio.jurisdiction]
        law = words.series(names) or traced.studio.jurisdiction or "–"
        return [*out, Text(words("trace.asked.none", law=law))]
    heads = tuple(words(f"trace.asked.heads.{name}") for name in ("day", "what", "state", "law"))
    rows = tuple(_asked(each, withheld, words) for each in traced.asked)
    return [*out, Table(heads, rows, (16, 42, 16, 26), named=True, about=words("trace.asked.about"))]


def _asked(each: Asked, withheld: Withheld, words: Words) -> tuple[Cell, ...]:
    state = "not_followed" if each.state == "breached" and each.severity == "advice" else each.state
    fine = [withheld(each.words)] if each.words and each.words != each.rule.title else []
    fine += [withheld(place(each.evidence, words))] if each.evidence.file else []
    return (
        Cell(said_day(each.due_on, words) if each.due_on else words("trace.asked.no_day"), strong=bool(each.due_on)),
        Cell(each.rule.title, (*fine, each.rule.remedy) if each.rule.remedy else tuple(fine)),
        Cell(words(f"trace.state.{state}"), tone="advice" if state == "not_followed" else _TONES[each.state]),
        Cell(each.rule.citation.text, (each.rule.id, words(f"severity.{each.severity}"))),
    )


def age(trace: Trace, words: Words) -> str:
    """How old the list of recalls is."""
    newest = trace.recalls.as_of if trace.recalls else None
    if newest is None:
        return words("trace.recall.list_undated")
    if newest > trace.as_of:
        return words("trace.recall.list_later", day=said_day(newest, words))
    return words("trace.recall.list", day=said_day(newest, words), n=(trace.as_of - newest).days)


def list_of_recalls(trace: Trace, words: Words) -> list[Block]:
    """Which list of recalls was asked, and how old it is."""
    if not trace.recalls:
        return []
    rows = tuple(
        (
            Cell(name, (words("files.hash", hash=digest),)),
            Cell(words.number(entries)),
            Cell(said_day(day, words) if day else "–"),
        )
        for name, digest, entries, day in trace.recalls.files
    )
    heads = tuple(words(f"trace.recall.heads.{name}") for name in ("file", "entries", "read_on"))
    about = words("trace.recall.about")
    return [
        Heading(2, words("trace.recall.list_title")),
        Text(age(trace, words)),
        Table(heads, rows, (66, 12, 22), frozenset({1}), True, about),
    ]
