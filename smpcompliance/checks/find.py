"""Matching records of another log: pairs of a record and its candidates, and whether one of them surely is good."""

from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer, all_of, answer, any_by
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.judging import Rows, compare, folded, judge, judge_constraint, same
from smpcompliance.checks.sought import Find, Valid
from smpcompliance.checks.stretches import ranges
from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Cells, Coded, Moments, Reason, among, because, first_reason
from smpcompliance.logs.rows import in_order, paired, ranked
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import codes_in, column_type


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs: place among the records (`left`), row of the other log (`right`), and for each record why its
    key says nothing (0 where it does), and the last row of the other log that matches it (-1 where none does)."""

    left: Ints
    right: Ints
    why: Codes
    last: Ints


def pairs(own: Rows, other: Rows, match: dict[str, str], among: Mask | None = None) -> Pairs:
    """Joins rows of two logs on the studio and on equal values of the matched columns.

    Args:
        among: rows of the other log that are wanted, all of them by default; `last` looks at every row all the same.

    Returns:
        Pairs ordered by (left, right); `right` counts rows of the other log.
    """
    if list(match.values()) == [schema(other.log).key] and other.rows is None:
        return _by_key(own, other, next(iter(match)), among)
    scalar = {a: b for a, b in match.items() if column_type(other.log, b) not in ("words", "list")}
    lists = {a: b for a, b in match.items() if a not in scalar}
    left_key, right_key = _studio(own), _studio(other)
    left_why, right_why = np.zeros(len(own), np.uint8), np.zeros(len(other), np.uint8)
    for a, b in scalar.items():
        mine, theirs = own.cells(a), other.cells(b)
        left, right = _comparable(mine, theirs)
        left_why = first_reason(left_why, mine.why)
        right_why = first_reason(right_why, theirs.why)
        both = ranked(paired(np.concatenate([left_key, right_key]), np.concatenate([left, right])))
        left_key, right_key = both[: len(own)], both[len(own) :]
    left_key, right_key = np.where(left_why > 0, -1, left_key), np.where(right_why > 0, -1, right_key)
    last = _last_of(left_key, right_key)
    wanted = right_key if among is None or lists else np.where(among, right_key, -1)
    found = Pairs(*_join(left_key, wanted), left_why, last)
    return _containing(found, own, other, lists) if lists else found


def _by_key(own: Rows, other: Rows, column: str, among: Mask | None) -> Pairs:
    """The pairs where a column names the key of the other log, which no two records of a studio share."""
    why, row = own.cells(column).why, own.logs.named(own.log, column, other.log)[0]
    row = row if own.rows is None or own.rows is own.logs.every(own.log) else row[own.rows]
    last = np.where(why > 0, -1, row)
    left = np.flatnonzero(last >= 0)
    left = left if among is None else left[among[last[left]]]
    return Pairs(left, last[left], why, last)


def _studio(rows: Rows) -> Ints:
    studio = rows.logs.log(rows.log).studio
    return (studio if rows.rows is None else studio[rows.rows]).astype(np.int64)


def _comparable(first: Cells, second: Cells) -> tuple[Ints, Ints]:
    if isinstance(first, Coded) and isinstance(second, Coded):
        return codes_in(first, second), second.codes.astype(np.int64)
    values = [c.at // 86_400 if isinstance(c, Moments) else c.values for c in (first, second)]  # type: ignore[attr-defined]
    codes = np.unique(np.concatenate(values), return_inverse=True)[1].astype(np.int64)
    return codes[: len(values[0])], codes[len(values[0]) :]


def _last_of(left: Ints, right: Ints) -> Ints:
    """For each key of the left the place of the last equal one of the right, -1 without one; no key is -1."""
    last = np.full(int(max(left.max(initial=-1), right.max(initial=-1))) + 2, -1, np.int64)
    last[right] = np.arange(len(right))
    last[-1] = -1
    return last[left]


def _join(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs of equal keys; keys are small numbers, -1 is none."""
    usable = np.flatnonzero(right >= 0)
    keys = right[usable]
    size = np.bincount(keys, minlength=int(left.max(initial=-1)) + 2)
    if size.max(initial=0) <= 1:
        place = _last_of(left, right)
        which = np.flatnonzero(place >= 0)
        return which, place[which]
    order = usable[in_order(keys)]
    count = np.where(left >= 0, size[left], 0)
    which, place = ranges((np.cumsum(size) - size)[left], (np.cumsum(size) - size)[left] + count - 1)
    return which, order[place]


def _containing(found: Pairs, own: Rows, other: Rows, match: dict[str, str]) -> Pairs:
    for a, b in match.items():
        word, words = own.cells(a), other.cells(b)
        assert isinstance(word, Coded) and isinstance(words, Coded)
        why = first_reason(found.why, word.why)
        table = np.zeros((len(word.values) + 1, len(words.values) + 1), bool)
        for i, mine in enumerate(word.values):
            table[i, :-1] = [bool(folded(mine) & folded(value)) for value in words.values]
        keep = table[word.codes[found.left], words.codes[found.right]] | (words.why[found.right] > 0)
        found = Pairs(found.left[keep], found.right[keep], why, found.last)
    last = np.full(len(own), -1, np.int64)
    last[found.left] = found.right
    return Pairs(found.left, found.right, found.why, last)


