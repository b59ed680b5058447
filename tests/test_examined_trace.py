"""Traces as tired owners' folders give them: other spellings, cells with two things in them, records against another."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from smpcompliance.cli import main

STUDIO = """
studio_id: heron
name: Heron & Thorn
jurisdiction: US-CA
time_zone: America/Los_Angeles
instruments: {instruments}
procedures: [tattoo]
"""
FILES = {
    "equipment": "equipment_id,type,method\nA1,autoclave,steam\n",
    "sterilization_cycles": """cycle_id,equipment_id,cycle_type,started_at,result,disposition,provider
C-1,A1,load,2026-07-01 08:00,pass,released,
C-2,A1,load,2026-09-02 08:00,pass,released,
C-3,A1,load,2026-09-09 08:00,pass,released,
C-4,A1,load,2026-10-05 08:00,pass,released,
""",
    "spore_tests": """spore_test_id,equipment_id,tested_at,result,control_result
T-1,A1,2026-08-01 09:00,pass,growth
T-3,A1,2026-09-05 09:00,fail,growth
T-4,A1,2026-10-01 09:00,pass,growth
""",
    "sessions": """session_id,Artist,client,Date and time,Status
S-1,ZM,K-1,2026-09-03 10:00,Completed
S-2,ZM,K-2,2026-09-10 10:00,Completed
S-3,BT,K-3,2026-10-06 10:00,Completed
S-4,BT,K-4,2026-07-02 10:00,Completed
""",
    "session_supplies": """supply_id,session_id,item_type,brand,product,Lot Number,lot_id,cycle_id
U-1,S-1,tube,,,,,C-2
U-2,S-2,tube,,,,,C-3
U-3,S-3,tube,,,,,C-4
U-4,S-4,tube,,,,,C-1
""",
}
LOTS = """Identifier,Type,Manufacturer,ink name,Lot Number,Date received,Vendor,Qty
I-1,pigment,Quillmark,Harbour Blue,QX23,2026-06-01,Inkwell,2
I-2,pigment,Mooncrow,Dense Lining,MC-7,2026-06-01,Inkwell,2
"""
RECALL = """recall_id,authority,kind,published,brand,also_called,product,maker,lots,expires,reason,source,read_on
OWN-1,FDA,ink,2026-09-10,Quillmark,,Harbour Blue,,QX23,,germs,letter,2026-11-01
"""


class Answer:
    """What a trace of a studio says: its exit code and, per client, the reason that counts; gaps by their words."""

    def __init__(self, folder: Path, *asked: str, instruments: str = "reusable", **files: str) -> None:
        (folder / "studio.yaml").write_text(STUDIO.format(instruments=instruments), "utf-8")
        for name, text in (FILES | files).items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        ran = CliRunner().invoke(
            main, ["trace", str(folder), *asked, "--as-of", "2026-11-10", "--format", "json", "--no-progress"]
        )
        self.exit, data = ran.exit_code, json.loads(ran.stdout)
        found = data["traced"]
        self.clients = {
            each["client"]: each["sessions"][0]["because"] for window in found for each in window["clients"]
        }
        self.excluded = {client for window in found for client in window["excluded_clients"]}
        beside = [gap for one in data["studios"] for gap in one["gaps"]]
        self.gaps = {gap["what"]: gap["count"] for gap in [*beside, *(gap for one in found for gap in one["gaps"])]}


def put(log: str, old: str, new: str) -> dict[str, str]:
    """The files of a log with another text in it."""
    assert old in FILES[log]
    return {log: FILES[log].replace(old, new)}


@pytest.mark.parametrize("name", ["A-1", "Autoclave A1", "A01", "SN 8843"])
def test_a_machine_that_the_tests_call_otherwise_than_its_runs_excludes_nobody(tmp_path: Path, name: str) -> None:
    found = Answer(tmp_path, "--failed-tests", **put("spore_tests", "A1,", f"{name},"))
    assert (found.exit, found.clients) == (1, {"K-1": "load_uncertain", "K-2": "load_uncertain"})
    assert found.gaps["load_called_otherwise"] == 2 and found.gaps["machine_not_logged"] == 1
    assert found.excluded == {"K-3", "K-4"}


def test_one_run_whose_machine_is_spelled_otherwise_may_lie_in_the_window(tmp_path: Path) -> None:
    found = Answer(tmp_path, "--failed-tests", **put("sterilization_cycles", "C-2,A1", "C-2,A-1"))
    assert found.clients == {"K-1": "load_uncertain", "K-2": "named"}
    assert found.gaps["load_called_otherwise"] == 1


def test_two_machines_that_the_list_of_equipment_has_both_are_two(tmp_path: Path) -> None:
    both = {"equipment": FILES["equipment"] + "A-1,autoclave,steam\n"}
    found = Answer(tmp_path, "--failed-tests", **both, **put("sterilization_cycles", "C-2,A1", "C-2,A-1"))
    assert found.clients == {"K-2": "named"} and "K-1" in found.excluded


@pytest.mark.parametrize("result", ["see note", "", "pending"])
def test_a_test_whose_result_nobody_knows_is_no_good_test(tmp_path: Path, result: str) -> None:
    found = Answer(tmp_path, "--failed-tests", **put("spore_tests", "fail,", f"{result},"))
    assert (found.exit, found.clients, found.gaps) == (3, {}, {"test_without_result": 1})


def test_an_unknown_result_within_a_window_is_told_once(tmp_path: Path) -> None:
    more = {"spore_tests": FILES["spore_tests"] + "T-5,A1,2026-09-20 09:00,pending,\n"}
    found = Answer(tmp_path, "--failed-tests", **more)
    assert found.gaps["test_unsure"] == 1 and "test_without_result" not in found.gaps


@pytest.mark.parametrize(
    "run", ["C-2,A1,Bowie-Dick,2026-09-02 08:00,pass,released,", "C-2,A1,load,2026-09-02,,,in house"]
)
def test_a_run_that_is_said_to_be_no_load_and_was_used_is_possible(tmp_path: Path, run: str) -> None:
    old = "C-2,A1,load,2026-09-02 08:00,pass,released,"
    found = Answer(tmp_path, "--failed-tests", **put("sterilization_cycles", old, run))
    assert found.clients == {"K-1": "load_uncertain", "K-2": "named"}
    assert found.gaps["load_said_none"] == 1


def test_two_machines_that_number_their_loads_alike_exclude_nobody(tmp_path: Path) -> None:
    runs = """cycle_id,equipment_id,cycle_type,started_at,result
