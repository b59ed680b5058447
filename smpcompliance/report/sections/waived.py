"""Breaches that are answered for already: by which waiver or baseline, and which of those did nothing."""

from typing import TYPE_CHECKING

from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Table, Text
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

if TYPE_CHECKING:
    from smpcompliance.audit.baseline import BaselineUse
    from smpcompliance.audit.waivers import Waiver, WaiverUse


def waived(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The waivers of a studio and what became of each; nothing where there are neither waivers nor a baseline."""
    uses = [use for use in audit.waivers if use.waiver.studio_id in (None, studio.studio_id)]
    if not uses and audit.baseline is None:
        return []
    out: list[Block] = [Heading(2, words("waived.title")), Text(words("waived.intro"))]
    if uses:
        heads = tuple(words(f"waived.heads.{name}") for name in ("rule", "why", "state"))
        rows = tuple(_use(use, words) for use in uses)
        out.append(Table(heads, rows, (36, 38, 26), named=True, about=words("waived.about")))
    if audit.baseline:
        out.append(_baseline(audit.baseline, studio.studio_id, words))
    return out


def _use(use: "WaiverUse", words: Words) -> tuple[Cell, ...]:
    waiver = use.waiver
    until = words("waived.until", day=said_day(waiver.until, words))
    answered = (words("waived.approved", by=waiver.approved_by), waiver.reference, until)
    where = words("place.line", file=waiver.file, line=waiver.line)
    return (
        Cell(waiver.rule, (_scope(waiver, words), where)),
        Cell(waiver.reason, tuple(part for part in answered if part)),
        Cell(words(f"waived.state.{use.state}", n=use.covered), tone="plain" if use.state == "applied" else "open"),
    )


def _scope(waiver: "Waiver", words: Words) -> str:
    parts = {
        "record": waiver.record,
        "machine": waiver.machine,
        "person": waiver.person,
        "period": waiver.period and str(waiver.period),
        "fingerprint": waiver.fingerprint,
    }
    return words.series(words(f"waived.scope.{name}", value=value) for name, value in parts.items() if value)


def _baseline(use: "BaselineUse", studio_id: str, words: Words) -> Text:
    gone, unseen = (
        sum(n for known, n in entries.items() if known.studio_id == studio_id) for entries in (use.gone, use.unseen)
    )
    said = [
        words("waived.baseline.made", day=said_day(use.baseline.as_of, words)),
        words("waived.baseline.covered", n=use.covered[studio_id]),
        *([words("waived.baseline.refused", n=use.refused[studio_id])] if use.refused[studio_id] else []),
        *([words("waived.baseline.gone", n=gone)] if gone else []),
        *([words("waived.baseline.unseen", n=unseen)] if unseen else []),
    ]
    return Text(" ".join(said), lead=words("waived.baseline.title"))
