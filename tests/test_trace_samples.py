"""The two worked samples: what their notes say was worked out by hand, before a program was asked."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from smpcompliance.cli import main
from smpcompliance.dates import Ints
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, Strength, clients_of
from smpcompliance.trace.loads import Fate, loads_of
from smpcompliance.trace.look_back import exposed_by_loads
from smpcompliance.trace.lot_exposure import exposed_by_lots
from smpcompliance.trace.lots import lots_numbered
from smpcompliance.trace.recalls import matches, recall_list, uses
from smpcompliance.trace.windows import failed_tests, failure_windows

ROOT = Path(__file__).parents[1] / "sample_logs"
AS_OF = date(2026, 11, 10)


@cache
def logs(sample: str) -> Logs:
    return read_folders(find_studios([ROOT / sample])).intake.logs


def keys(of: Logs, log: str, rows: Iterable[int]) -> list[str]:
    cells = of.cells(log, of.log(log).schema.key)
    return [cells.text(int(row)) for row in rows]


def reasons(of: Logs, exposed: Exposed) -> dict[str, list[int]]:
    """Reason → the numbers of its sessions."""
    out: dict[str, list[int]] = {}
    for name, code in zip(keys(of, "sessions", exposed.sessions), exposed.because, strict=True):
        out.setdefault(Because(code).name, []).append(int(name.split("-")[1]))
    return {name: sorted(numbers) for name, numbers in out.items()}


def tiers(of: Logs, exposed: Exposed) -> tuple[list[int], list[int], list[int]]:
    """The numbers of the certain, the possible and the excluded sessions."""
    names = [int(name.split("-")[1]) for name in keys(of, "sessions", exposed.sessions)]
    certain, possible, excluded = (
        sorted(names[place] for place in exposed.of(each))
        for each in (Strength.certain, Strength.possible, Strength.excluded)
    )
    return certain, possible, excluded


def people(of: Logs, exposed: Exposed, strength: Strength) -> list[str]:
    clients = clients_of(of, exposed)
    return sorted(clients.codes[place] for place in clients.of(strength))


def test_the_gasket_opens_one_window_across_the_void_test_and_the_pending_one() -> None:
    of = logs("broken-gasket")
    (window,) = failure_windows(of, 0, None, AS_OF)
    assert window.machine == "G"
    assert keys(of, "spore_tests", window.failed) == ["ST-05", "ST-06"]
    assert keys(of, "spore_tests", [window.opened_by, window.closed_by]) == ["ST-02", "ST-08"]
    assert sorted(keys(of, "spore_tests", window.unsure)) == ["ST-03", "ST-04"]
    assert len(failed_tests(of, 0, None, AS_OF)) == 2


LOADS = """
    G-106 surely  used        not 3  6
    G-107 surely  released    not 0  5
    G-108 surely  used        not 4  8
    G-109 surely  not_told    not 0  5
    G-110 surely  used        not 2  5
    G-111 surely  used        not 1  4
    G-112 surely  used        not 2  6
    G-113 surely  used        not 2  6
    G-114 surely  used        not 3  5
    G-115 surely  used        back 1 5
    G-116 surely  called_back back 0 5
    G-117 surely  called_back back 0 2
    S-32  perhaps used        not 2  5
    G-119 perhaps used        not 1  5
