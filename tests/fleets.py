"""Small fleets for the tests: folders of studios, and tables of many studios."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import law
import pytest

from smpcompliance.fleet.bucket import Question, audit_bucket
from smpcompliance.fleet.dataset import Dataset
from smpcompliance.rules.shelves import Law, law_at

HEAD = """title: {title}
severity: {severity}
citation: {{text: s. {n}, source: act}}
basis: text
verified: 2026-01-01
message: "{message}"
remedy: See to it.
"""

CHECKS = {
    "consent": """check:
  kind: record
  log: sessions
  require: {consent.signed_at: {not_after: started_at}}
""",
    "expiry": """check:
  kind: record
  log: session_supplies
  require: {lot.expires_on: {not_before: session.started_at}}
""",
    "spore-test": """check:
  kind: interval
  log: spore_tests
  per: equipment_id
  every: P1M
  reckon: calendar
""",
    "cleaning": """check:
  kind: record
  log: cleaning_records
  require: {cleaned_at: {required: true}}
""",
    "sharps": """check:
  kind: attest
  ask: Do needles go straight into the container?
""",
}

MESSAGES = {"consent": "{session_id}: the consent is amiss"}

MONTHS = [f"{month:02d}" for month in range(1, 7)]
PERIOD, AS_OF = "2026-01-01/2026-06-30", "2026-07-10"


def small_law(folder: Path) -> Path:
    """Rulesets of two places: AA asks five things, BB two of them."""
    severities = {
        "consent": "major",
        "expiry": "critical",
        "spore-test": "critical",
        "cleaning": "minor",
        "sharps": "major",
    }
    for place, rules in (("AA", list(CHECKS)), ("BB", ["consent", "spore-test"])):
        law.law(
            folder,
            place,
            **{
                rule: HEAD.format(
                    title=f"About {rule}",
                    severity=severities[rule],
                    n=n,
                    message=MESSAGES.get(rule, f"{rule} is amiss"),
                )
                + CHECKS[rule]
                for n, rule in enumerate(rules, 1)
            },
        )
    return folder


@contextmanager
def under_small_law(folder: Path) -> Iterator[Law]:
    """A small law, meanwhile instead of that of the program."""
    small_law(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMPCOMPLIANCE_RULESETS", str(folder))
        yield law_at(folder)


def tables(folder: Path, studios: int, first: int = 0, places: tuple[str, str] = ("AA", "BB")) -> Path:
    """Tables with a studio_id: every third studio has a session without a consent in time, every fifth a dead lot."""
    folder.mkdir(parents=True)
    heads = {
        "studios": "studio_id,name,jurisdiction,time_zone,procedures,instruments,opened_on",
        "sessions": "studio_id,session_id,started_at,ended_at,client_id,practitioner_id,consent_id,procedure,status,Mood",
        "consent_forms": "studio_id,consent_id,client_id,signed_at,signed_by,procedure",
        "session_supplies": "studio_id,session_id,item_type,lot_id,quantity",
        "supply_lots": "studio_id,lot_id,item_type,brand,lot_number,received_on,expires_on,sterile",
        "spore_tests": "studio_id,spore_test_id,equipment_id,tested_at,result",
        "equipment": "studio_id,equipment_id,equipment_type,method",
    }
    lines = {name: [head] for name, head in heads.items()}
    for n in range(first, first + studios):
        id, place = f"S{n:03d}", places[n % 2]
        lines["studios"].append(f"{id},Studio {n},{place},America/Los_Angeles,tattoo,reusable,2019-05-01")
        lines["equipment"].append(f"{id},A1,sterilizer,steam")
        expires = "2026-02-01" if n % 5 == 0 else "2027-02-01"
        lines["supply_lots"].append(f"{id},N1,needle,Acme,LOT-1,2025-12-01,{expires},yes")
        for k, month in enumerate(MONTHS):
            signed = "15:30" if n % 3 == 0 and k == 2 else "09:40"
            day = "soon" if n % 7 == 0 and k == 4 else f"2026-{month}-11 10:00"
            lines["sessions"].append(f"{id},X{k},{day},2026-{month}-11 12:00,C{k},P1,F{k},tattoo,performed,good")
            lines["consent_forms"].append(f"{id},F{k},C{k},2026-{month}-11 {signed},client,tattoo")
            lines["session_supplies"].append(f"{id},X{k},needle,N1,1")
            if (n + k) % 4:
                lines["spore_tests"].append(
                    f"{id},T{k},A1,2026-{month}-03,{'fail' if n % 11 == 0 and k == 1 else 'pass'}"
                )
    lines["sessions"].append(f"S{first:03d},X9,2026-05-05 10:00,too,many,cells,in,this,line,here,and,more")
    for name, text in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(text) + "\n", "utf-8")
    return folder


def folders(folder: Path) -> Path:
    """Studios in folders of their own, each with its ways: units, orders of dates, names as keys, an empty log, waivers."""
    own = {
        "alder": (
            "studio_id: alder\nname: Alder\njurisdiction: US-CA\ntime_zone: America/Los_Angeles\n"
            "pseudonym_key: not-for-anyone\nfiles:\n  Procedures.csv:\n    log: sessions\n    dates: DMY\n",
            {
                "Procedures.csv": "No,Date,Client name,Artist,Procedure\n1,03/02/2026,Jane Roe,P1,tattoo\n"
                "2,05/03/2026,John Doe,P1,tattoo\n",
                "spore_tests.csv": "spore_test_id,equipment_id,tested_at,result\n",
                "waivers.yaml": "waivers:\n- rule: US-CA/single-use-needles\n  record: '1'\n  reason: known\n"
                "  approved_by: A. Nother\n  until: 2026-12-31\n",
            },
        ),
        "birch": (
            "studio_id: birch\nname: Birch & <Sons>\njurisdiction: US-NJ\nprocedures: [tattoo]\n",
            {
                "sterilization_cycles.csv": "Cycle,Machine,Started,Temp (°F),Minutes,Result\n"
                "1,A1,2026-02-03 09:00,273,4,pass\n2,A1,2026-02-04 09:00,\"250\",15,pass\n",
                "sessions.csv": 'session_id,started_at,client_id,consent_id\nX1,2026-02-03 10:00,C1,F1\nX2,"2026-02-04\n',
                "notes.txt": "nothing",
            },
        ),
    }  # fmt: skip
    for name, (profile, files) in own.items():
        (folder / name).mkdir(parents=True)
        for file, text in {"studio.yaml": profile, **files}.items():
            (folder / name / file).write_text(text, "utf-8")
    return folder


def deadly(dataset: Dataset, bucket: int, question: Question) -> bytes:
    """A bucket that takes its worker down, where the others are judged."""
    if bucket == dataset.filled[0]:
        os._exit(9)
    return audit_bucket(dataset, bucket, question)
