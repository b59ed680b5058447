"""What changed from one audit to the next, and what the two cannot tell.

A finding that is not found again is *fixed* only where the new audit judged its rule, looked at the same days, and
nothing speaks for the record having been taken out. Everything else that is gone is said as what it is: no longer
judged, of days that the new audit did not look at, or no longer asked for by the law.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, get_args

from smpcompliance.report.state import Duty, Entry, State
from smpcompliance.rules.rule import SEVERITIES, Severity

Fate = Literal["new", "not_judged", "open", "fixed", "other_days", "away"]
FATES: tuple[Fate, ...] = get_args(Fate)
"""What became of a finding: it is new; it is no longer judged; still there; fixed; of days that the new audit did not
look at; or no longer asked for. Every finding of either audit has exactly one."""

_RANK = {fate: n for n, fate in enumerate(FATES)}

Because = Literal[
    "appeared", "new_days", "newly_judged", "new_rule", "new_studio",
    "studio_gone", "not_asked", "broke", "silent", "open", "no_log", "nothing_there", "undecided", "partly", "fewer",
    "record_gone", "same_files",
    "same", "changed", "found_no_more", "record_passes", "days", "not_due", "earlier",
    "rule_gone", "replaced", "law_gone", "not_in_force", "out_of_reach",
]  # fmt: skip
"""Why; the names are those of the words of the report."""

_BEGINNINGS = ("span", "from", "window")
"""Facts that say when a stretch of days begins (`2026-10-20 to 2026-10-22`)."""
_MOVING = {*_BEGINNINGS, "spans", "to", "last", "next", "then", "due", "count", "times", "between"}
"""Facts that move on as days go by: a stretch that goes on, or that has one more event in it, is the same stretch."""
_ANY_DAYS = {"retention"}
"""Kinds that look at the whole archive on the audit day, whatever the period."""


class Change(NamedTuple):
    """What became of one finding.

    Attributes:
        duty: the rule, as it stands now where it still does.
        entry: the finding as it is now, or as it was where it is gone.
        before: the finding that it was, where it is still there.
        was: its severity before, where that is another one now.
        about: what the reason is about: words of `reasons`, a rule, or numbers.
    """

    fate: Fate
    because: Because
    duty: Duty
    entry: Entry
    before: Entry | None = None
    was: Severity | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class DutyChange:
    """A duty that came to an answer in one of the audits only, or weighs differently.

    Attributes:
        fate: `not_judged`, `away`, `new` (newly judged), or `open` (judged in both; only its severity is another).
    """

    fate: Fate
    because: Because
    duty: Duty
    before: Duty | None
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in the two audits before anything is judged."""

    what: Literal[
        "order", "period", "as_of", "version", "ruleset", "ruleset_new", "ruleset_gone", "studio_new", "studio_gone",
        "chain", "asked", "files",
    ]  # fmt: skip
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Changes:
    """What changed from one audit to the next.

    Attributes:
        covers: whether the new audit looked at every day of the old one, so that what is gone can be called fixed.
        differences: what must be known first.
        findings: every finding of both audits, ordered as `FATES`, then by severity, rule and place.
        duties: the duties whose judging changed, ordered alike.
    """

    old: State
    new: State
    covers: bool
    differences: tuple[Difference, ...]
    findings: tuple[Change, ...]
    duties: tuple[DutyChange, ...]

    def of(self, fate: Fate) -> list[Change]:
        """The findings with one fate."""
        return [change for change in self.findings if change.fate == fate]

    def duties_of(self, fate: Fate) -> list[DutyChange]:
        """The duties with one fate."""
        return [change for change in self.duties if change.fate == fate]


def compare(old: State, new: State) -> Changes:
    """Compares two audits, finding by finding within studio and rule."""
    covers = new.period.first <= old.period.first and old.period.last <= new.period.last and old.as_of <= new.as_of
    here = _Comparison(old, new, covers)
    findings: list[Change] = []
    duties: list[DutyChange] = []
    for key in {**old.duties, **new.duties}:
        findings += here.findings(old.duties.get(key), new.duties.get(key))
        duties += here.duty(old.duties.get(key), new.duties.get(key))
    return Changes(
        old,
        new,
        covers,
        tuple(_differences(old, new)),
        tuple(sorted(findings, key=_finding_order)),
        tuple(sorted(duties, key=lambda c: (_RANK[c.fate], *_duty_order(c.duty)))),
    )


def _finding_order(change: Change) -> tuple[object, ...]:
    duty, entry = change.duty, change.entry
    place = entry.file or "", entry.sheet, entry.line or 0, entry.fingerprint
    return _RANK[change.fate], SEVERITIES.index(duty.severity), duty.studio_id, duty.rule, *place


def _duty_order(duty: Duty) -> tuple[object, ...]:
    return SEVERITIES.index(duty.severity), duty.studio_id, duty.rule


