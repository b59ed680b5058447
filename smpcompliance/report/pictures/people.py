"""Training and papers of each practitioner as bars of validity, and the sessions that no valid one covers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.report.page import PICTURE_WIDTH, Block, Figure, Line, Mark, Rect, Shape, Table
from smpcompliance.report.pictures.legend import Entry, legend
from smpcompliance.report.pictures.lettering import ended, fitted, listed, said, start, width
from smpcompliance.report.pictures.lots import ASIDE, about
from smpcompliance.report.pictures.months_axis import HEAD, Days, day_entry, day_line, months_head, period_entry, ticks
from smpcompliance.report.pictures.view import Dated, View, row
from smpcompliance.report.words import Words

PEOPLE, LANES, ROWS = 12, 6, 40
"""Practitioners drawn, kinds of paper drawn of each, rows of the table."""
_LOGS = {"training_records": ("course", "completed_on"), "documents": ("document_type", "issued_on")}
_SESSIONS = "sessions"
_HEAD, _LANE = 15.0, 11.0
_ROOM = 75  # days that the words beside a gap take


@dataclass(frozen=True)
class _Paper:
    """A course or paper: first day (None: not written), last day (None: no end printed), whether it is in force."""

    begin: int | None
    until: int | None
    unread: bool
    holds: bool


@dataclass(frozen=True)
class _Lane:
    """All papers of one kind that one person has, and the sessions that none of them covers, in runs of days."""

    kind: str
    papers: tuple[_Paper, ...]
    gaps: tuple[tuple[int, int, int], ...]

    @property
    def until(self) -> int | None:
        """The last day that any of them is valid; None where one has no printed end."""
        ends = [paper.until for paper in self.papers if paper.holds]
        return max((e for e in ends if e is not None), default=None) if None not in ends else None

    @property
    def order(self) -> tuple[int, int, str]:
        uncovered = sum(n for _, _, n in self.gaps)
        return -uncovered, self.until if self.until is not None else 2**40, self.kind


@dataclass(frozen=True)
class _Sessions:
    """Days with performed sessions, each once and in order, and how many there were."""

    day: Ints
    count: Ints

    def __len__(self) -> int:
        return int(self.count.sum())

    def take(self, which: Mask) -> "_Sessions":
        return _Sessions(self.day[which], self.count[which])


@dataclass(frozen=True)
class _Person:
    """A practitioner, by the id that the logs use."""

    name: str
    sessions: _Sessions
    lanes: tuple[_Lane, ...]

    @property
    def order(self) -> tuple[int, int, str]:
        uncovered = sum(n for lane in self.lanes for _, _, n in lane.gaps)
        soonest = min((lane.until for lane in self.lanes if lane.until is not None), default=2**40)
        return -uncovered, soonest, self.name


def people(view: View) -> list[Block]:
    """The bars of a studio's practitioners, those with uncovered sessions first."""
    if not any(map(view.has, _LOGS)):
        return view.lacking("people", tuple(_LOGS))
    days, words = about(view), view.words
    every = sorted(_people(view, days), key=lambda person: person.order)
    if not any(person.lanes for person in every):
        return view.lacking("people", tuple(_LOGS))
    shown = every[:PEOPLE]
    shapes, height = _drawn(view, shown, days)
    lanes = [(person, lane) for person in every for lane in person.lanes]
    bare = [f"{person.name} ({lane.kind})" for person, lane in lanes if lane.gaps]
    ended_ = [f"{p.name} ({lane.kind})" for p, lane in lanes if lane.until is not None and lane.until < view.as_of]
    alt = words("pictures.people.alt", n=len(every), lanes=len(lanes), gaps=len(bare), ended=len(ended_))
    if bare:
        alt += " " + words("pictures.people.alt_gaps", who=listed(bare, 6, words))
    if ended_:
        alt += " " + words("pictures.people.alt_ended", who=listed(ended_, 6, words))
    figure = Figure(words("pictures.people.title"), alt, tuple(shapes), height, _table(view, shown))
    return [figure, *view.notes(_notes(view, every, shown))]


