"""Makes tables of many studios: python benchmarks/fleet/make.py FOLDER [--rows N] [--studios N] [--folders N]

Each folder holds tables of some of the studios with a column studio_id, as a software house exports them: sessions,
what was used in them, consents, lots, sterilizer runs, spore tests, machines, people. Nothing of it is anybody's.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

LOTS, CYCLES, TESTS, PEOPLE = 40, 100, 12, 5
FIXED = 2 * LOTS + CYCLES + TESTS + PEOPLE + 1  # records of a studio beside those of its sessions
PER_SESSION = 4  # the session, its consent, a needle and a pigment
YEAR = np.datetime64("2025-01-01")
Columns = dict[str, np.ndarray | list[str]]


def main() -> None:
    """Writes the tables and says how many records there are."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--rows", type=int, default=20_000_000, help="records of all logs")
    asked.add_argument("--studios", type=int, default=10_000)
    asked.add_argument("--folders", type=int, default=40)
    given = asked.parse_args()
    sessions = max(1, round((given.rows / given.studios - FIXED) / PER_SESSION))
    edges = np.linspace(0, given.studios, given.folders + 1).astype(int)
    for n, (first, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        if first < end:
            write(given.folder / f"{n:03d}", np.arange(first, end), sessions)
    print(f"{given.studios:,} studios, {given.studios * (sessions * PER_SESSION + FIXED):,} records, in {given.folder}")


def write(folder: Path, studios: np.ndarray, sessions: int) -> None:
    """The tables of some studios."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(int(studios[0]))
    ids = numbered("S", studios, 5)
    put(folder, "studios", profile(ids))
    whose, k = np.repeat(ids, sessions), np.tile(np.arange(sessions), len(ids))
    start = YEAR + (k * 365 // sessions) * np.timedelta64(1440, "m") + rng.integers(540, 1140, len(k)).astype("m8[m]")
    session, client = numbered("X", k, 6), numbered("C", k % max(1, sessions // 2), 0)
    put(folder, "sessions", {
        "studio_id": whose, "session_id": session, "started_at": minute(start),
        "ended_at": minute(start + rng.integers(30, 240, len(k)).astype("m8[m]")), "client_id": client,
        "practitioner_id": numbered("P", rng.integers(1, PEOPLE + 1, len(k)), 0), "consent_id": numbered("F", k, 0),
        "procedure": same("tattoo", k), "body_site": same("arm", k), "status": same("performed", k),
    })  # fmt: skip
    late = rng.random(len(k)) < 0.01
    signed = start + np.where(late, 60, -20).astype("m8[m]")
    put(folder, "consent_forms", {
        "studio_id": whose, "consent_id": numbered("F", k, 0), "client_id": client, "signed_at": minute(signed),
        "signed_by": same("client", k), "procedure": same("tattoo", k),
    })  # fmt: skip
    used = np.arange(2 * len(k))
    needle, lot = used % 2 == 0, rng.integers(0, LOTS, len(used))
    put(folder, "session_supplies", {
        "studio_id": np.repeat(whose, 2), "supply_id": numbered("U", used % (2 * sessions), 0),
        "session_id": np.repeat(session, 2), "item_type": np.where(needle, "needle", "pigment"),
        "lot_id": np.char.add(np.where(needle, "N", "I"), lot.astype(str)), "quantity": same("1", used),
        "cycle_id": np.where(needle, "", numbered("L", rng.integers(0, CYCLES, len(used)), 0)),
    })  # fmt: skip
    stock(folder, ids, rng)


def stock(folder: Path, ids: np.ndarray, rng: np.random.Generator) -> None:
    """Lots, machines and their runs, tests, people."""
    whose, k = np.repeat(ids, 2 * LOTS), np.tile(np.arange(2 * LOTS), len(ids))
    lot = np.char.add(np.where(k < LOTS, "N", "I"), (k % LOTS).astype(str))
    put(folder, "supply_lots", {
        "studio_id": whose, "lot_id": lot, "item_type": np.where(k < LOTS, "needle", "pigment"),
        "brand": same("Acme", k), "lot_number": np.char.add("LOT-", lot), "received_on": same("2024-12-01", k),
        "sterile": same("yes", k),
        "expires_on": np.where(rng.random(len(k)) < 0.02, "2025-06-30", "2027-06-30"), "quantity": same("100", k),
    })  # fmt: skip
    whose, k = np.repeat(ids, CYCLES), np.tile(np.arange(CYCLES), len(ids))
    run = YEAR + (480 + (k * 365 // CYCLES) * 1440).astype("m8[m]")
    put(folder, "sterilization_cycles", {
        "studio_id": whose, "cycle_id": numbered("L", k, 0), "equipment_id": same("A1", k),
        "cycle_type": same("load", k), "started_at": minute(run), "temperature_c": same("134", k),
        "exposure_minutes": same("4", k), "result": same("pass", k), "internal_indicator_type": same("5", k),
        "internal_indicator_result": same("pass", k), "operator_id": same("P1", k), "disposition": same("released", k),
    })  # fmt: skip
    whose, k = np.repeat(ids, TESTS), np.tile(np.arange(TESTS), len(ids))
    month = np.datetime64("2025-01") + k.astype("m8[M]")
    put(folder, "spore_tests", {
        "studio_id": whose, "spore_test_id": numbered("T", k, 0), "equipment_id": same("A1", k),
        "tested_at": np.char.add(np.datetime_as_string(month), "-05"),
        "result": np.where(rng.random(len(k)) < 0.01, "fail", "pass"),
    })  # fmt: skip
    put(folder, "equipment", {
        "studio_id": ids, "equipment_id": same("A1", ids), "equipment_type": same("sterilizer", ids),
        "method": same("steam", ids),
    })  # fmt: skip
    whose, k = np.repeat(ids, PEOPLE), np.tile(np.arange(1, PEOPLE + 1), len(ids))
    put(folder, "practitioners", {"studio_id": whose, "practitioner_id": numbered("P", k, 0)})


def profile(ids: np.ndarray) -> Columns:
    """A row for each studio, as in its studio.yaml."""
    return {
        "studio_id": ids, "name": np.char.add("Studio ", ids), "jurisdiction": same("US-CA", ids),
        "time_zone": same("America/Los_Angeles", ids), "instruments": same("reusable", ids),
        "opened_on": same("2019-01-01", ids), "procedures": same("tattoo", ids),
    }  # fmt: skip


def numbered(letter: str, numbers: np.ndarray, figures: int) -> np.ndarray:
    return np.char.add(letter, np.char.zfill(numbers.astype(str), figures))


def same(text: str, beside: np.ndarray) -> np.ndarray:
    return np.full(len(beside), text)


def minute(at: np.ndarray) -> np.ndarray:
    return np.char.replace(np.datetime_as_string(at, unit="m"), "T", " ")


def put(folder: Path, name: str, columns: Columns) -> None:
    csv.write_csv(pa.table({head: pa.array(cells) for head, cells in columns.items()}), folder / f"{name}.csv")


if __name__ == "__main__":
    main()