@dataclass(frozen=True)
class _Comparison:
    old: State
    new: State
    covers: bool

    def findings(self, old: Duty | None, new: Duty | None) -> Iterator[Change]:
        before = old.findings() if old else []
        after = new.findings() if new else []
        pairs, before, after = _paired(before, after)
        if old and new:
            was = old.severity if old.severity != new.severity else None
            for first, second in pairs:
                because: Because = "same" if first.fingerprint == second.fingerprint else "changed"
                yield Change("open", because, new, second, first, was)
        if new:
            because = self._why_new(old, new)
            yield from (Change("new", because, new, entry) for entry in after)
        if old and before:
            yield from self._gone(old, new, before)

    def _why_new(self, old: Duty | None, new: Duty) -> Because:
        if new.studio_id not in self.old.studios:
            return "new_studio"
        if old is None:
            return "new_rule"
        if old.status in ("unknown", "not-checked", "error"):
            return "newly_judged"
        looked_at = self.old.period.first <= self.new.period.first and self.new.period.last <= self.old.period.last
        return "appeared" if looked_at or old.kind in _ANY_DAYS else "new_days"

    def _gone(self, old: Duty, new: Duty | None, entries: Sequence[Entry]) -> Iterator[Change]:
        fate, because, about = self._duty_gone(old, new)
        if new is None or fate != "fixed":
            yield from (Change(fate, because, new or old, entry, about=about) for entry in entries)
            return
        undecided, coming = _Known(new.undecided()), _Known(new.coming())
        for entry in entries:
            yield self._entry_gone(old, new, entry, undecided, coming)

    def _duty_gone(self, old: Duty, new: Duty | None) -> tuple[Fate, Because, tuple[str, ...]]:
        """What the rule as a whole says of a finding that is gone; `fixed` means: ask finding by finding."""
        if new is None:
            return self._rule_gone(old)
        if new.status == "not-applicable":
            if new.cause in ("not_in_force", "out_of_reach"):
                return "away", "not_in_force" if new.cause == "not_in_force" else "out_of_reach", ()
            return ("not_judged", "nothing_there", ()) if self.covers else ("other_days", "days", ())
        if new.status == "error":
            return "not_judged", "broke", ()
        if not new.judged:
            return "not_judged", "silent" if new.cause == "profile_silent" else "open", new.reasons
        if new.unplaced:
            return "not_judged", "partly", new.reasons
        return "fixed", "found_no_more", ()

    def _rule_gone(self, old: Duty) -> tuple[Fate, Because, tuple[str, ...]]:
        studio, rule = old.studio_id, old.rule
        if studio not in self.new.studios:
            return "not_judged", "studio_gone", ()
        select, ignore = self.new.asked.get("select", ()), self.new.asked.get("ignore", ())
        if (select and not any(fnmatchcase(rule, g) for g in select)) or any(fnmatchcase(rule, g) for g in ignore):
            return "not_judged", "not_asked", ()
        name = rule.partition("/")[2]
        added = (id for at, id in self.new.duties if at == studio and (at, id) not in self.old.duties)
        if others := sorted(id for id in added if id.partition("/")[2] == name):
            return "away", "replaced", tuple(others)
        if rule.partition("/")[0] not in self.new.chains[studio]:
            return "away", "law_gone", (rule.partition("/")[0],)
        return "away", "rule_gone", ()

    def _entry_gone(self, old: Duty, new: Duty, entry: Entry, undecided: "_Known", coming: "_Known") -> Change:
        def change(fate: Fate, because: Because, *about: str) -> Change:
            return Change(fate, because, new, entry, about=about)

        place = old.studio_id, entry.log
        if place in self.old.handed_in and place not in self.new.handed_in:
            return change("not_judged", "no_log", entry.log)
        if waits := undecided.like(entry):
            return change("not_judged", "undecided", *([waits.reason] if waits.reason else []))
        if coming.like(entry):
            return change("other_days", "not_due")
        if self.new.as_of < self.old.as_of:
            return change("other_days", "earlier")
        if not self.covers and old.kind not in _ANY_DAYS:
            return change("other_days", "days")
        if self._same_files(old.studio_id):
            return change("not_judged", "same_files")
        if self.new.has and entry.key[1]:
            return change("fixed", "record_passes") if self.new.has(entry.key) else change("not_judged", "record_gone")
        if new.examined < old.examined:
            return change("not_judged", "fewer", str(old.examined), str(new.examined))
        return change("fixed", "found_no_more")

    def _same_files(self, studio: str) -> bool:
        """Whether nothing that was handed in has changed, so that nothing can have been put right."""
        before, now = ({k: v for k, v in s.inputs.items() if k[0] == studio} for s in (self.old, self.new))
        return bool(before) and before == now

    def duty(self, old: Duty | None, new: Duty | None) -> Iterator[DutyChange]:
        if old and old.judged and not (new and new.judged):
            fate, because, about = self._duty_gone(old, new)
            yield DutyChange(fate, because, new or old, old, about)
        elif new and new.judged and not (old and old.judged):
            yield DutyChange("new", self._why_judged(old, new), new, old)
        elif old and new and old.judged and old.severity != new.severity:
            yield DutyChange("open", "changed", new, old)

    def _why_judged(self, old: Duty | None, new: Duty) -> Because:
        if new.studio_id not in self.old.studios:
            return "new_studio"
        if old is None:
            return "new_rule"
        return "new_days" if old.status == "not-applicable" else "newly_judged"


