"""Findings by topic: what the breached records are about, and how serious."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from smpcompliance.audit.finding import RuleResult
from smpcompliance.report.page import PICTURE_WIDTH, Block, Figure, Line, Rect, Shape, Table, Text
from smpcompliance.report.pictures.legend import Entry, legend
from smpcompliance.report.pictures.lettering import ended, listed, start
from smpcompliance.report.pictures.view import View, row
from smpcompliance.report.tally import judged, tally
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import SEVERITIES, Severity

_LEFT, _RIGHT, _ROW, _HEAD = 122.0, 396.0, 15.0, 12.0
_LOOKS: dict[Severity, Rect] = {
    "critical": Rect(0, 0, 0, 0, "critical", "filled"),
    "major": Rect(0, 0, 0, 0, "major", "hatched"),
    "minor": Rect(0, 0, 0, 0, "minor", "tinted"),
    "advice": Rect(0, 0, 0, 0, "advice", "outline"),
}


@dataclass
class _Topic:
    """A topic: findings by severity, rules not kept, and cases that could not be judged."""

    name: str
    findings: Counter[Severity] = field(default_factory=Counter)
    rules: int = 0
    unknown: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return sum(self.findings.values())


def topics(view: View) -> list[Block]:
    """Bars of the findings of each topic; where there is none, a sentence with what could not be judged."""
    every = _topics(view)
    words = view.words
    found = sorted((t for t in every if t.total or t.unknown), key=lambda t: (-t.total, -t.unknown, t.name))
    waiting = sum(topic.waiting for topic in every)
    if not any(topic.total for topic in found):
        nothing = not waiting and not judged(tally(view.results).duties)
        text = words("pictures.topics.nothing_judged") if nothing else words("pictures.topics.none", n=waiting)
        return [Text(text, lead=words("pictures.topics.title") + ".")]
    shapes, height = _drawn(view, found)
    said = [words("pictures.topics.in_words", topic=t.name, n=t.total) for t in found if t.total]
    alt = words("pictures.topics.alt", n=sum(t.total for t in found), said=listed(said, 8, words))
    figure = Figure(words("pictures.topics.title"), alt, tuple(shapes), height, _table(view, found))
    note = [words("pictures.topics.waiting", n=waiting)] if waiting else []
    return [figure, *view.notes(note)]


def _topics(view: View) -> list[_Topic]:
    out: dict[str, _Topic] = {}
    for result in view.results:
        if result.asked:
            continue
        log = _log(result)
        topic = out.setdefault(log, _Topic(view.words(f"pictures.topics.of.{log}")))
        topic.findings[result.severity] += result.failed
        topic.rules += result.status == "fail"
        topic.unknown += result.unknown
        topic.waiting += bool(result.unknown) or result.status in ("unknown", "not-checked", "error")
    return list(out.values())


def _log(result: RuleResult) -> str:
    """The log a rule judges."""
    log = result.rule.document.data["check"].get("log")
    if log:
        return str(log)
    needed = (log for v in result.rule.versions if v.check for log in v.check.logs_needed())
    return next(needed, "studio")


def _drawn(view: View, found: Sequence[_Topic]) -> tuple[list[Shape], float]:
    words, most = view.words, max(topic.total for topic in found)
    bottom = _HEAD + _ROW * len(found)
    shapes: list[Shape] = [ended(PICTURE_WIDTH, 8, words("pictures.topics.not_judged"))]
    shapes.append(Line(_LEFT, _HEAD, _LEFT, bottom, weight=0.4))
    for n, topic in enumerate(found):
        shapes += _bar(topic, _HEAD + n * _ROW, (_RIGHT - _LEFT) / most, words)
    there = [s for s in SEVERITIES if any(topic.findings[s] for topic in found)]
    signs, height = legend((Entry(_LOOKS[s], words(f"pictures.topics.legend.{s}")) for s in there), bottom)
    return shapes + signs, height


def _bar(topic: _Topic, top: float, unit: float, words: Words) -> list[Shape]:
    base, x = top + 10.0, _LEFT
    shapes: list[Shape] = [start(0, base, topic.name, _LEFT - 6)]
    for severity in SEVERITIES:
        if n := topic.findings[severity]:
            look = _LOOKS[severity]
            wide = max(round(n * unit, 2), 1.5)
            shapes.append(Rect(round(x, 2), top + 3.5, wide, _ROW - 6, look.tone, look.look))
            x += wide
    shapes.append(start(round(x, 2) + 4, base, words.number(topic.total), 60, strong=True))
    return [*shapes, ended(PICTURE_WIDTH, base, words.number(topic.unknown) if topic.unknown else "–")]


def _table(view: View, found: Sequence[_Topic]) -> Table:
    words = view.words
    heads = tuple(words(f"pictures.topics.heads.{name}") for name in words.names("pictures.topics.heads"))
    rows = tuple(
        row(topic.name, *map(words.number, (*(topic.findings[s] for s in SEVERITIES), topic.rules, topic.unknown)))
        for topic in found
    )
    widths = (28, 11, 11, 11, 11, 14, 14)
    return Table(heads, rows, widths, frozenset(range(1, 7)), True, words("pictures.topics.about"))