@dataclass(frozen=True)
class Match:
    """How the records of a log fare against another log.

    Attributes:
        answer: for each record whether a good candidate exists (or, with `none`, that there is none).
        candidates: pairs by key that may fit; `fits` the answer of each.
    """

    answer: Answer
    candidates: Pairs
    fits: Answer


def seek(find: Find, own: Rows, *, minimum: int = 1, every: bool = False) -> Match:
    """For each record: does a record exist in the other log that matches and is good at its moment?

    Args:
        every: whether records of the other log that cannot fit whatever the moment are candidates too.
    """
    other = Rows(own.logs, find.log)
    always = {} if every else _always(find, other)
    found = pairs(own, other, find.match, ~all_of(always.values(), len(other)).bad if always else None)
    fits = _fits(find, own, found, other, always)
    n = len(own)
    answers = _at_least(found, fits, n, minimum)
    answers = _with_keyless(find, own, other, answers)
    answers = _with_missing(find, own, found, answers)
    if find.none:
        gone = ~any_by(found.left, n, fits)
        lacking = ~own.logs.has(find.log)[_studio(own)]
        answers = answer(gone.bad, first_reason(because(lacking, Reason.no_log), found.why, gone.why))
    return Match(answers, found, fits)


def _always(find: Find, other: Rows) -> dict[str, Answer]:
    """The conditions that a record of the other log meets or not whatever it is wanted for."""
    alone = {
        name: part
        for name, part in find.where.root.items()
        if isinstance(part, Constraint) and not any(part.compared())
    }
    return {name: judge_constraint(name, part, other, other) for name, part in alone.items()}


def _fits(find: Find, own: Rows, found: Pairs, other: Rows, always: dict[str, Answer]) -> Answer:
    """Whether each candidate surely is good; what was judged of it once for all (`always`) is not judged again."""
    base = np.arange(len(own)) if own.rows is None else own.rows
    here = Rows(own.logs, own.log, base[found.left])
    there = Rows(own.logs, find.log, found.right)
    parts = (
        always[name].take(found.right) if name in always else judge(Conditions({name: part}), there, here)
        for name, part in find.where.root.items()
    )
    fits = all_of(parts, len(found.left)) & all_of(_list_blanks(find, here, there), len(found.left))
    if find.valid:
        moment = find.at or schema(own.log).when
        if moment is None:
            raise ValueError(f"{own.log} has no event date; the rule must say find.at")
        at = here.cells(moment)
        assert isinstance(at, Moments)
        fits = fits & good_at(there, find.valid, at)
    return fits


def _list_blanks(find: Find, here: Rows, there: Rows) -> list[Answer]:
    lists = [b for b in find.match.values() if column_type(find.log, b) in ("words", "list")]
    return [answer(np.zeros(len(here), bool), there.cells(b).why) for b in lists]


def good_at(there: Rows, valid: Valid, at: Moments) -> Answer:
    """Whether a paper, a course, a lot or a cycle is good at a moment; first and last day count."""
    match valid:
        case "document" | "registration":
            started = _first_of(there.cells("valid_from"), there.cells("issued_on"))
            status = there.cells("status")
            assert isinstance(status, Coded)
            off = answer(status.where(lambda word: word in ("suspended", "revoked", "pending")))
            if valid == "registration":
                return compare(started, at, lambda a, b: a <= b) & off
            return _within(started, there.cells("expires_on"), at) & off
        case "training":
            return _within(there.cells("completed_on"), there.cells("expires_on"), at)
        case "lot":
            until, state = there.cells("usable_until"), there.cells("condition")
            assert isinstance(until, Moments) and isinstance(state, Coded)
            spoiled = answer(state.where(lambda word: word in ("damaged", "wet", "recalled")))
            return compare(until, at, lambda a, b: a >= b) & spoiled
        case "cycle":
            result, fate, ran = there.cells("result"), there.cells("disposition"), there.cells("started_at")
            assert isinstance(result, Coded) and isinstance(fate, Coded) and isinstance(ran, Moments)
            kept = answer(fate.where(lambda word: word in ("held", "reprocessed", "discarded")))
            passed = answer(~result.where(lambda word: word == "pass"), result.why)
            return passed & kept & compare(ran, at, lambda a, b: a <= b)


def _first_of(first: Cells, second: Cells) -> Moments:
    assert isinstance(first, Moments) and isinstance(second, Moments)
    use = first.why > 0
    return Moments(
        np.where(use, second.why, 0).astype(np.uint8),
        np.where(use, second.at, first.at),
        np.where(use, second.precision, first.precision),
    )


def _within(start: Cells, until: Cells, at: Moments) -> Answer:
    assert isinstance(start, Moments) and isinstance(until, Moments)
    begun = compare(start, at, lambda a, b: a <= b)
    endless = among(until.why, Reason.blank, Reason.no_column)
    ended = compare(until, at, lambda a, b: a >= b)
    running = answer(ended.bad & ~endless, np.where(endless, 0, ended.why).astype(np.uint8))
    return begun & running


