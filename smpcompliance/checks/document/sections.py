"""A paper with a section for each thing that is done: each holder and section is judged on its own."""

from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer, answer
from smpcompliance.checks.base import Scope
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.document.coverage import Activity, Spans
from smpcompliance.checks.document.holders import Holders, activity
from smpcompliance.checks.document.papers import Papers, Term, in_force
from smpcompliance.checks.judging import Rows
from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Coded, Reason
from smpcompliance.logs.schema import schema


@dataclass(frozen=True)
class Split:
    """Holders split by section: holder and section word of each subject, its papers' days and its activity."""

    holder: Ints
    sections: list[str]
    sure: Spans
    may: Spans
    activity: Activity

    def days(self, days: Spans) -> Spans:
        """The judged days of each subject: those of its holder."""
        n = np.arange(len(self.holder))
        return Spans(n, days.first[self.holder], days.last[self.holder], days.why[self.holder])

    def spread(self, spans: Spans) -> Spans:
        """Stretches of holders as stretches of all their subjects."""
        order = np.argsort(self.holder, kind="stable")
        low = np.searchsorted(self.holder[order], spans.holder, "left")
        count = np.searchsorted(self.holder[order], spans.holder, "right") - low
        which = np.repeat(np.arange(len(spans.holder)), count)
        step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        part = spans.take(which)
        return Spans(order[low[which] + step], part.first, part.last, part.why)


def by_section(scope: Scope, who: Holders, found: Papers, path: str, where: Conditions | None, term: Term) -> Split:
    """Splits holders by the values of a column, `sessions.procedure`: one subject for each value it has there."""
    log, _, column = path.partition(".")
    acts = activity(scope, who, log, where or Conditions({}))
    words = scope.logs.cells(log, column)
    assert isinstance(words, Coded)
    code = words.codes[acts.row].astype(np.int64)
    acts, code = acts.take(code >= 0), code[code >= 0]
    width = len(words.values) + 1
    keys, subject = np.unique(acts.holder * width + code, return_inverse=True)
    holder, value = np.divmod(keys, width)
    paper, owner = _of_subjects(found, holder)
    has = _sections(scope, found.rows[paper], words, value[owner], column)
    split = Papers(found.rows[paper], owner, found.meant.take(paper) & has)
    sure, may = in_force(scope, split, term)
    names = [_name(words.values[v]) for v in value]
    acts = Activity(subject.astype(np.int64), acts.first, acts.last, acts.row, acts.why)
    return Split(holder, names, sure, may, acts)


def _name(value: str | frozenset[str]) -> str:
    return value if isinstance(value, str) else "; ".join(sorted(value))


def _of_subjects(found: Papers, holder: Ints) -> tuple[Ints, Ints]:
    """Pairs of a paper and a subject of its holder."""
    low = np.searchsorted(holder, found.holder, "left")
    count = np.searchsorted(holder, found.holder, "right") - low
    paper = np.repeat(np.arange(len(found.rows)), count)
    step = np.arange(len(paper)) - np.repeat(np.cumsum(count) - count, count)
    return paper, low[paper] + step


def _sections(scope: Scope, rows: Ints, words: Coded, value: Ints, column: str) -> Answer:
    """Whether each paper has a section for a value: in `procedures` for procedures, else in `covers`."""
    name = "procedures" if column in ("procedure", "procedures") else "covers"
    assert name in schema("documents").columns
    there = Rows(scope.logs, "documents", rows)
    lists = there.cells(name)
    assert isinstance(lists, Coded)
    table = np.zeros((len(lists.values) + 1, len(words.values) + 1), bool)
    for n, wanted in enumerate(words.values):
        goal = wanted if isinstance(wanted, frozenset) else frozenset({wanted})
        table[:-1, n] = [goal <= (v if isinstance(v, frozenset) else frozenset({v})) for v in lists.values]
    lacks = ~table[lists.codes, value]
    unmapped = lacks & (lists.why == 0) & there.unmapped(name)
    return answer(lacks, np.where(unmapped, Reason.unmapped_head, lists.why).astype(np.uint8))
