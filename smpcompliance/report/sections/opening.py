"""The first page of a studio's part: who, what law, the verdict with its denominators, and what to do first."""

from datetime import date

from smpcompliance.audit.coverage import empty_logs
from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.dates import FIRST_DAY, LAST_DAY, Period
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Facts, Heading, Item, Items, Table, Text, Tone, Verdict
from smpcompliance.report.sections.undecided import lacking_logs
from smpcompliance.report.tally import (
    DUTIES,
    STANDINGS,
    Standing,
    Tally,
    in_order_of_law,
    judged,
    standing,
    tally,
    worst_first,
)
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

FIRST = 6
"""Things to do first that the first page names."""


def opening(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """Everything an owner must know before the first page is turned."""
    results = list(audit.of(studio.studio_id))
    counts = tally(results)
    return [
        Text(words("cover.label"), "label"),
        Heading(1, studio.name),
        _facts(audit, studio, words),
        _verdict(audit, studio, counts, words),
        Heading(2, words("counts.title")),
        _counts(counts, words),
        Text(words("counts.note"), "note"),
        *(_in_order if telling.edition == "inspector" else _first)(audit, studio, results, words),
    ]


def said_day(day: date, words: Words) -> str:
    """A day with its month as a word, so that nobody mistakes it."""
    number = words("first_of_month") if day.day == 1 else str(day.day)
    return words("date", day=number, month=words.several("months")[day.month - 1], year=str(day.year))


def said_period(period: Period, words: Words) -> str:
    """First and last day of a period, or which of both is open."""
    first, last = said_day(period.first, words), said_day(period.last, words)
    if period.first == FIRST_DAY and period.last == LAST_DAY:
        return words("period.all")
    if period.first == FIRST_DAY:
        return words("period.until", last=last)
    if period.last == LAST_DAY:
        return words("period.since", first=first)
    return words("period.span", first=first, last=last)


def _facts(audit: Audit, studio: Studio, words: Words) -> Facts:
    chain = [r for id in audit.chains[studio.studio_id] for r in audit.rulesets if r.id == id]
    pairs = [
        (words("cover.law"), words.series(words("cover.law_entry", name=r.name, id=r.id) for r in reversed(chain)))
    ]
    own = [r for r in chain if r.id == studio.jurisdiction] or chain[::-1]
    pairs += [(words("cover.authority"), r.authority) for r in own[:1]]
    files = [i for i in audit.inputs if i.studio_id == studio.studio_id and i.log]
    rows = words("cover.rows", n=sum(i.rows for i in files))
    read = words("cover.files_value", rows=rows, files=words("cover.files_count", n=len({i.file for i in files})))
    return Facts(
        (
            *pairs,
            (words("cover.period"), said_period(audit.period, words)),
            (words("cover.as_of"), said_day(audit.as_of, words)),
            (words("cover.files"), read),
        )
    )


def _verdict(audit: Audit, studio: Studio, counts: Tally, words: Words) -> Verdict:
    duties, advice = counts.duties, counts.advice
    rest = [said] if (said := balance(duties, words)) else []
    if duties["open"] or duties["error"]:
        rest.append(words("verdict.open_warning"))
    if advice["fail"]:
        rest.append(words("verdict.advice", failed=advice["fail"], n=judged(advice)))
    unread = sum(id == studio.studio_id for id, _ in audit.unreadable)
    if unread:
        rest.append(words("verdict.unreadable", n=unread))
    if empty := empty_logs(audit, studio.studio_id):
        rest.append(words("verdict.empty", logs=", ".join(words(f"logs.{log}") for log in empty)))
    return Verdict(headline(duties, words), tuple(rest), _tone(duties))


def verdict_on_all(audit: Audit, words: Words) -> Verdict:
    """The verdict on several studios, with the denominators of all of them together."""
    each = [tally(audit.of(studio.studio_id)).duties for studio in audit.studios]
    every = tally(audit.results).duties
    rest = [headline(every, words) + "."]
    if said := balance(every, words):
        rest.append(said)
    if every["open"] or every["error"]:
        rest.append(words("verdict.open_warning"))
    if silent := sum(not judged(counts) for counts in each):
        rest.append(words("fleet.none_judged", n=silent))
    if audit.unreadable:
        rest.append(words("verdict.unreadable", n=len(audit.unreadable)))
    tones = [_tone(counts) for counts in each]
    tone: Tone = next((t for t in ("critical", "open") if t in tones), "good" if tones else "open")
    failed = sum(bool(counts["fail"]) for counts in each)
    return Verdict(words("fleet.line", failed=failed, n=len(each)), tuple(rest), tone)


def headline(duties: dict[Standing, int], words: Words) -> str:
    """The verdict in one line, with its denominator."""
    if not judged(duties):
        return words("verdict.none_judged")
    if duties["fail"]:
        return words("verdict.breached", failed=duties["fail"], n=judged(duties))
    return words("verdict.kept", n=judged(duties))


def balance_of(duties: dict[Standing, int], words: Words) -> str:
    """The verdict on some duties with all its denominators, in one paragraph."""
    return f"{headline(duties, words)}. {balance(duties, words)}".strip()


def balance(duties: dict[Standing, int], words: Words) -> str:
    """What the verdict does not speak of, each with its number; empty where it speaks of everything."""
    named = (("open", "open"), ("visit", "visit"), ("away", "away"), ("error", "broke"))
    said = [words(f"verdict.{key}", n=duties[place]) for place, key in named if duties[place]]  # type: ignore[index]
    return words.series(said) + "." if said else ""


def _tone(duties: dict[Standing, int]) -> Tone:
    if duties["fail"]:
        return "critical"
    return "open" if duties["open"] or duties["error"] or not judged(duties) else "good"


def _counts(counts: Tally, words: Words) -> Table:
    shown = [p for p in STANDINGS if p != "error" or counts.duties[p] or counts.advice[p]]
    heads = tuple(words(f"counts.heads.{name}") for name in ("severity", *shown, "total"))
    rows = [_row(f"severity.{s}", counts.by[s], shown, words, tone=s) for s in DUTIES]
    rows.append(_row("severity.all", counts.duties, shown, words, strong=True))
    rows.append(_row("severity.advice", counts.advice, shown, words, tone="advice"))
    widths = (20.0, *(13.0 for _ in shown), 9.0)
    numbers = frozenset(range(1, len(heads)))
    return Table(heads, tuple(rows), widths, numbers, named=True, about=words("counts.about"))


def _row(
    name: str,
    counts: dict[Standing, int],
    shown: list[Standing],
    words: Words,
    strong: bool = False,
    tone: Tone = "plain",
) -> tuple[Cell, ...]:
    numbers = (*(counts[place] for place in shown), sum(counts.values()))
    return (Cell(words(name), strong=strong, tone=tone), *(Cell(words.number(n), strong=strong) for n in numbers))


def _first(audit: Audit, studio: Studio, results: list[RuleResult], words: Words) -> list[Block]:
    failed = worst_first(r for r in results if r.failed > r.waived and r.severity != "advice")
    items = [_to_do(result, words) for result in failed[:FIRST]]
    out: list[Block] = [Heading(2, words("first.title"))]
    if not failed:
        waived = any(r.failed for r in results if r.severity != "advice")
        out.append(Text(words("first.waived") if waived else _nothing(results, words)))
    items += _hand_in(audit, studio, results, words)
    out += [Items(tuple(items), "number")] if items else []
    if len(failed) > FIRST:
        out.append(Text(words("first.more", n=len(failed) - FIRST), "note"))
    return out


def _in_order(audit: Audit, studio: Studio, results: list[RuleResult], words: Words) -> list[Block]:
    """The breached duties as a list of the law, for whoever inspects."""
    failed = [r for r in results if r.status == "fail" and r.severity != "advice"]
    out: list[Block] = [Heading(2, words("order.title"))]
    if not failed:
        return [*out, Text(_nothing(results, words))]
    rows = tuple(
        (
            Cell(result.rule.citation.text),
            Cell(result.rule.title, (result.rule.id,)),
            Cell(words(f"severity.{result.severity}"), tone=result.severity),
            Cell(words.number(result.failed)),
            Cell(words.number(result.examined) if result.examined >= result.failed else "–"),
        )
        for result in in_order_of_law(failed, audit.chains[studio.studio_id])
    )
    heads = tuple(words(f"order.heads.{name}") for name in ("citation", "duty", "severity", "failed", "examined"))
    return [*out, Table(heads, rows, (26, 42, 13, 9, 10), frozenset({3, 4}), about=words("order.about"))]


def _nothing(results: list[RuleResult], words: Words) -> str:
    """That nothing is breached is said only where something was judged."""
    return words("first.nothing" if judged(tally(results).duties) else "first.none_judged")


def _to_do(result: RuleResult, words: Words) -> Item:
    title = words("first.item", severity=words(f"severity.{result.severity}"), title=result.rule.title)
    said = [finding.message for finding in result.findings[:1]] + [result.rule.remedy]
    return Item(title, " ".join(part for part in said if part), f"{result.rule.citation.text} · {total(result, words)}")


def total(result: RuleResult, words: Words) -> str:
    """How many of how many cases failed, and how many could not be judged."""
    part = "advice" if result.severity == "advice" else "breaches"
    if result.examined >= result.failed:
        said = words(f"{part}.total", failed=result.failed, n=result.examined)
    else:
        said = words(f"{part}.total_uncounted", n=result.failed)
    if result.waived:
        said += " " + words("breaches.waived", n=result.waived)
    return said + (" " + words("breaches.total_open", n=result.unknown) if result.unknown else "")


def _hand_in(audit: Audit, studio: Studio, results: list[RuleResult], words: Words) -> list[Item]:
    waiting = [r for r in results if standing(r) == "open"]
    logs = sorted({log for r in waiting for log in lacking_logs(audit, studio.studio_id, r)})
    duties = sum(bool(lacking_logs(audit, studio.studio_id, r)) for r in waiting)
    if not logs:
        return []
    named = ", ".join(words(f"logs.{log}") for log in logs)
    return [Item(words("first.missing"), words("first.hand_in", logs=named, n=duties))]
