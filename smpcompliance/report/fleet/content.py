"""What the summary of many studios says, in which order and in which words: one source for text, PDF and HTML."""

from collections.abc import Mapping, Sequence
from datetime import date

from smpcompliance.dates import Period
from smpcompliance.report.fleet.summary import Duty, NotAudited, OfStudio, Summary
from smpcompliance.report.page import Block, Cell, Facts, Heading, Page, Table, Text, Tone, Verdict
from smpcompliance.report.sections.opening import said_day, said_period
from smpcompliance.report.tally import DUTIES
from smpcompliance.report.words import Words

MOST_DUTIES, MOST_STUDIOS, MOST_NAMED = 200, 20, 12
"""Rows that a table shows, and studios that are named of a bucket; how many more there are is told."""

TREND_DUTIES, TREND_MONTHS = 12, 6
_ASKED = ("jurisdictions", "overlays", "select", "ignore")


def content(summary: Summary, words: Words) -> Page:
    """The summary as a page."""
    first, last = (date.fromisoformat(summary.asked["period"][name]) for name in ("from", "to"))
    period, as_of = said_period(Period(first, last), words), date.fromisoformat(summary.asked["as_of"])
    title = words("fleet_summary.title", n=summary.studios)
    blocks: list[Block] = [
        Text(words("fleet_summary.label"), "label"),
        Heading(1, title),
        Text(period),
        _verdict(summary, words),
        _facts(summary, as_of, words),
        *_gone(summary.not_audited, words),
        *_breached(summary, words),
        *_months(summary, words),
        *_undecided(summary, words),
        *_worst(summary, words),
    ]
    return Page(
        title,
        words("document.running_many", n=summary.studios, period=period),
        "letter" if any(id.startswith(("US", "CA")) for id in summary.rulesets) else "a4",
        words.language,
        as_of,
        summary.version,
        tuple(blocks),
        {"page": words("labels.page", page="{page}", pages="{pages}"), "attachment": words("labels.attachment"),
         "made": words("labels.made", day=said_day(as_of, words)), "colon": words("labels.colon")},
    )  # fmt: skip


def _verdict(summary: Summary, words: Words) -> Verdict:
    rest = []
    if summary.not_audited:
        rest.append(words("fleet_summary.not_audited", n=len(summary.not_audited)))
    for name, n in (("broke", summary.broke), ("unjudged", summary.unjudged), ("open", summary.open["critical"])):
        if n:
            rest.append(words(f"fleet_summary.{name}", n=n))
    if summary.lines_left_out:
        n, studios = summary.lines_left_out, summary.with_lines_left_out
        rest.append(words("fleet_summary.lines", n=n, studios=studios))
    if summary.cells_unreadable:
        rest.append(words("fleet_summary.cells", n=summary.cells_unreadable))
    tone: Tone = "critical" if summary.failing else "open" if rest or not summary.studios else "good"
    if not summary.studios:
        return Verdict(words("fleet_summary.line_none"), tuple(rest), tone)
    return Verdict(words("fleet_summary.line", failing=summary.failing, n=summary.studios), tuple(rest), tone)


def _facts(summary: Summary, as_of: date, words: Words) -> Facts:
    law = (words("fleet_summary.facts.law_entry", id=id, hash=sha[:16]) for id, sha in summary.rulesets.items())
    pairs = [
        (words("fleet_summary.facts.as_of"), said_day(as_of, words)),
        (words("fleet_summary.facts.law"), words.series(law)),
        (words("fleet_summary.facts.records"), words.number(summary.rows)),
        (words("fleet_summary.facts.visits"), words.number(summary.visits)),
    ]
    asked = [
        words(
            "fleet_summary.asked_entry",
            name=words(f"fleet_summary.asked_names.{name}"),
            value=", ".join(summary.asked[name]),
        )
        for name in _ASKED
        if summary.asked[name]
    ]
    if asked:
        pairs.append((words("fleet_summary.facts.asked"), words.series(asked)))
    return Facts(tuple(pairs))


def _gone(gone: Sequence[NotAudited], words: Words) -> list[Block]:
    if not gone:
        return []
    heads = tuple(words(f"fleet_summary.gone_heads.{name}") for name in ("bucket", "studios", "why"))
    rows = tuple((Cell(str(each.bucket)), _named(each, words), Cell(each.reason)) for each in gone)
    about = words("fleet_summary.gone_about")
    return [Heading(2, words("fleet_summary.gone")), Table(heads, rows, (10, 45, 45), frozenset({0}), True, about)]


def _named(gone: NotAudited, words: Words) -> Cell:
    if not gone.studios:
        return Cell(words("fleet_summary.gone_nobody"))
    more = len(gone.studios) - MOST_NAMED
    fine = (words("fleet_summary.more", n=more),) if more > 0 else ()
    return Cell(", ".join(gone.studios[:MOST_NAMED]), fine)


