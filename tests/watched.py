"""What an audit costs, in numbers that do not depend on the machine: `python tests/watched.py` measures, `--store` keeps.

The studios are made by arithmetic, so that every run reads the same bytes: sessions with supplies, lots, loads, spore
tests, forms and clients, judged by the rules of California.
"""

import json
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from smpcompliance import api, dates
from smpcompliance.checks.judging import Rows
from smpcompliance.rules.ruleset import law_at

STORED = Path(__file__).parent / "data" / "watched.json"
STUDIOS, SESSIONS = 10, 200
LOTS, LOADS = 12, 40
YEAR, AS_OF = "2025", date(2026, 1, 15)


def write(folder: Path, sessions: int = SESSIONS) -> None:
    """The studios as tables with a `studio_id`."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [f"S{n:02}" for n in range(STUDIOS)]
    start = [
        datetime(2025, 1, 1, 9) + timedelta(days=n * 364 // sessions, minutes=n * 37 % 540) for n in range(sessions)
    ]
    profile = "US-CA,America/Los_Angeles,reusable,2019-01-01,tattoo"
    tables = {
        "studios": ("name,jurisdiction,time_zone,instruments,opened_on,procedures", [f"Studio,{profile}"]),
        "practitioners": ("practitioner_id,name", [f"P{n},Some Body" for n in range(3)]),
        "equipment": ("equipment_id,equipment_type,method", ["A1,sterilizer,steam"]),
        "clients": ("client_id,birth_date,phone", [f"C{n},1990-01-0{n % 9 + 1},555" for n in range(sessions // 2)]),
        "spore_tests": (
            "spore_test_id,equipment_id,tested_at,result",
            [f"T{n},A1,2025-{n + 1:02}-05,{'fail' if n == 6 else 'pass'}" for n in range(12)],
        ),
        "sterilization_cycles": (
            "cycle_id,equipment_id,cycle_type,started_at,temperature_c,exposure_minutes,result,disposition",
            [
                f"L{n},A1,load,{datetime(2025, 1, 1, 8) + timedelta(days=n * 9):%Y-%m-%d %H:%M},134,4,pass,released"
                for n in range(LOADS)
            ],
        ),
        "supply_lots": (
            "lot_id,item_type,brand,lot_number,received_on,expires_on,sterile",
            [
                f"N{n},{'needle' if n % 2 else 'pigment'},Acme,LOT-{n},2024-12-01,{'2025-06-30' if n == 3 else '2027-06-30'},yes"
                for n in range(LOTS)
            ],
        ),
        "sessions": (
            "session_id,started_at,ended_at,client_id,practitioner_id,consent_id,procedure,body_site,status",
            [
                f"X{n},{at:%Y-%m-%d %H:%M},{at + timedelta(hours=2):%Y-%m-%d %H:%M},C{n % (sessions // 2)},P{n % 3},F{n},"
                f"tattoo,arm,performed"
                for n, at in enumerate(start)
            ],
        ),
        "session_supplies": (
            "supply_id,session_id,item_type,lot_id,cycle_id",
            [
                f"U{n},X{n // 2},{'needle' if n % 2 else 'pigment'},N{n % LOTS},{f'L{n % LOADS}' if n % 4 == 1 else ''}"
                for n in range(2 * sessions)
            ],
        ),
        "consent_forms": (
            "consent_id,client_id,signed_at,signed_by,procedure",
            [
                f"F{n},C{n % (sessions // 2)},{at - timedelta(minutes=20):%Y-%m-%d %H:%M},client,tattoo"
                for n, at in enumerate(start)
            ],
        ),
    }
    for name, (head, rows) in tables.items():
        lines = [f"studio_id,{head}", *(f"{id},{row}" for id in ids for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def measured(folder: Path) -> dict[str, int]:
    """What reading and judging cost, each measured twice: once for the calls, once for the memory.

    Returns:
        calls_read, calls_judge: calls of Python functions. peak_read, peak_judge: KiB that Python and numpy held at
        most, beyond what was held before. passes: columns taken for conditions. cells: cells of these columns.
        judged: records judged, over all rules.
    """
    read: Callable[[], Any] = lambda: api.hand_in([folder], (), (), law_at())  # noqa: E731
    handed = read()
    judge: Callable[[], Any] = lambda: api.judge(read_again(handed), dates.period(YEAR), AS_OF)  # noqa: E731
    judge()
    found: dict[str, int] = {}
    for name, run in (("read", read), ("judge", judge)):
        found[f"calls_{name}"] = calls(run)
        found[f"peak_{name}"] = peak(run)
    found["passes"], found["cells"] = columns(judge)
    found["judged"] = sum(result.examined for result in judge().results)
    return found


def read_again(handed: api.Handed) -> api.Handed:
    """The same records without what earlier audits of them kept."""
    from dataclasses import replace

    logs = handed.reading.intake.logs
    tables = {name: replace(log, _typed={}) for name, log in logs.tables.items()}
    fresh = type(logs)(logs.studios, tables, logs.handed_in)
    return replace(handed, reading=replace(handed.reading, intake=replace(handed.reading.intake, logs=fresh)))


def calls(run: Callable[[], object]) -> int:
    """How many Python functions are called."""
    count = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def peak(run: Callable[[], object]) -> int:
    """KiB held at most."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] // 1024
    finally:
        tracemalloc.stop()


def columns(run: Callable[[], object]) -> tuple[int, int]:
    """How many columns conditions take, and their cells."""
    seen, cells, real = 0, 0, Rows.cells

    def noted(self: Rows, path: str) -> Any:
        nonlocal seen, cells
        seen, cells = seen + 1, cells + len(self)
        return real(self, path)

    Rows.cells = noted  # type: ignore[method-assign]
    try:
        run()
    finally:
        Rows.cells = real  # type: ignore[method-assign]
    return seen, cells


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        write(Path(place))
        values = measured(Path(place))
    print(json.dumps(values, indent=1))
    if "--store" in sys.argv:
        STORED.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
