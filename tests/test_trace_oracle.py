"""The vectorised answers of tracing agree with a naive walk over random small studios, session by session.

Each reading of 12 studios is traced in every way. Run as a program it goes on for as many seeds as it is told:
`python tests/test_trace_oracle.py 0 20000`.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import trace_walk as walk
from trace_studios import NUMBERS, studios

from smpcompliance.dates import EPOCH, Period
from smpcompliance.logs.standing import stock
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, Strength
from smpcompliance.trace.loads import Fate, loads_of
from smpcompliance.trace.look_back import exposed_by_loads
from smpcompliance.trace.lot_exposure import exposed_by_lots
from smpcompliance.trace.lots import lots_numbered
from smpcompliance.trace.people import exposed_by
from smpcompliance.trace.recalls import matches, read_recalls, uses
from smpcompliance.trace.windows import Window, failure_windows, window_by_hand

MANY = 12
SEEDS = range(20)
AS_OF = (date(2025, 3, 20), date(2025, 12, 31), date(2025, 2, 10))
PERIODS = (None, None, Period(date(2025, 2, 14), date(2025, 3, 14)), Period(date(2025, 3, 1), date(2025, 3, 31)))
START = datetime(EPOCH.year, EPOCH.month, EPOCH.day)

RECALLS = """\
recall_id,authority,kind,published,brand,also_called,product,maker,lots,expires,reason,source,read_on
R1,Authority,ink,2025-03-01,Mooncrow,Moon Crow,Harbour Blue 1/2oz,Maker,BL23,,made up,nowhere,2026-11-21
R2,Authority,ink,2025-02,Mooncrow,,Night Black,Maker,BL23;BL24,,made up,nowhere,2026-11-21
R3,Authority,needle,,Sable & Co,,,Maker,0712;IB26C0218,,made up,nowhere,2026-11-21
R4,Authority,ink,2025-03-10,Sable & Co,,,Maker,*,,made up,nowhere,2026-11-21
R5,Authority,ink,2025-03-10,Mooncrow,,,Maker,,,made up,nowhere,2026-11-21
R6,Authority,glove,2025-02-15,Mooncrow,,Night Black,Maker,,,made up,nowhere,2026-11-21
"""
ENTRIES = [
    walk.Entry("R1", "ink", ["Mooncrow", "Moon Crow", "Maker"], ["Harbour Blue 1/2oz"], ["BL23"], date(2025, 3, 1), date(2025, 3, 1)),
    walk.Entry("R2", "ink", ["Mooncrow", "Maker"], ["Night Black"], ["BL23", "BL24"], date(2025, 2, 1), date(2025, 2, 28)),
    walk.Entry("R3", "needle", ["Sable & Co", "Maker"], [], ["0712", "IB26C0218"], None, None),
    walk.Entry("R4", "ink", ["Sable & Co", "Maker"], [], ["*"], date(2025, 3, 10), date(2025, 3, 10)),
    walk.Entry("R5", "ink", ["Mooncrow", "Maker"], [], [], date(2025, 3, 10), date(2025, 3, 10)),
    walk.Entry("R6", "glove", ["Mooncrow", "Maker"], ["Night Black"], [], date(2025, 2, 15), date(2025, 2, 15)),
]  # fmt: skip


def second(moment: datetime) -> int:
    return (moment - START) // timedelta(seconds=1)


def same(exposed: Exposed, found: list[walk.Reached], where: object) -> None:
    """Session by session: reason and tier, and where a record is named, the entry and what it leads to."""
    assert exposed.sessions.tolist() == [each.session for each in found], where
    assert [Because(code).name for code in exposed.because] == [each.because for each in found], where
    assert [Strength(code).name for code in exposed.strength] == [each.strength for each in found], where
    for place, each in enumerate(found):
        if each.because in ("named", "load_uncertain", "lot_uncertain") and each.supply >= 0:
            by = (int(exposed.supply[place]), int(exposed.target[place]))
            assert by == (each.supply, each.target), (where, each)


def look_back(
    logs: Logs, records: walk.Records, window: Window, stretch: walk.Stretch, as_of: date, where: object
) -> None:
    loads = loads_of(logs, window, as_of)
    found = walk.loads(records, stretch, as_of)
    assert loads.rows.tolist() == [each.row for each in found], where
    assert loads.sure.tolist() == [each.sure for each in found], where
    assert [Fate(code).name for code in loads.fate] == [each.fate for each in found], where
    assert loads.called_back.tolist() == [each.called_back for each in found], where
    assert loads.uses.tolist() == [each.uses for each in found], where
    same(exposed_by_loads(logs, window, loads, as_of), walk.by_loads(records, stretch, found, as_of), where)


def check_failures(logs: Logs, records: walk.Records, studio: int, die: random.Random, where: object) -> None:
    as_of, period = die.choice(AS_OF), die.choice(PERIODS)
    where = (where, "failures", as_of, period)
    told = {(w.machine, tuple(w.failed.tolist())): w for w in failure_windows(logs, studio, period, as_of)}
    mine = {(w.machine, tuple(w.failed)): w for w in walk.windows(records, period, as_of)}
    assert set(told) == set(mine), where
    for key, stretch in mine.items():
        window = told[key]
        assert window.opened_by == (stretch.opened["row"] if stretch.opened else -1), (where, key)
        assert window.closed_by == (stretch.closed["row"] if stretch.closed else -1), (where, key)
        assert set(window.unsure.tolist()) == stretch.unsure, (where, key)
        for ours, theirs in ((window.surely, stretch.surely), (window.perhaps, stretch.perhaps)):
            assert ours[1] == second(theirs[1]), (where, key)
            assert ours[0] == second(theirs[0]) or (
                stretch.opened is None and ours[0] < second(datetime(1900, 1, 1))
            ), (where, key)
        look_back(logs, records, window, stretch, as_of, (where, key))


def check_by_hand(logs: Logs, records: walk.Records, studio: int, die: random.Random, where: object) -> None:
    as_of, period, machine = die.choice(AS_OF), die.choice(PERIODS), die.choice(("A1", "A2", "B1", "C"))
    window = window_by_hand(logs, studio, machine, period, as_of)
    assert (window.failed.tolist(), window.opened_by, window.closed_by) == ([], -1, -1), where
    look_back(logs, records, window, walk.by_hand(machine, period, as_of), as_of, (where, machine, period, as_of))


def check_lots(logs: Logs, records: walk.Records, studio: int, die: random.Random, where: object) -> None:
    as_of, number = die.choice(AS_OF), die.choice((*NUMBERS, "lot no. BL23", "nobody has this"))
    where = (where, "lot", number, as_of)
    lots, meant = lots_numbered(logs, studio, number, as_of), walk.numbered(records, number, as_of)
    assert dict(zip(lots.rows.tolist(), lots.sure.tolist(), strict=True)) == meant.sure, where
    left, left_open = stock(logs, (as_of - EPOCH).days)
    assert (
        lots.left.tolist() == left[lots.rows].tolist() and lots.left_open.tolist() == left_open[lots.rows].tolist()
    ), where
    same(exposed_by_lots(logs, studio, lots, as_of, number), walk.by_lots(records, meant, number, as_of), where)


def check_recalls(logs: Logs, records: walk.Records, studio: int, die: random.Random, where: object) -> None:
    as_of = die.choice(AS_OF)
    where = (where, "recalls", as_of)
    listed = read_recalls(RECALLS, "made-up.csv")
    told = {recall.id: (recall, match, lots) for recall, match, lots in matches(logs, studio, listed, as_of)}
    for entry in ENTRIES:
        found = walk.recalled(records, entry, as_of)
        best = [kind for kind in walk.MATCHES if kind in (*found.lots.values(), *found.entries.values())]
        assert (entry.id in told) == bool(best), (where, entry.id)
        if not best:
            continue
        recall, match, lots = told[entry.id]
        assert match == best[0], (where, entry.id)
        sure = {row: kind == "certain" for row, kind in found.lots.items()}
        assert dict(zip(lots.rows.tolist(), lots.sure.tolist(), strict=True)) == sure, (where, entry.id)
        exposed = exposed_by_lots(logs, studio, lots, as_of)
        same(exposed, walk.by_recall(records, entry, found, as_of), (where, entry.id))
        before, after = uses(logs, exposed, recall)
        apart = walk.apart(records, exposed.strength.tolist(), entry, as_of)
        assert (before.tolist(), after.tolist()) == apart, (where, entry.id)


def check_people(logs: Logs, records: walk.Records, studio: int, die: random.Random, where: object) -> None:
    as_of, period = die.choice(AS_OF), die.choice(PERIODS)
    for kind, key in (("practitioner", "P1"), ("client", "C2"), ("station", "Chair 1")):
        told = exposed_by(logs, studio, kind, key, period, as_of)
        same(told, walk.by_key(records, kind, key, period, as_of), (where, kind, period, as_of))
    period = period or Period(date(2025, 2, 10), date(2025, 3, 10))
    told = exposed_by(logs, studio, "period", "", period, as_of)
    same(told, walk.by_key(records, "period", "", period, as_of), (where, "period", period, as_of))


CHECKS: dict[str, Callable[[Logs, walk.Records, int, random.Random, object], None]] = {
    "failed tests": check_failures,
    "loads by hand": check_by_hand,
    "lots": check_lots,
    "recalls": check_recalls,
    "people": check_people,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_way_of_tracing_agrees_with_a_naive_walk(seed: int) -> None:
    logs = studios(seed, MANY)
    for studio in range(MANY):
        records = walk.records(logs, studio)
        for name, check in CHECKS.items():
            check(logs, records, studio, random.Random(f"{seed} {studio} {name}"), (seed, studio))


def test_the_random_studios_show_every_reason() -> None:
    missing = {because.name for because in Because}
    for seed in range(20):
        logs = studios(seed, MANY)
        for studio in range(MANY):
            records = walk.records(logs, studio)
            for window in walk.windows(records, None, AS_OF[0]):
                found = walk.loads(records, window, AS_OF[0])
                missing -= {each.because for each in walk.by_loads(records, window, found, AS_OF[0])}
            meant = walk.numbered(records, "BL23", AS_OF[0])
            missing -= {each.because for each in walk.by_lots(records, meant, "BL23", AS_OF[0])}
        if not missing:
            break
    assert not missing


def test_two_studios_with_the_same_names_do_not_touch_each_other() -> None:
    """What a studio gets alone it gets beside another one that calls its machines, loads and lots the same."""
    as_of = AS_OF[0]
    for seed in range(3):
        pair, alone = studios(seed, 2), studios(seed, 1)
        together = [(w.machine, len(w.failed)) for w in failure_windows(pair, 0, None, as_of)]
        assert together == [(w.machine, len(w.failed)) for w in failure_windows(alone, 0, None, as_of)]
        for number in ("BL23", "0712"):
            first, second = (
                exposed_by_lots(x, 0, lots_numbered(x, 0, number, as_of), as_of, number) for x in (pair, alone)
            )
            assert first.because.tolist() == second.because.tolist()


def main(first: int, last: int) -> None:
    wrong: Counter[str] = Counter()
    for seed in range(first, last):
        logs = studios(seed, MANY)
        for studio in range(MANY):
            records = walk.records(logs, studio)
            for name, check in CHECKS.items():
                try:
                    check(logs, records, studio, random.Random(f"{seed} {studio} {name}"), (seed, studio))
                except AssertionError as error:
                    wrong[name] += 1
                    if wrong[name] <= 3:
                        print(name, str(error)[:1500], flush=True)
    print(f"{(last - first) * MANY} studios; differences: {dict(wrong)}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
