"""Small random studios as their CSV exports would have them, with every kind of gap; the same seed, the same studios."""

import random
from collections.abc import Iterator

import numpy as np

from smpcompliance.logs.intake.build import assemble
from smpcompliance.logs.intake.raw import RawTable, SourceFile
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.intake.tables.delimited import read
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs

UNTOLD = "\ufffe"
HEADS = {
    "equipment": "studio_id,equipment_id,equipment_type,method",
    "spore_tests": "studio_id,spore_test_id,equipment_id,cycle_id,tested_at,result_on,result,control_result",
    "sterilization_cycles": "studio_id,cycle_id,equipment_id,cycle_type,started_at,provider,disposition,packs",
    "sessions": "studio_id,session_id,practitioner_id,client_id,station,status,started_at,ended_at",
    "session_supplies": "studio_id,supply_id,session_id,item_type,brand,product,color,lot_id,lot_number,cycle_id,quantity",
    "supply_lots": "studio_id,lot_id,item_type,brand,product,color,lot_number,expires_on,received_on,quantity,sterile,single_use,cycle_id",
}
NUMBERS = (
    "BL23",
    "LOT BL23",
    "bl 23",
    "BL-23",
    "BL24",
    "0712",
    "712",
    "IB26C0218",
    "IB26CO218",
    "IB26C021B",
    "Batch X9",
)
BRANDS = ("Mooncrow", "mooncrow", "Mooncrew", "Sable & Co")
PRODUCTS = ("Harbour Blue", "Night Black", "Night Black 30 ml")
COLORS = ("blue", "black")
ITEMS = (
    "pigment",
    "needle",
    "cartridge",
    "grip",
    "tube",
    "reusable_instrument",
    "glove",
    "anesthetic",
    "jewelry",
    "dressing",
)


class _Die:
    """A seeded source of cells."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.days = [f"2025-{m:02}-{d:02}" for m in (2, 3) for d in range(1, 29)]
        self.days = sorted(self.random.sample(self.days, self.random.randint(4, 24)))
        self.untidy = self.random.choice((0.0, 0.3, 1.0))
        self.timed = self.random.choice((0.1, 0.5, 0.9))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def flaw(self, share: float) -> bool:
        return self.random.random() < share * self.untidy

    def of(self, *choices: str) -> str:
        return self.random.choice(choices)

    def some(self, *choices: str, blank: float = 0.2) -> str:
        return "" if self.flaw(blank) else self.random.choice(choices)

    def moment(self) -> str:
        if self.flaw(0.15):
            return self.of("", "soon", "2025-02", "2025-03", "2025-04", "2025-03-09", "2026-02-02", "n/a")
        day = self.random.choice(self.days)
        return f"{day} {self.of('09:00', '10:00', '14:30', '18:05')}" if self.chance(self.timed) else day

    def keys(self, many: list[str], blank: float = 0.15) -> str:
        if self.flaw(blank) or not many:
            return self.of("", "", "nowhere", UNTOLD) if self.flaw(0.6) else ""
        return self.random.choice(many)

    def upto(self, most: int) -> int:
        return self.random.randint(0, most)


def _tables(studio: str, die: _Die) -> Iterator[tuple[str, list[list[str]]]]:
    machines = die.random.sample(["A1", "A2", "B1", "C"], die.upto(4))
    cycles = [f"L{n}" for n in range(die.upto(25))]
    lots = [f"K{n}" for n in range(die.upto(8))]
    sittings = [f"S{n}" for n in range(die.upto(30))]
    yield "equipment", [[studio, each, "sterilizer", die.of("steam", "dry_heat")] for each in machines]
    yield "spore_tests", [
        [
            studio, f"T{n}", die.keys(machines), die.keys(cycles, 0.5) if die.chance(0.4) else "", die.moment(),
            die.some("2025-03-20", ""), die.some("pass", "pass", "fail", "void", "pending", "odd", blank=0.1),
            "no_growth" if die.flaw(0.15) else die.of("growth", ""),
        ]
        for n in range(die.upto(12))
    ]  # fmt: skip
    back = die.chance(0.15)
    yield "sterilization_cycles", [
        [
            studio, each, die.keys(machines), "bowie_dick" if die.chance(0.1) else die.some("load", "load", "odd"),
            die.moment(), "Steri Service" if die.flaw(0.1) else "",
            die.of("held", "reprocessed", "discarded") if back else die.some("released", "released", "held", "discarded"),
            die.some("4", "9"),
        ]
        for each in cycles
    ]  # fmt: skip
    yield "sessions", [
        [
            studio, each, die.some("P1", "P2"), die.some("C1", "C2", "C3", "C4"), die.some("Chair 1", "chair 1", "Room 2"),
            die.some(*["performed"] * 12, "booked", "cancelled", "no_show", "odd"), die.moment(),
            die.moment() if die.chance(0.1) else "",
        ]
        for each in sittings
    ]  # fmt: skip
    named = [] if back else cycles
    yield "session_supplies", [_entry(studio, n, die, sittings, lots, named) for n in range(die.upto(60))]
    yield "supply_lots", [_lot(studio, each, die, named) for each in lots]


def _entry(studio: str, n: int, die: _Die, sittings: list[str], lots: list[str], cycles: list[str]) -> list[str]:
    item = die.some(*ITEMS)
    return [
        studio, f"E{n}", die.keys(sittings, 0.1), item,
        *((die.some(*BRANDS), die.some(*PRODUCTS), die.some(*COLORS)) if die.chance(0.5) else ("", "", "")),
        die.keys(lots, 0.3) if die.chance(0.5) else "",
        (UNTOLD if die.flaw(0.05) else die.of(*NUMBERS)) if die.chance(0.4) else "",
        die.keys(cycles, 0.2) if die.chance(0.4) else "", die.of("1", "2", ""),
    ]  # fmt: skip


def _lot(studio: str, key: str, die: _Die, cycles: list[str]) -> list[str]:
    return [
        studio, key, die.some(*ITEMS), die.some(*BRANDS), die.some(*PRODUCTS), die.some(*COLORS),
        UNTOLD if die.flaw(0.05) else die.some(*NUMBERS), die.of("2027-05", "2027-05-31", "", ""),
        die.some("2025-02-03", "2025-02-20", "2025-03-11", "2025-02", "2026-03-03"), die.some("1", "40"),
        die.of("yes", "no", ""), die.of("yes", "no", ""), die.keys(cycles, 0.3) if die.chance(0.2) else "",
    ]  # fmt: skip


def studios(seed: int, many: int = 2) -> Logs:
    """Some studios read together; each log is one table of all of them, as a fleet hands it in."""
    known, rows = [], {name: [] for name in HEADS}
    empty: list[tuple[int, str]] = []
    for code in range(many):
        die = _Die(seed * 1_000 + code)
        name = f"studio-{code}"
        known.append(
            Studio(name, name, instruments=die.random.choice(["reusable", "single_use_only", None, "reusable"]))
        )
        for log, cells in _tables(name, die):
            if cells and not die.flaw(0.12):
                rows[log] += cells
            elif die.chance(0.5):
                empty.append((code, log))
    sources = [Source.of(0, _table(log, cells), log) for log, cells in rows.items() if cells]
    sources += [
        Source.of(code, RawTable(f"{log}-{code}.csv", (), (), np.zeros(0, np.int64)), log) for code, log in empty
    ]
    return assemble(known, sources).logs


def _table(log: str, cells: list[list[str]]) -> RawTable:
    text = "\n".join([HEADS[log], *(",".join(row) for row in cells)])
    return read(SourceFile(f"{log}.csv", text.encode()))[0]