def _at_least(found: Pairs, fits: Answer, n: int, minimum: int) -> Answer:
    if minimum == 1:
        best = any_by(found.left, n, fits)
    else:
        sure = np.bincount(found.left[fits.met], minlength=n)
        possible = sure + np.bincount(found.left[fits.unknown], minlength=n)
        why = np.where((sure < minimum) & (possible >= minimum), Reason.ambiguous, 0).astype(np.uint8)
        best = answer(possible < minimum, why)
    return answer(best.bad & (found.why == 0), first_reason(found.why, best.why))


def _with_keyless(find: Find, own: Rows, other: Rows, answers: Answer) -> Answer:
    """A candidate whose own key is blank may be the one that is sought: a breach it could cure cannot be said."""
    keys = [
        b
        for b in find.match.values()
        if b != schema(find.log).key and column_type(find.log, b) not in ("words", "list")
    ]
    if find.none or not keys or not answers.bad.any():
        return answers
    blank = np.zeros(len(other), bool)
    for b in keys:
        blank |= among(other.cells(b).why, Reason.blank, Reason.unreadable, Reason.no_column)
    rows = np.flatnonzero(blank)
    if not len(rows):
        return answers
    failing = np.flatnonzero(answers.bad)
    base = np.arange(len(own)) if own.rows is None else own.rows
    mine = Rows(own.logs, own.log, base[failing])
    left, right = _join(_studio(mine), _studio(Rows(own.logs, find.log, rows)))
    agree = _filled_keys_agree(find, mine, left, Rows(own.logs, find.log, rows[right]))
    left, right = left[agree], right[agree]
    n = len(failing)
    found = Pairs(left, rows[right], np.zeros(n, np.uint8), np.full(n, -1))
    could = any_by(left, n, _fits(find, mine, found, other, {}))
    unsure = failing[~could.bad]
    why = answers.why.copy()
    why[unsure] = Reason.ambiguous
    return answer(answers.bad, why)


def _filled_keys_agree(find: Find, mine: Rows, left: Ints, there: Rows) -> Mask:
    """Which pairs of a record and a candidate differ in no key that both have."""
    agree = np.ones(len(left), bool)
    for own, their in find.match.items():
        if column_type(find.log, their) in ("words", "list"):
            continue
        first, second = mine.cells(own).take(left), there.cells(their)
        agree &= same(first, second) | (first.why > 0) | (second.why > 0)
    return agree


def _with_missing(find: Find, own: Rows, found: Pairs, answers: Answer) -> Answer:
    """Nothing can be said where the other log was not handed in, or begins only after the record's day."""
    lacking = ~own.logs.has(find.log)[_studio(own)]
    why = first_reason(because(lacking, Reason.no_log), answers.why)
    keyless = found.last < 0
    moment = find.at or schema(own.log).when
    begins = _begins(own, find.log)
    if moment and begins and keyless.any():
        at, starts = own.cells(moment), begins
        assert isinstance(at, Moments)
        first = _first_by_studio(starts, own.logs.log(find.log).studio.astype(np.int64), len(own.logs.studios))
        late = keyless & (at.why == 0) & (at.at // 86_400 < first[_studio(own)] // 86_400)
        why = first_reason(why, because(late & answers.bad, Reason.dangling))
    return answer(answers.bad, why)


def _begins(own: Rows, log: str) -> Moments | None:
    """When each record of a log begins to count: its event, or the first filled column of a standing record."""
    known = schema(log)
    columns = known.stands.begin if known.stands and known.stands.begin else (known.when,) if known.when else ()
    if not columns:
        return None
    first, *others = (own.logs.cells(log, column) for column in columns)
    for other in others:
        first = _first_of(first, other)
    assert isinstance(first, Moments)
    return first


def _first_by_studio(starts: Moments, studio: Ints, n: int) -> Ints:
    first = np.full(n, np.iinfo(np.int64).min)
    known = np.flatnonzero(starts.why == 0)
    if len(known):
        low = np.full(n, np.iinfo(np.int64).max)
        np.minimum.at(low, studio[known], starts.at[known])
        first = np.where(low == np.iinfo(np.int64).max, first, low)
    return first


_SHOWS = {
    "document": ("valid_from", "issued_on", "expires_on", "status"),
    "registration": ("valid_from", "issued_on", "status"),
    "training": ("completed_on", "expires_on"),
    "lot": ("usable_until", "condition"),
    "cycle": ("started_at", "result", "disposition"),
}


def looked_for(find: Find) -> list[str]:
    """The columns of a candidate that say whether it is good."""
    return [*dict.fromkeys([path for path, _, _ in find.where.columns()] + list(_SHOWS.get(find.valid or "", ())))]


def nearest(match: Match, places: Ints) -> Ints:
    """For some records the row of a candidate that may show what was wrong (the last one), -1 where there is none."""
    return match.candidates.last[places]
