"""What tracing adds to an audit: the recalls its records may be of, and how many of its sessions can be traced."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.checks.list import List
from smpcompliance.dates import DAY, Ints, Mask, start_of
from smpcompliance.logs.cells import Moments
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Exposed, Strength
from smpcompliance.trace.lot_exposure import entries_of, exposed_by_lots
from smpcompliance.trace.lots import Lots
from smpcompliance.trace.recalls import Match, Recall, RecallList, matches, recall_list, studios_near, uses
from smpcompliance.trace.traceability import Traceability, traceabilities

_LOTS, _SUPPLIES = "supply_lots", "session_supplies"


@dataclass(frozen=True)
class Use:
    """Sessions that a recall reaches, told apart by the day on which it was published.

    Attributes:
        sessions: all of them; before: those surely before it; since: those surely on it or after. The others cannot be
            told apart from it.
    """

    sessions: int
    before: int
    since: int

    @property
    def untold(self) -> int:
        """Sessions of which it cannot be told."""
        return self.sessions - self.before - self.since


@dataclass(frozen=True)
class Recalled:
    """An entry of the list of recalls that records of a studio are of, or may be of.

    Attributes:
        lots: the lots that are meant.
        entries: rows of `session_supplies` that agree with the recall, surely or perhaps, and lead to none of them.
        certain, possible: the sessions in which they were used, or may have been.
        judged: rules on forbidden things that were breached by the same lots, or by supplies of them.
    """

    recall: Recall
    match: Match
    lots: Lots
    entries: Ints
    certain: Use
    possible: Use
    judged: tuple[RuleResult, ...]


@dataclass(frozen=True)
class Compared:
    """How many records of a studio were compared with the list: lots and entries of supplies.

    Attributes:
        lots, entries: those up to the audit day.
        nameless: those of both that name neither brand nor lot number, so that nothing can be said of them.
        handed_in: whether a log of either was; without one nothing could be compared.
    """

    lots: int
    entries: int
    nameless: int
    handed_in: bool


@dataclass(frozen=True)
class OfStudio:
    """What tracing adds to what an audit says of a studio.

    Attributes:
        recalled: the recalls that its records may be of, in the order of the list.
        compared: how much was compared with the list.
        traceable: how many sessions of the audited period can be traced end to end.
    """

    recalled: tuple[Recalled, ...]
    compared: Compared
    traceable: Traceability


@dataclass(frozen=True)
class Tracing:
    """What tracing adds to an audit.

    Attributes:
        list: of recalls, the one that comes with the program.
        of: studio id → its part.
    """

    list: RecallList
    of: dict[str, OfStudio]


def tracing(audit: Audit) -> Tracing:
    """What tracing adds to an audit; reckoned once, for every format asks for it."""
    return audit.memo.get("tracing", lambda: _traced(audit))


def _traced(audit: Audit) -> Tracing:
    logs, known = audit.logs, recall_list()
    recalled: dict[int, tuple[Recalled, ...]] = {}
    near = studios_near(logs, known).tolist()
    forbidding = _forbidding(audit) if near else {}
    for n in near:
        recalled[n] = tuple(_recalled(audit, n, known, forbidding.get(logs.studios[n].studio_id, ())))
    compared, counts = _compared(logs, audit.as_of), traceabilities(logs, audit.period, audit.as_of)
    parts = enumerate(zip(logs.studios, compared, counts, strict=True))
    of = {studio.studio_id: OfStudio(recalled.get(n, ()), lots, counted) for n, (studio, lots, counted) in parts}
    return Tracing(known, of)


def _recalled(audit: Audit, studio: int, known: RecallList, forbidding: Sequence[RuleResult]) -> Iterator[Recalled]:
    logs = audit.logs
    every = entries_of(logs, studio, audit.as_of)
    found = matches(logs, studio, known, audit.as_of, every)
    to, _ = logs.link(_SUPPLIES, "lot")
    for recall, match, lots in found:
        exposed = exposed_by_lots(logs, studio, lots, audit.as_of, entries=every)
        before, since = uses(logs, exposed, recall)
        certain, possible = (_use(exposed, tier, before, since) for tier in (Strength.certain, Strength.possible))
        said = np.concatenate([lots.by_words.named, lots.by_words.maybe]) if lots.by_words else np.zeros(0, np.int64)
        apart = np.sort(said[~np.isin(to[said], lots.rows)])
        judged = tuple(result for result in forbidding if _is_of(result, lots, apart, to))
        yield Recalled(recall, match, lots, apart, certain, possible, judged)


def _use(exposed: Exposed, tier: Strength, before: Ints, since: Ints) -> Use:
    strength = exposed.strength
    return Use(*(int(np.count_nonzero(each == tier)) for each in (strength, strength[before], strength[since])))


def _forbidding(audit: Audit) -> dict[str, list[RuleResult]]:
    """The breached rules that name forbidden things by a list, by studio id."""
    found: dict[str, list[RuleResult]] = {}
    for result in audit.results:
        if result.failed and any(isinstance(v.check, List) and v.check.forbidden for v in result.rule.versions):
            found.setdefault(result.studio_id, []).append(result)
    return found


def _is_of(result: RuleResult, lots: Lots, entries: Ints, to: Ints) -> bool:
    """Whether a finding of a rule rests on these lots, or on entries of supplies of them."""
    rows, said = set(lots.rows.tolist()), set(entries.tolist())
    for finding in result.findings:
        for where in finding.evidence:
            if where.row < 0:
                continue
            if where.log == _LOTS and where.row in rows:
                return True
            if where.log == _SUPPLIES and (where.row in said or int(to[where.row]) in rows):
                return True
    return False


def _compared(logs: Logs, as_of: date) -> tuple[Compared, ...]:
    handed_in = logs.has(_LOTS) | logs.has(_SUPPLIES)
    session, _ = logs.link(_SUPPLIES, "session")
    sessions = np.append(_not_after(logs, "sessions", "started_at", as_of) & ~logs.log("sessions").made_up, False)
    looked_at = {_LOTS: _not_after(logs, _LOTS, "received_on", as_of), _SUPPLIES: sessions[session]}
    lots, entries = (_per_studio(logs, log, mask) for log, mask in looked_at.items())
    silent, mute = (_per_studio(logs, log, mask & _nameless(logs, log)) for log, mask in looked_at.items())
    counts = zip(lots.tolist(), entries.tolist(), (silent + mute).tolist(), handed_in.tolist(), strict=True)
    return tuple(Compared(*each) for each in counts)


def _not_after(logs: Logs, log: str, column: str, as_of: date) -> Mask:
    at = logs.cells(log, column)
    assert isinstance(at, Moments)
    return np.asarray((at.why > 0) | (at.at < start_of(as_of) + DAY))


def _nameless(logs: Logs, log: str) -> Mask:
    return np.asarray((logs.cells(log, "brand").why > 0) & (logs.cells(log, "lot_number").why > 0))


def _per_studio(logs: Logs, log: str, which: Mask) -> Ints:
    table = logs.log(log)
    return np.bincount(table.studio[which & ~table.made_up], minlength=len(logs.studios))
