"""A sample for the inspector: records drawn by hash, each with its chain of evidence and boxes to tick."""

from collections.abc import Mapping

from smpcompliance.audit.chain import Step, chain
from smpcompliance.audit.draw import Drawn, draw
from smpcompliance.audit.evidence import private
from smpcompliance.audit.finding import Audit
from smpcompliance.logs.schema import schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs
from smpcompliance.report.page import Block, Cell, Facts, Heading, Table, Text
from smpcompliance.report.sections.places import line
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

_BOX = "☐"
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "sessions": ("started_at", "procedure"),
    "consent_forms": ("signed_at", "form_version"),
    "clients": (),
    "practitioners": ("role",),
    "documents": ("document_type", "version"),
    "session_supplies": ("item_type", "brand", "product", "lot_number", "pack_id", "cycle_id"),
    "supply_lots": ("brand", "product", "lot_number", "expires_on"),
    "sterilization_cycles": ("started_at", "result"),
    "equipment": ("manufacturer", "model", "serial_number"),
    "spore_tests": ("tested_at", "result"),
}
"""What is told of a record, so that it can be found on paper; nothing that is marked private."""


def sample(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The section with the sample; empty where none was asked for. The same audit and seed draw the same records."""
    if not telling.sample:
        return []
    seed = int(audit.as_of.strftime("%Y%m%d")) if telling.seed is None else telling.seed
    drawn = draw(audit, studio.studio_id, telling.sample, seed)
    out: list[Block] = [Heading(2, words("sample.title"))]
    if not drawn.drawn:
        return [*out, Text(words("sample.none"))]
    total = sum(drawn.counts.values())
    example = f"{seed}|{studio.studio_id}|sessions|…"
    out += [
        Text(words("sample.intro")),
        Facts(
            (
                (words("sample.seed"), str(seed)),
                (words("sample.drawn"), words("sample.drawn_of", n=len(drawn.drawn), total=total)),
            )
        ),
        Table(
            tuple(words(f"sample.heads.{name}") for name in ("log", "records", "drawn")),
            tuple(
                (
                    Cell(words(f"sample.of.{log}"), (log,)),
                    Cell(words.number(n)),
                    Cell(words.number(sum(each.log == log for each in drawn.drawn))),
                )
                for log, n in drawn.counts.items()
            ),
            (60, 20, 20),
            frozenset({1, 2}),
            named=True,
            about=words("sample.about"),
        ),
        Text(words("sample.method", example=example), "note"),
    ]
    for n, each in enumerate(drawn.drawn, 1):
        out += _record(audit.logs, each, n, words)
    return out


def _record(logs: Logs, each: Drawn, n: int, words: Words) -> list[Block]:
    title = words("sample.record", number=str(n), what=words(f"sample.steps.{each.log}"), name=each.key)
    heads = tuple(words(f"sample.heads.{name}") for name in ("what", "record", "place", "seen", "agrees"))
    rows = tuple(_step(logs, step, words) for step in chain(logs, each.log, each.row))
    table = Table(heads, rows, (17, 39, 26, 9, 9), named=True, about=words("sample.about_record", record=title))
    return [Heading(3, title), Text(words("sample.hashed", text=each.text, hash=each.hash[:16]), "fine"), table]


def _step(logs: Logs, step: Step, words: Words) -> tuple[Cell, ...]:
    what = Cell(words(f"sample.steps.{step.log if step.role == 'record' else step.role}"))
    if step.more:
        return what, Cell(words("sample.more", n=step.more)), Cell("–"), Cell("–"), Cell("–")
    if step.row < 0:
        said = words(f"sample.missing.{step.missing}", written=step.written, log=words(f"logs.{step.log}"))
        return what, Cell(said, tone="open"), Cell("–"), Cell(_BOX), Cell("–")
    table = logs.log(step.log)
    key = "" if private(step.log, table.schema.key) else logs.cells(step.log, table.schema.key).text(step.row)
    file = table.files[int(table.file[step.row])]
    place = line(file.name, file.sheet, int(table.line[step.row]), words)
    return what, Cell(key, tuple(_told(logs, step))), Cell(place), Cell(_BOX), Cell(_BOX)


def _told(logs: Logs, step: Step) -> list[str]:
    """The cells that name a record to somebody who has the paper, each with the name of its column."""
    known = schema(step.log).columns
    told = [
        f"{name.replace('_', ' ')} {text}"
        for name in _SHOWN[step.log]
        if known[name].private is None and (text := logs.cells(step.log, name).text(step.row))
    ]
    return [", ".join(told)] if told else []