def _breached(summary: Summary, words: Words) -> list[Block]:
    duties = summary.failing_duties
    heading = Heading(2, words("fleet_summary.breached"))
    if not duties and not any(duty.judged for duty in summary.duties):
        return []
    if not duties:
        return [heading, Text(words("fleet_summary.breached_none"))]
    names = ("duty", "failing", "share", "open", "failed", "examined")
    heads = tuple(words(f"fleet_summary.breached_heads.{name}") for name in names)
    rows = tuple(
        (
            _duty(duty, words),
            Cell(_of(duty.failing, duty.judged, words), _covered(duty, words)),
            Cell(words("fleet_summary.percent", n=_share(duty.failing, duty.judged))),
            Cell(words.number(duty.open)),
            Cell(words.number(duty.failed)),
            Cell(words.number(duty.examined)),
        )
        for duty in duties[:MOST_DUTIES]
    )
    widths, right = (40, 16, 9, 11, 11, 13), frozenset(range(1, 6))
    table = Table(heads, rows, widths, right, True, words("fleet_summary.breached_about"))
    return [heading, Text(words("fleet_summary.breached_intro")), table, *_more(len(duties) - MOST_DUTIES, words)]


def _covered(duty: Duty, words: Words) -> tuple[str, ...]:
    return (words("fleet_summary.covered", n=duty.covered),) if duty.covered else ()


def _duty(duty: Duty, words: Words) -> Cell:
    fine = words("fleet_summary.duty_fine", citation=duty.citation, rule=duty.rule)
    return Cell(duty.title, (words(f"severity.{duty.severity}"), fine))


def _of(part: int, whole: int, words: Words) -> str:
    return words("fleet_summary.of", part=part, whole=whole)


def _share(part: int, whole: int) -> str:
    """Whole percents, never rounded to none or to all."""
    found = round(100 * part / whole)
    return str(min(max(found, 1), 99) if 0 < part < whole else found)


def _months(summary: Summary, words: Words) -> list[Block]:
    if not summary.months:
        return []
    heads = tuple(words(f"fleet_summary.months_heads.{name}") for name in ("month", "failures", "studios"))
    rows = tuple(
        (
            Cell(each.month or words("fleet_summary.undated")),
            Cell(words.number(each.failures)),
            Cell(_of(each.studios, summary.studios, words)),
        )
        for each in summary.months
    )
    about = words("fleet_summary.months_about")
    return [
        Heading(2, words("fleet_summary.months")),
        Text(words("fleet_summary.months_intro")),
        Table(heads, rows, (30, 30, 40), frozenset({1, 2}), True, about),
        *_trend(summary, words),
    ]


def _trend(summary: Summary, words: Words) -> list[Block]:
    """The duties that fail most, by the last months."""
    months = [each.month for each in summary.months if each.month][-TREND_MONTHS:]
    duties = [d for d in summary.failing_duties if d.severity in DUTIES and any(d.months.get(m) for m in months)]
    if not duties:
        return []
    rows = tuple(
        (_duty(duty, words), *(Cell(words.number(duty.months.get(month, 0))) for month in months))
        for duty in duties[:TREND_DUTIES]
    )
    heads = (words("fleet_summary.trend_duty"), *months)
    widths = (40, *(10.0 for _ in months))
    table = Table(heads, rows, widths, frozenset(range(1, len(heads))), True, words("fleet_summary.trend_about"))
    return [Heading(3, words("fleet_summary.trend")), table, *_more(len(duties) - TREND_DUTIES, words)]


def _undecided(summary: Summary, words: Words) -> list[Block]:
    duties = summary.open_duties
    if not duties:
        return []
    heads = tuple(words(f"fleet_summary.undecided_heads.{name}") for name in ("duty", "studios", "why"))
    rows = tuple(
        (_duty(duty, words), Cell(_of(duty.open, duty.studios, words)), Cell(_why(duty.reasons, words)))
        for duty in duties[:MOST_DUTIES]
    )
    table = Table(heads, rows, (42, 16, 42), frozenset({1}), True, words("fleet_summary.undecided_about"))
    return [
        Heading(2, words("fleet_summary.undecided")),
        Text(words("fleet_summary.undecided_intro")),
        table,
        *_more(len(duties) - MOST_DUTIES, words),
    ]


def _why(reasons: Mapping[str, int], words: Words) -> str:
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return words.series(words("fleet_summary.reason", why=_reason(name, words), n=n) for name, n in ordered)


def _reason(name: str, words: Words) -> str:
    return words("due.silent") if name == "profile_silent" else words(f"reasons.{name}")


def _worst(summary: Summary, words: Words) -> list[Block]:
    shown = summary.worst[:MOST_STUDIOS]
    if not shown:
        return []
    names = tuple(words(f"severity.{severity}") for severity in DUTIES)
    others = (words("fleet_summary.worst_heads.judged"), words("fleet_summary.worst_heads.open"))
    heads = (words("fleet_summary.worst_heads.studio"), *names, *others)
    rows = tuple((_studio(each), *_counts(each, words)) for each in shown)
    widths, right = (34, 14, 14, 14, 12, 12), frozenset(range(1, 6))
    table = Table(heads, rows, widths, right, True, words("fleet_summary.worst_about"))
    return [
        Heading(2, words("fleet_summary.worst")),
        Text(words("fleet_summary.worst_intro")),
        table,
        *_more(summary.failing - len(shown), words),
    ]


def _studio(studio: OfStudio) -> Cell:
    return Cell(studio.name, (", ".join(filter(None, (studio.studio_id, studio.jurisdiction))),))


def _counts(studio: OfStudio, words: Words) -> list[Cell]:
    counts = [*(studio.breached[severity] for severity in DUTIES), studio.judged, studio.open]
    return [Cell(words.number(n)) for n in counts]


def _more(n: int, words: Words) -> list[Block]:
    return [Text(words("fleet_summary.more", n=n), "note")] if n > 0 else []