"""


def test_the_loads_of_the_gasket_and_what_became_of_them() -> None:
    of = logs("broken-gasket")
    (window,) = failure_windows(of, 0, None, AS_OF)
    loads = loads_of(of, window, AS_OF)
    told = [
        [
            key, "surely" if loads.sure[n] else "perhaps", Fate(loads.fate[n]).name,
            "back" if loads.called_back[n] else "not", str(loads.uses[n]), f"{loads.packs[n]:g}",
        ]
        for n, key in enumerate(keys(of, "sterilization_cycles", loads.rows))
    ]  # fmt: skip
    assert told == [line.split() for line in LOADS.strip().splitlines()]


def test_the_sessions_of_the_gasket() -> None:
    of = logs("broken-gasket")
    (window,) = failure_windows(of, 0, None, AS_OF)
    exposed = exposed_by_loads(of, window, loads_of(of, window, AS_OF), AS_OF)
    assert len(exposed) == 60
    assert reasons(of, exposed) == {
        "named": [13, 14, 19, 20, 21, 24, 27, 28, 31, 32, 33, 36, 37, 40, 42, 43, 59],
        "key_blank": [12, 18, 25, 35, 39, 54, 60],
        "load_uncertain": [50, 51, 52],
        "nothing_written": [23, 34],
        "key_dangling": [30],
        "status_contradicts": [41],
        "day_unknown": [46],
        "before": list(range(1, 11)),
        "other_named": [11, 15, 47, 48, 49, 53, 55, 58],
        "not_sterilized_here": [17, 22, 29, 38, 44, 45, 57],
        "not_performed": [16, 26, 56],
    }
    assert [len(tier) for tier in tiers(of, exposed)] == [17, 15, 28]


def test_the_clients_of_the_gasket() -> None:
    of = logs("broken-gasket")
    (window,) = failure_windows(of, 0, None, AS_OF)
    exposed = exposed_by_loads(of, window, loads_of(of, window, AS_OF), AS_OF)
    certain, possible = people(of, exposed, Strength.certain), people(of, exposed, Strength.possible)
    assert " ".join(certain) == "K12 K13 K17 K18 K19 K22 K24 K25 K28 K29 K32 K33 K35 K37 K51"
    assert " ".join(possible) == "K02 K03 K05 K11 K21 K27 K30 K31 K34 K36 K40 K44 K45 K47 K52"
    assert len(people(of, exposed, Strength.excluded)) == 22
    nameless = clients_of(of, exposed).nameless
    assert keys(of, "sessions", exposed.sessions[nameless]) == ["BG-043"]


def recall(entry: str) -> tuple[Logs, str, dict[str, bool], dict[str, str], Exposed, list[int], list[int]]:
    """One entry of the shipped list against the sample: match, lots, what is left of them, sessions, uses apart."""
    of = logs("two-under-one-lot")
    for found, match, lots in matches(of, 0, recall_list(), AS_OF):
        if found.id == entry:
            names = keys(of, "supply_lots", lots.rows)
            sure = dict(zip(names, lots.sure.tolist(), strict=True))
            pairs = zip(names, lots.left, lots.left_open, strict=True)
            left = {name: "left" if there else "not told" if untold else "none" for name, there, untold in pairs}
            exposed = exposed_by_lots(of, 0, lots, AS_OF)
            before, after = (numbers(of, exposed, places) for places in uses(of, exposed, found))
            return of, match, sure, left, exposed, before, after
    raise AssertionError(f"{entry} matches nothing")


def numbers(of: Logs, exposed: Exposed, places: Ints) -> list[int]:
    return sorted(int(name.split("-")[1]) for name in keys(of, "sessions", exposed.sessions[places]))


def test_only_the_two_entries_match() -> None:
    found = {entry.id: match for entry, match, _ in matches(logs("two-under-one-lot"), 0, recall_list(), AS_OF)}
    assert found == {"US-FDA-2024-08-a": "certain", "US-FDA-2024-08-b": "certain"}


def test_carolina_blue() -> None:
    of, match, sure, left, exposed, before, after = recall("US-FDA-2024-08-a")
    assert match == "certain"
    assert sure == {"INK-1": True, "INK-4": False, "INK-7": False}
    assert left == {"INK-1": "not told", "INK-4": "not told", "INK-7": "not told"}
    assert tiers(of, exposed) == (
        [2, 4, 17, 18, 24],
        [1, 9, 10, 11, 12, 13, 20, 22],
        [3, 5, 6, 7, 8, 14, 15, 16, 19, 21, 23],
    )
    assert before == [1, 2, 4, 9, 10, 11, 12, 13, 17]
    assert after == [18, 20, 22, 24]
    assert people(of, exposed, Strength.certain) == ["N02", "N04", "N17", "N23"]
    assert people(of, exposed, Strength.possible) == ["N01", "N09", "N10", "N11", "N12", "N13", "N19", "N21"]


def test_all_purpose_black() -> None:
    of, match, sure, left, exposed, before, after = recall("US-FDA-2024-08-b")
    assert match == "certain"
    assert sure == {"INK-2": True, "INK-4": False}
    assert left == {"INK-2": "left", "INK-4": "not told"}
    assert tiers(of, exposed) == (
        [3, 5, 17, 19, 21],
        [9, 10, 11, 13, 22],
        [1, 2, 4, 6, 7, 8, 12, 14, 15, 16, 18, 20, 23, 24],
    )
    assert before == [3, 5, 9, 10, 11, 13, 17]
    assert after == [19, 22]
    assert people(of, exposed, Strength.certain) == ["N02", "N03", "N05", "N18", "N20"]
    assert people(of, exposed, Strength.possible) == ["N09", "N10", "N11", "N13", "N21"]


@pytest.mark.parametrize("number", ["BL23", "lot bl 23", "Batch BL23"])
def test_the_number_alone_means_everything_under_it(number: str) -> None:
    of = logs("two-under-one-lot")
    lots = lots_numbered(of, 0, number, AS_OF)
    assert keys(of, "supply_lots", lots.rows) == ["INK-1", "INK-2", "INK-3", "INK-4", "INK-5"]
    assert lots.sure.all() and lots.products == 4
    exposed = exposed_by_lots(of, 0, lots, AS_OF, number)
    assert tiers(of, exposed) == (
        [2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 18, 19, 21, 24],
        [11, 12, 13, 15, 20, 22],
        [1, 14, 16, 23],
    )
    assert reasons(of, exposed)["key_blank"] == [11, 12, 15, 20]
    assert reasons(of, exposed)["nothing_written"] == [13, 22]


@pytest.mark.parametrize("sample", ["broken-gasket", "two-under-one-lot"])
def test_the_notes_give_the_counts(sample: str) -> None:
    notes = (ROOT / sample / "README.md").read_text("utf-8")
    counts = {
        "broken-gasket": ("17 certain, 15 possible, 28 excluded", "15 certain, 15 possible, 22 excluded"),
        "two-under-one-lot": ("| a | 5 | 8 | 11 | 9 | 4 | 0 |", "| b | 5 | 5 | 14 | 7 | 2 | 1 |"),
    }
    for said in counts[sample]:
        assert said in notes


@pytest.mark.parametrize(
    ("sample", "question"), [("broken-gasket", "--failed-tests"), ("two-under-one-lot", "--recalls")]
)
def test_a_sample_gives_its_golden_answer(sample: str, question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = CliRunner().invoke(main, ["trace", sample, question, "--as-of", "2026-11-10", "--no-progress"])
    assert found.exit_code == 1
    golden = (ROOT / sample / "expected-trace.txt").read_text("utf-8")
    assert found.stdout == golden, "run `make golden` and read the difference"