12,B1,load,2026-09-03 08:00,pass
12,A1,load,2026-09-02 08:00,pass
13,A1,load,2026-09-09 08:00,pass
13,B1,load,2026-09-09 09:00,pass
14,B1,load,2026-09-09 10:00,pass
"""
    used = (
        "supply_id,session_id,item_type,cycle_id\nU-1,S-1,tube,12\nU-2,S-2,tube,13\nU-3,S-3,tube,14\nU-4,S-4,tube,12\n"
    )
    found = Answer(
        tmp_path, "--failed-tests", equipment=FILES["equipment"] + "B1,autoclave,steam\n",
        sterilization_cycles=runs, session_supplies=used,
    )  # fmt: skip
    assert found.clients == {"K-1": "key_unreadable", "K-2": "load_uncertain"}
    assert found.excluded == {"K-3", "K-4"}, "K-3 names a load of the other machine, K-4 came before the window"
    assert found.gaps["key_twice"] == 1


def test_the_same_run_noted_twice_stays_certain(tmp_path: Path) -> None:
    again = FILES["sterilization_cycles"] + "C-2,A1,load,2026-09-02 08:00,pass,held,\n"
    found = Answer(tmp_path, "--failed-tests", sterilization_cycles=again)
    assert found.clients == {"K-1": "named", "K-2": "named"}


def test_two_lots_under_one_code_may_both_be_the_lot(tmp_path: Path) -> None:
    twice = LOTS + "I-1,pigment,Quillmark,Harbour Blue,QX99,2026-07-01,Inkwell,1\n"
    used = "supply_id,session_id,item_type,lot_id\nU-1,S-1,pigment,I-1\nU-2,S-2,pigment,I-2\nU-3,S-3,pigment,I-2\n"
    found = Answer(tmp_path, "--lot", "QX99", ink_lots=twice, session_supplies=used + "U-4,S-4,pigment,I-2\n")
    assert found.clients == {"K-1": "lot_uncertain"} and found.gaps["key_twice"] == 1


@pytest.mark.parametrize("cell", ["QX23/MC-7", "QX23 + MC-7", "MC-7 & QX23", "QX23 MC-7", "MC-7 and lot QX23"])
def test_two_lot_numbers_in_one_cell_may_each_be_meant(tmp_path: Path, cell: str) -> None:
    used = "supply_id,session_id,item_type,Lot Number\n"
    used += f"U-1,S-1,pigment,{cell}\nU-2,S-2,pigment,MC-7\nU-3,S-3,pigment,QX 24\nU-4,S-4,pigment,QX 23\n"
    for asked in (("--lot", "QX23"), ("--recalls", str(tmp_path / "recalls.txt"))):
        (tmp_path / "recalls.txt").write_text(RECALL, "utf-8")
        found = Answer(tmp_path, *asked, ink_lots=LOTS, session_supplies=used)
        assert "K-1" in found.clients and "K-4" in found.clients, asked
        assert found.excluded == {"K-2", "K-3"}, asked


def test_what_is_for_many_uses_or_bought_unsterile_came_out_of_a_sterilizer_in_any_studio(tmp_path: Path) -> None:
    lots = "lot_id,item_type,lot_number,sterile\nN-1,needle,77,no\nN-2,needle,78,\n"
    used = (
        "supply_id,session_id,item_type,lot_id\nU-1,S-1,reusable instrument,\nU-2,S-2,needle,N-1\nU-3,S-3,needle,N-2\n"
    )
    found = Answer(tmp_path, "--failed-tests", instruments="single_use_only", supply_lots=lots, session_supplies=used)
    assert found.clients == {"K-1": "key_blank", "K-2": "key_blank"} and found.excluded == {"K-3", "K-4"}
