"""A small studio for the tests of traces: a failed test, a recalled ink, clients and artists who are called by name."""

from pathlib import Path

from smpcompliance.api import trace_studios
from smpcompliance.trace.run import Kind, Trace

DAY = "2026-11-10"
NAMES = ("Odalys Brightwater", "Tamsin Quillfeather", "Perpetua Nettlebed", "Lysander Oakapple")
CONTACTS = (
    "555-0142", "555-0143", "odalys@example.com", "tamsin@example.net", "17 Invented Lane", "23 Nowhere Row",
    "1988-04-13", "1991-12-30", "13 April 1988", "+1 (555) 0144",
)  # fmt: skip
ARTISTS = ("Zephyrine Marrowick", "Barnaby Thistledown", "555-0190", "1979-02-03")
SECRETS = (*NAMES, *CONTACTS, *ARTISTS, "Brightwater", "Quillfeather", "Marrowick", "Thistledown")
"""What no output may hold unless names are asked for."""

STUDIO = """
studio_id: {id}
name: Heron & Thorn
jurisdiction: US-CA
time_zone: America/Los_Angeles
instruments: reusable
procedures: [tattoo]
pseudonym_key: a-secret-of-the-studio
"""
FILES = {
    "clients": """client code,full name,date of birth,home address,phone number,email address
{c1},Odalys Brightwater,1988-04-13,17 Invented Lane,555-0142,odalys@example.com
{c2},Tamsin Quillfeather,1991-12-30,23 Nowhere Row,555-0143,tamsin@example.net
{c3},Perpetua Nettlebed,1990-01-01,,+1 (555) 0144,
{c4},Lysander Oakapple,1985-05-05,,,
""",
    "staff": """{staff}full name,date of birth,contact,role,start date
{s1}Zephyrine Marrowick,1979-02-03,555-0190,artist,2024-01-01
{s2}Barnaby Thistledown,1980-02-03,555-0191,artist,2024-01-01
""",
    "sessions": """{number}Artist,client,station,Date and time,Status
{n1}{a1},{w1},Chair 1,2026-09-03 10:00,Completed
{n2}{a1},{w2},Chair 1,2026-09-10 10:00,Completed
{n3}{a2},{w3},Chair 2,2026-09-12 10:00,Completed
{n4}{a2},{w4},Chair 2,2026-07-01 10:00,Completed
{n5}{a2},,Chair 2,2026-09-14 10:00,Completed
{n6}{a1},{w1},Chair 1,2026-09-15 10:00,Cancelled
""",
    "equipment": "equipment_id,type,method,installed\nA1,autoclave,steam,2025-01-01\n",
    "sterilization_cycles": """cycle_id,equipment_id,cycle_type,started_at,result,packs,disposition,operator_id
C-1,A1,load,2026-07-01 08:00,pass,4,released,{a1}
C-2,A1,load,2026-09-02 08:00,pass,4,released,{a1}
C-3,A1,load,2026-09-09 08:00,pass,4,held,{a2}
""",
    "spore_tests": """spore_test_id,equipment_id,tested_at,result,control_result,tested_by
T-1,A1,2026-08-01 09:00,pass,growth,Zephyrine Marrowick
T-2,A1,2026-08-20 09:00,pass,no_growth,Zephyrine Marrowick
T-3,A1,2026-09-05 09:00,fail,growth,Zephyrine Marrowick
T-4,A1,2026-10-01 09:00,pass,growth,Barnaby Thistledown
""",
    "ink_lots": """Identifier,Type,Manufacturer,ink name,Lot Number,Date received,Vendor,Qty,Papers
I-1,pigment,Bloodline,Carolina Blue 1/2oz,BL23,2026-06-01,Inkwell Supply,2,invoice
I-2,pigment,Night Harbour,Dense Lining,NH-7,2026-06-01,Inkwell Supply,2,
""",
}
WITH_IDS = """supply_id,session_id,item_type,brand,product,Lot Number,cycle_id
U-1,S-1,tube,,,,C-2
U-2,S-1,pigment,Bloodline,Carolina Blue 1/2oz,BL23,
U-3,S-2,tube,,,,C-3
U-4,S-3,tube,,,,
U-5,S-3,pigment,,,,
U-6,S-4,tube,,,,C-1
U-7,S-5,tube,,,,C-2
Odalys Brightwater,torn,line,with,too,many,cells,in it
"""
CODES = {
    "c1": "K-1", "c2": "K-2", "c3": "K-3", "c4": "K-4", "w1": "K-1", "w2": "K-2", "w3": "K-3", "w4": "K-4",
    "staff": "initials,", "s1": "ZM,", "s2": "BT,", "a1": "ZM", "a2": "BT", "number": "session no.,",
    **{f"n{n}": f"S-{n}," for n in range(1, 7)},
}  # fmt: skip
CALLED = CODES | {
    "w1": NAMES[0], "w2": NAMES[1], "w3": NAMES[2], "w4": NAMES[3], "a1": ARTISTS[0], "a2": ARTISTS[1],
    "staff": "", "s1": "", "s2": "",
}  # fmt: skip
"""The same studio, in which clients and artists are called by name everywhere."""


def studio(folder: Path, called: bool = False, id: str = "heron") -> Path:
    """Writes the studio; `called` where its logs call people by name."""
    place = folder / id
    place.mkdir(parents=True)
    (place / "studio.yaml").write_text(STUDIO.format(id=id), "utf-8")
    for name, text in (FILES | {"session_supplies": WITH_IDS}).items():
        filled = text if name == "session_supplies" else text.format(**(CALLED if called else CODES))
        (place / f"{name}.csv").write_text(filled, "utf-8")
    return place


def traced(place: Path, kind: Kind, key: str = "", **how: object) -> Trace:
    """A trace of the studio as of `DAY`."""
    return trace_studios(place, as_of=DAY, kind=kind, key=key, **how)  # type: ignore[arg-type]


QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("--failed-tests",),
    ("--equipment", "A1"),
    ("--lot", "BL23"),
    ("--lot", "no such lot"),
    ("--recalls",),
    ("--practitioner", "Zephyrine Marrowick"),
    ("--client", "Odalys Brightwater"),
    ("--station", "Chair 1"),
    ("--period", "2026-09"),
    ("--drill",),
)
"""Every question, people asked for by their names."""