def _people(view: View, days: Days) -> list[_Person]:
    sessions = _sessions(view, days)
    papers: dict[str, dict[str, list[_Paper]]] = {name: {} for name in _roster(view, days)}
    for log, (kind, when) in _LOGS.items():
        for name, what, paper in _papers(view, log, kind, when):
            papers.setdefault(name, {}).setdefault(what, []).append(paper)
    for name in sessions:
        papers.setdefault(name, {})
    out, none = [], _Sessions(np.zeros(0, np.int64), np.zeros(0, np.int64))
    for name, kinds_of in papers.items():
        mine = sessions.get(name, none)
        lanes = [lane for kind, each in kinds_of.items() if (lane := _lane(kind, each, mine, days))]
        out.append(_Person(name, mine, tuple(sorted(lanes, key=lambda lane: lane.order))))
    return [person for person in out if person.lanes or len(person.sessions)]


def _roster(view: View, days: Days) -> list[str]:
    """Practitioners of the register who have not left before the days shown."""
    rows = view.rows("practitioners")
    code, names = view.names("practitioners", "practitioner_id", rows)
    left = view.days("practitioners", "left_on", rows)
    return [names[n] for n in code[(code >= 0) & ~(left.known & (left.last < days.first))].tolist()]


def _sessions(view: View, shown: Days) -> dict[str, _Sessions]:
    """The performed sessions of each practitioner on the days shown, until the audit day."""
    rows = view.rows(_SESSIONS)
    rows = rows[view.is_one_of(_SESSIONS, "status", rows, ["performed"])]
    days, (code, names) = view.days(_SESSIONS, "started_at", rows), view.names(_SESSIONS, "practitioner_id", rows)
    keep = days.known & (code >= 0) & (days.first >= shown.first) & (days.first <= view.as_of)
    wide = shown.last - shown.first + 1
    key, count = np.unique(code[keep] * wide + days.first[keep] - shown.first, return_counts=True)
    begins = np.flatnonzero(np.diff(key // wide, prepend=-1))
    parts = zip(np.split(key, begins[1:]), np.split(count, begins[1:]), strict=True) if len(key) else ()
    return {names[int(k[0]) // wide]: _Sessions(k % wide + shown.first, n) for k, n in parts}


def _papers(view: View, log: str, kind: str, when: str) -> Iterator[tuple[str, str, _Paper]]:
    rows = view.rows(log)
    whose, names = view.names(log, "practitioner_id", rows)
    rows, whose = rows[whose >= 0], whose[whose >= 0]
    kinds, until = view.cells(log, kind, rows), view.days(log, "expires_on", rows)
    why = view.cells(log, "expires_on", rows).why
    begin, written = _begin(view, log, when, rows)
    in_force = np.ones(len(rows), bool)
    if log == "documents":
        status = view.cells(log, "status", rows)
        silent = np.isin(status.why, (Reason.blank, Reason.no_column))
        in_force = silent | view.is_one_of(log, "status", rows, ["active"])
    for n in range(len(rows)):
        paper = _Paper(
            int(begin[n]) if written[n] else None,
            int(until.last[n]) if not why[n] else None,
            bool(why[n] == Reason.unreadable),
            bool(in_force[n]),
        )
        yield names[whose[n]], kinds.text(n).replace("_", " ") or view.words("pictures.people.no_kind"), paper


def _begin(view: View, log: str, when: str, rows: Ints) -> tuple[Ints, Mask]:
    """The first day of each paper: of validity where that is written, else of issue."""
    found = view.days(log, when, rows)
    if log != "documents":
        return found.first, found.known
    valid: Dated = view.days(log, "valid_from", rows)
    return np.where(valid.known, valid.first, found.first), valid.known | found.known


def _lane(kind: str, papers: Sequence[_Paper], sessions: _Sessions, days: Days) -> _Lane | None:
    """None where nothing of it reaches into the days shown and no session was performed on them."""
    inside = [p for p in papers if p.begin is None or p.begin <= days.last]
    if not inside or (not len(sessions) and all(p.until is not None and p.until < days.first for p in inside)):
        return None
    return _Lane(kind, tuple(sorted(inside, key=lambda p: (p.begin or 0, p.until or 0))), _gaps(inside, sessions))


def _gaps(papers: Sequence[_Paper], sessions: _Sessions) -> tuple[tuple[int, int, int], ...]:
    """Runs of session days that no paper covers: first, last, sessions; where no end is printed nothing can be said."""
    if not any(p.until is not None for p in papers):
        return ()
    day = sessions.day
    covered, run = np.zeros(len(day), bool), np.zeros(len(day), np.int64)
    for paper in papers:
        begin = paper.begin if paper.begin is not None else -(2**40)
        until = paper.until if paper.until is not None else 2**40
        if paper.holds:
            covered |= (day >= begin) & (day <= until)
            run += (day >= begin).astype(np.int64) + (day > until)
    bare = [sessions.take(~covered & (run == n)) for n in np.unique(run[~covered])]
    return tuple((int(mine.day[0]), int(mine.day[-1]), len(mine)) for mine in bare)


def _drawn(view: View, shown: Sequence[_Person], days: Days) -> tuple[list[Shape], float]:
    words = view.words
    bottom = HEAD + 3 + sum(_HEAD + _LANE * max(1, len(person.lanes[:LANES])) for person in shown)
    shapes = [*months_head(days, words, bottom, view.period), day_line(days, view.as_of, bottom)]
    shapes.append(ended(PICTURE_WIDTH, HEAD - 5, fitted(words("pictures.people.until"), ASIDE)))
    top = HEAD + 3
    for person in shown:
        shapes += _head(view, person, days, top)
        top += _HEAD
        if not person.lanes:
            shapes.append(start(6, top + 8, words("pictures.people.nothing"), days.left - 10))
        for lane in person.lanes[:LANES]:
            shapes += _bars(lane, days, top, words)
            top += _LANE
        top += 0 if person.lanes else _LANE
    signs, height = legend(_entries(view, shown), bottom + 2)
    return shapes + signs, height


def _head(view: View, person: _Person, days: Days, top: float) -> list[Shape]:
    text = view.words("pictures.people.sessions", n=len(person.sessions))
    shapes: list[Shape] = [
        start(0, top + 11, person.name, 70, strong=True),
        Line(0, top + 1, PICTURE_WIDTH, top + 1, "advice", 0.2),
        ended(PICTURE_WIDTH, top + 11, fitted(text, ASIDE)),
    ]
    return shapes + ticks(days, person.sessions.day, top + 7, 5)


def _bars(lane: _Lane, days: Days, top: float, words: Words) -> list[Shape]:
    middle, base = top + _LANE / 2, top + _LANE / 2 + 2.5
    shapes: list[Shape] = [
        start(6, base, lane.kind, days.left - 12),
        ended(PICTURE_WIDTH, base, fitted(_until(lane, words), ASIDE, bool(lane.gaps)), strong=bool(lane.gaps)),
    ]
    endless = [paper.begin if paper.begin is not None else days.first for paper in lane.papers if paper.until is None]
    if endless:
        shapes.append(Line(days.x(min(endless)), middle, days.right, middle, weight=0.6, dashed=True))
    for paper in lane.papers:
        shapes += _paper(paper, days, middle)
    for first, last, n in lane.gaps:
        left, wide = days.span(first, last)
        shapes.append(Rect(left, middle - 3.5, max(wide, 1.5), 7, "critical", "hatched"))
        right, text = left + max(wide, 1.5) + 2, words("pictures.people.bare", n=n)
        if right + width(text) < days.right and not _covers(lane, last + 1):
            shapes.append(start(right, base, text, 80))
    return shapes


def _covers(lane: _Lane, day: int) -> bool:
    """Whether a bar of the lane lies on the days after a day, where words would be written."""
    return any((p.begin is None or p.begin <= day + _ROOM) and (p.until is None or p.until >= day) for p in lane.papers)


def _paper(paper: _Paper, days: Days, middle: float) -> Iterator[Shape]:
    begin = paper.begin if paper.begin is not None else days.first
    if paper.until is not None:
        left, wide = days.span(begin, max(paper.until, begin))
        yield Rect(left, middle - 2.5, wide, 5, look="tinted" if paper.holds and paper.begin is not None else "outline")
        if days.holds(paper.until):
            x = days.x(paper.until + 1)
            yield Line(x, middle - 4, x, middle + 4, weight=1.2)
    if paper.begin is not None and days.holds(paper.begin):
        yield Mark(days.middle(begin), middle, "circle", "plain", 2.6)


def _until(lane: _Lane, words: Words) -> str:
    if any(paper.unread for paper in lane.papers):
        return words("pictures.people.unread")
    if not any(paper.holds for paper in lane.papers):
        return words("pictures.people.not_in_force")
    return said(lane.until, words) if lane.until is not None else words("pictures.people.no_end")


def _entries(view: View, shown: Sequence[_Person]) -> list[Entry]:
    words = view.words
    lanes = [lane for person in shown for lane in person.lanes[:LANES]]
    papers = [paper for lane in lanes for paper in lane.papers]
    out = [Entry(Line(0, 0, 0, 1, weight=0.5), words("pictures.people.legend.sessions"))]
    out.append(Entry(Mark(0, 0, "circle", "plain", 2.6), words("pictures.people.legend.begin")))
    if any(p.until is not None and p.holds for p in papers):
        out.append(Entry(Rect(0, 0, 0, 0, look="tinted"), words("pictures.people.legend.bar")))
    if any(p.until is not None and (not p.holds or p.begin is None) for p in papers):
        out.append(Entry(Rect(0, 0, 0, 0, look="outline"), words("pictures.people.legend.open")))
    if any(p.until is None for p in papers):
        out.append(Entry(Line(0, 0, 1, 0, dashed=True), words("pictures.people.legend.no_end")))
    if any(lane.gaps for lane in lanes):
        out.append(Entry(Rect(0, 0, 0, 0, "critical", "hatched"), words("pictures.people.legend.gap")))
    return [*out, period_entry(words), day_entry(view.as_of, words)]


def _table(view: View, shown: Sequence[_Person]) -> Table:
    words = view.words
    lanes = [(person, lane) for person in shown for lane in person.lanes]
    rows = [
        row(
            person.name,
            lane.kind,
            _begun(lane, words),
            _until(lane, words),
            words.number(len(person.sessions)),
            words.number(sum(n for _, _, n in lane.gaps)) if any(p.until is not None for p in lane.papers) else "–",
        )
        for person, lane in lanes[:ROWS]
    ]
    if len(lanes) > ROWS:
        rows.append(row(words("pictures.more", n=len(lanes) - ROWS), *[""] * 5))
    heads = tuple(words(f"pictures.people.heads.{name}") for name in words.names("pictures.people.heads"))
    widths = (16, 24, 16, 17, 13, 16)
    return Table(heads, tuple(rows), widths, frozenset({4, 5}), True, words("pictures.people.about"))


def _begun(lane: _Lane, words: Words) -> str:
    begun = [paper.begin for paper in lane.papers if paper.begin is not None]
    return said(max(begun), words) if begun else "–"


def _notes(view: View, every: Sequence[_Person], shown: Sequence[_Person]) -> list[str]:
    words = view.words
    papers = [paper for person in every for lane in person.lanes for paper in lane.papers]
    counts = {
        "people": len(every) - len(shown),
        "kinds": sum(max(len(person.lanes) - LANES, 0) for person in shown),
        "papers_unread": sum(paper.unread for paper in papers),
        "papers_without_begin": sum(paper.begin is None for paper in papers),
    }
    sessions, courses = view.rows(_SESSIONS), view.rows("training_records")
    dated = view.days(_SESSIONS, "started_at", sessions).known
    counts["undated_sessions"] = int((~dated).sum())
    counts["nameless_sessions"] = int((dated & (view.names(_SESSIONS, "practitioner_id", sessions)[0] < 0)).sum())
    counts["nameless_courses"] = int((view.names("training_records", "practitioner_id", courses)[0] < 0).sum())
    out = [words("pictures.people.note")]
    out += [words(f"pictures.left_out.{name}", n=n) for name, n in counts.items() if n]
    return out + view.absent((*_LOGS, _SESSIONS))
