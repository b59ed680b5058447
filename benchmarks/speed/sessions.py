"""Sessions and needle lots of invented studios: clean, with one bad record in a hundred, or dirty.

Only the standard library, and always the same bytes for the same size.
"""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

from checks import PROCEDURES

HEADS = (
    "studio_id,session_id,practitioner_id,client_id,procedure,receipt_number,started_at,ended_at,consent_signed_at,"
    "needle_lot_number,station"
)
SIZES = {"1k": (1_000, 1), "10k": (10_000, 5), "100k": (100_000, 50), "1M": (1_000_000, 500), "3M": (3_000_000, 1500)}
"""Name → sessions and studios."""
LOTS = 40
"""Lots of a studio; the first of them expired before the year began."""
FIRST_DAY = datetime(2025, 1, 1)
BAD = 0.01
DIRT = ("clean", "short-rows", "long-rows", "torn-quotes", "cp1252", "quoted-breaks")
STATIONS = ("1", "2", "chair by the window", "back room")


def make(folder: Path, size: str, dirt: str = "clean", bad: float = BAD, law: str = "EIGHT") -> None:
    """Writes the studios of a size into a new folder, and beside a dirty one which records were soiled, as JSON.

    Under another `law` than the eight checks the studios also have sterilizers, cycles and spore tests.
    """
    count, studios = SIZES[size]
    folder.mkdir(parents=True)
    (folder / "studios.csv").write_text(
        "studio_id,name,jurisdiction\n" + "".join(f"S{n:04},Studio {n},{law}\n" for n in range(studios)), "utf-8"
    )
    draw = random.Random(f"lots {size}")
    with open(folder / "supply_lots.csv", "w", encoding="utf-8", newline="") as file:
        file.write("studio_id,lot_id,item_type,lot_number,expires_on,received_on\n")
        for studio in range(studios):
            for lot in range(LOTS):
                until = date(2026, 3, 1) + timedelta(days=draw.randrange(900)) if lot else date(2024, 12, 1)
                file.write(f"S{studio:04},{_lot(studio, lot)},needle,{_lot(studio, lot)},{until},2024-11-01\n")
    encoding = "cp1252" if dirt == "cp1252" else "utf-8"
    with open(folder / "sessions.csv", "w", encoding=encoding, newline="") as file:
        file.write(HEADS + "\n")
        line, lines, soiled = 2, [], []
        for n, (text, is_soiled) in enumerate(
            _soiled(_records(count, studios, random.Random(f"sessions {size}"), bad), dirt, random.Random(dirt))
        ):
            file.write(text + "\n")
            if dirt != "clean":
                lines.append(line)
                line += 1 + text.count("\n")
                soiled += [n] * is_soiled
    if law != "EIGHT":
        _sterilizers(folder, count, studios)
    if dirt != "clean":
        folder.with_suffix(".json").write_text(json.dumps({"lines": lines, "soiled": soiled}), "utf-8")


def _sterilizers(folder: Path, count: int, studios: int) -> None:
    """A sterilizer for each studio, a cycle for every five sessions of it, a spore test every four weeks."""
    names = ("equipment.csv", "sterilization_cycles.csv", "spore_tests.csv")
    heads = (
        "studio_id,equipment_id,equipment_type,method,installed_on",
        "studio_id,cycle_id,equipment_id,cycle_type,started_at,ended_at,contents,result,temperature_c,exposure_minutes",
        "studio_id,spore_test_id,equipment_id,tested_at,result_on,result,control_result",
    )
    with ExitStack() as stack:
        files = [stack.enter_context(open(folder / name, "w", encoding="utf-8", newline="")) for name in names]
        for file, head in zip(files, heads, strict=True):
            file.write(head + "\n")
        equipment, cycles, tests = files
        for studio in range(studios):
            id, each = f"S{studio:04}", max(1, count // studios // 5)
            equipment.write(f"{id},E1,autoclave,steam,2023-01-02\n")
            for n in range(each):
                start = FIRST_DAY + timedelta(minutes=n * 365 * 1440 // each // 60 * 60 + 600)
                end = start + timedelta(minutes=40)
                times = f"{start:%Y-%m-%d %H:%M},{end:%Y-%m-%d %H:%M}"
                cycles.write(f"{id},C{n:05},E1,load,{times},tubes and grips,pass,134,4\n")
            for n in range(13):
                day = FIRST_DAY + timedelta(days=28 * n + 3)
                tests.write(f"{id},T{n:02},E1,{day:%Y-%m-%d},{day + timedelta(days=3):%Y-%m-%d},pass,growth\n")


def _lot(studio: int, lot: int) -> str:
    return f"N{lot:03}-{studio:04}"


def _records(count: int, studios: int, draw: random.Random, bad: float) -> Iterator[list[str]]:
    """The sessions of a year, the studios in turn; every hundredth or so has one thing wrong with it."""
    last: dict[int, str] = {}
    for n in range(count):
        studio, own = n % studios, n // studios
        minute = own * 365 * 24 * 60 * studios // count
        start = FIRST_DAY + timedelta(minutes=minute // 1440 * 1440 + 8 * 60 + minute % 1440 * 10 // 24)
        end = start + timedelta(minutes=draw.randrange(20, 200))
        consent = start - timedelta(minutes=draw.randrange(5, 5000))
        receipt = f"R-{own:06}"
        record = [
            f"S{studio:04}",
            f"A-{own:06}",
            f"P{draw.randrange(8)}",
            f"C-{draw.randrange(2000):05}",
            draw.choice(PROCEDURES),
            receipt,
            f"{start:%Y-%m-%d %H:%M}",
            f"{end:%Y-%m-%d %H:%M}",
            f"{consent:%Y-%m-%d %H:%M}",
            _lot(studio, draw.randrange(1, LOTS)),
            draw.choice(STATIONS),
        ]
        if draw.random() < bad:
            match draw.randrange(8):
                case 0:
                    record[5] = last.pop(studio, receipt)
                case 1:
                    record[2] = ""
                case 2:
                    record[4] = "branding"
                case 3:
                    record[3] = "C" + record[3][2:]
                case 4:
                    record[7] = f"{start - timedelta(minutes=10):%Y-%m-%d %H:%M}"
                case 5:
                    record[8] = f"{start + timedelta(minutes=15):%Y-%m-%d %H:%M}"
                case 6:
                    record[9] = "N999-0000"
                case 7:
                    record[9] = _lot(studio, 0)
        if record[5] == receipt:
            last[studio] = receipt
        yield record


def _soiled(records: Iterator[list[str]], dirt: str, draw: random.Random) -> Iterator[tuple[str, bool]]:
    """The lines of the records, and whether each is soiled: one in a hundred, of torn quotes one in five thousand."""
    chance = {"clean": 0.0, "torn-quotes": 0.0002}.get(dirt, 0.01)
    for record in records:
        if is_soiled := draw.random() < chance:
            match dirt:
                case "short-rows":
                    record = record[:-2]
                case "long-rows":
                    record = [*record[:3], "1", *record[3:]]
                case "torn-quotes":
                    record[10] = '"' + record[10]
                case "cp1252":
                    record[10] = "chaise près de la fenêtre"
                case "quoted-breaks":
                    record[10] = '"chair by\nthe window"'
        yield ",".join(record), is_soiled