class _Known:
    """Findings by what names them, to see whether one like another is among them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by: dict[Hashable, Entry] = {}
        for entry in entries:
            for key in self._keys(entry):
                self._by.setdefault(key, entry)

    def like(self, entry: Entry) -> Entry | None:
        """One that has the same fingerprint, record or stretch of days."""
        return next((self._by[key] for key in self._keys(entry) if key in self._by), None)

    @staticmethod
    def _keys(entry: Entry) -> list[Hashable]:
        record = entry.key if entry.record else None
        return [key for key in (entry.fingerprint, record, _by_stretch(entry)) if key is not None]


def _by_fingerprint(entry: Entry) -> Hashable:
    return entry.fingerprint


def _by_record(entry: Entry) -> Hashable:
    """The record, and where the finding is about a stretch of days, when that begins."""
    return (entry.key, _beginning(entry)) if entry.key[1] else None


def _by_stretch(entry: Entry) -> Hashable:
    """The log, when a stretch of days begins, and what else names it; None where it is about no stretch."""
    begins = _beginning(entry)
    still = frozenset((name, fact) for name, fact in entry.facts.items() if name not in _MOVING)
    return (entry.log, begins, still) if begins else None


def _beginning(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.facts[name].partition(" to ")[0] for name in _BEGINNINGS if name in entry.facts)


_NAMES: tuple[Callable[[Entry], Hashable], ...] = (_by_fingerprint, _by_record, _by_stretch)
"""What makes two findings of a rule the same one, the surest first."""


def _paired(
    before: Sequence[Entry], after: Sequence[Entry]
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """Pairs of the same finding, one to one, and what is left on either side; of equal findings each counts."""
    pairs: list[tuple[Entry, Entry]] = []
    olds, news = list(before), list(after)
    for name in _NAMES:
        if not olds or not news:
            break
        first: dict[Hashable, int] = {}
        following = [-1] * len(olds)
        for at in reversed(range(len(olds))):
            key = name(olds[at])
            following[at], first[key] = first.get(key, -1), at
        left, taken = [], bytearray(len(olds))
        for entry in news:
            key = name(entry)
            at = -1 if key is None else first.get(key, -1)
            if at < 0:
                left.append(entry)
                continue
            pairs.append((olds[at], entry))
            first[key], taken[at] = following[at], True
        olds, news = [entry for at, entry in enumerate(olds) if not taken[at]], left
    return pairs, olds, news


def _differences(old: State, new: State) -> Iterator[Difference]:
    if new.as_of < old.as_of:
        yield Difference("order", "", old.as_of.isoformat(), new.as_of.isoformat())
    if old.period != new.period:
        yield Difference("period", "", str(old.period), str(new.period))
    if old.as_of != new.as_of:
        yield Difference("as_of", "", old.as_of.isoformat(), new.as_of.isoformat())
    if old.version != new.version:
        yield Difference("version", "", old.version, new.version)
    for name in sorted({*old.asked, *new.asked}):
        before, after = old.asked.get(name, ()), new.asked.get(name, ())
        if before != after:
            yield Difference("asked", name, " ".join(before), " ".join(after))
    yield from (Difference("studio_gone", id, id, "") for id in old.studios if id not in new.studios)
    yield from (Difference("studio_new", id, "", id) for id in new.studios if id not in old.studios)
    for id, chain in old.chains.items():
        if id in new.chains and new.chains[id] != chain:
            yield Difference("chain", id, " ".join(chain), " ".join(new.chains[id]))
    for id, sha256 in old.rulesets.items():
        if id in new.rulesets and new.rulesets[id] != sha256:
            yield Difference("ruleset", id, sha256, new.rulesets[id])
    yield from (Difference("ruleset_gone", id, old.rulesets[id], "") for id in old.rulesets if id not in new.rulesets)
    yield from (Difference("ruleset_new", id, "", new.rulesets[id]) for id in new.rulesets if id not in old.rulesets)
    if old.inputs != new.inputs:
        same = sum(new.inputs.get(key) == sha256 for key, sha256 in old.inputs.items())
        yield Difference("files", str(same), str(len(old.inputs)), str(len(new.inputs)))
