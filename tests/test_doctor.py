"""`doctor`: every head of a messy folder is explained, and proposals are written without touching what stands."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from law import contents_rule, law

from smpcompliance.cli import main
from smpcompliance.logs.intake.heads.proposals import Proposal, waiting, with_proposals
from smpcompliance.logs.studio import read_studio
from smpcompliance.report.checkup import MOST_UNREADABLE
from smpcompliance.report.checkup_text import WIDTH


def run(*words: object) -> Result:
    found = CliRunner().invoke(main, ["doctor", *map(str, words)])
    assert "Traceback" not in found.output + found.stderr
    return found


@pytest.fixture
def rulesets(tmp_path: Path) -> Path:
    return law(tmp_path / "law", a=contents_rule())


FILES = {
    # 1: titles above the heads, a synonym in capitals, °F in the head
    "Autoclave log March 2026.csv": (
        "Sunset Ink Studio,,,,\nSterilization log,,,,\n,,,,\n"
        "Date (mm/dd/yyyy),Load #,Temp (°F),Exposure (min),Operater\n"
        "03/14/2026,1,273.2,4,AB\n03/15/2026,2,hot,4,AB\n"
    ),
    # 2: a French register of cycles
    "registre de stérilisation 2026.csv": (
        "Date;N° de cycle;Stérilisateur;Température (°F);Durée;Résultat;Opérateur\n"
        "14/03/2026;12;S1;273,2;30;conforme;CD\n"
    ),
    # 3: a form of questions
    "Consent form 2026 (1).csv": (
        "Timestamp,Full name,Are you pregnant?,Do you have any allergies?,Risks understood,Favourite colour\n"
        "3/14/2026 10:05:00,Ann Example,No,No,Yes,blue\n"
    ),
    # 4: lot and expiry in one cell
    "Invasive procedure records.csv": (
        "DATE/TIME,SERVICE,BODY PART,SERVICE PROVIDER,CLIENT INFORMATION,"
        '"STERILE EQUIPMENT (Lot number & expiry date of sterile needles/items)"\n'
        '2026-03-14 10:00,Tattoo,Arm,AB,"Ann Example","LOT #10001, EXP. APR 6 2027"\n'
    ),
    # 5 is a workbook, made below; 6: semicolons and Windows letters
    "Kunden.csv": "Kunden-Nr.;Name;Geburtsdatum (TT.MM.JJJJ);Straße\n1;Müller;31.12.1990;Weg 1\n",
    # 7: a booking program
    "appointments_export_2026-03.csv": (
        "Appointment ID,Client Name,Date & Time,Service,Artist,Duration,Status,Price\n"
        "A1,Ann Example,2026-03-14 10:00,SMP,AB,60,Paid,300\n"
    ),
    # 8: a laboratory
    "spore test results.csv": (
        "Sterilizer Serial Number,Test date,Results received date,Result,Control,BI lot\n"
        "S1,2026-03-01,2026-03-08,Negative,Positive,B7\n"
    ),
    # 9: numbered columns and one that no log knows
    "ink_inventory.csv": "Brand,Ink name,Colour No.,Lot #,EXP (MM/YY),Shelf\nDynamic,Black,7,L1,06/27,A\n",
    # 10: certificates in German
    "Schulungsnachweise.csv": (
        "Teilnehmer;Kurs;Abschlussdatum;Dauer (Std.);gültig bis;Anbieter;Foto\n"
        "AB;Hygieneschulung;2026-01-10;8;2028-01-10;Akademie;ja\n"
    ),
    # 11: a name that says nothing, and heads that say it
    "export7.csv": "Incident no.,Date of incident,Type of incident,Client,What happened,Action taken\n",
}  # fmt: skip


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    folder = tmp_path / "sunset"
    folder.mkdir()
    (folder / "studio.yaml").write_text("# ours\njurisdiction: XX   # the law\n", "utf-8")
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode("cp1252" if name == "Kunden.csv" else "utf-8"))
    book = openpyxl.Workbook()
    book.active.title = "Sterilization cycles 2026"
    book.active.append(["Date", "Autoclave", "Load #", "Temp (°C)", "Operatr"])
    book.active.append([date(2026, 3, 14), "S1", 1, 134, "AB"])
    book.create_sheet("Moon").append(["a", "b"])
    book["Moon"].append([1, 2])
    book.save(folder / "book.xlsx")
    return folder


def told(rulesets: Path, folder: Path, *words: str) -> dict[str, Any]:
    found = run("--rulesets", rulesets, folder, "--format", "json", *words)
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert data["schema"] == "smpcompliance/doctor/1"
    studio: dict[str, Any] = data["studios"][0]
    return studio


def heads(studio: dict[str, Any], file: str) -> dict[str, dict[str, Any]]:
    found = next(each for each in studio["files"] if file in each["files"])
    return {head["head"]: head for head in found["heads"]}


@pytest.mark.parametrize(
    ("file", "log"),
    [
        ("Autoclave log March 2026.csv", "sterilization_cycles"),
        ("registre de stérilisation 2026.csv", "sterilization_cycles"),
        ("Consent form 2026 (1).csv", "consent_forms"),
        ("Invasive procedure records.csv", "sessions"),
        ("Kunden.csv", "clients"),
        ("appointments_export_2026-03.csv", "sessions"),
        ("spore test results.csv", "spore_tests"),
        ("ink_inventory.csv", "supply_lots"),
        ("Schulungsnachweise.csv", "training_records"),
    ],
)
def test_each_messy_export_is_told_with_its_log(rulesets: Path, messy: Path, file: str, log: str) -> None:
    found = next(each for each in told(rulesets, messy)["files"] if file in each["files"])
    assert found["log"] == log
    assert found["problem"] == ""
    assert found["rows"] >= 1


@pytest.mark.parametrize(
    ("file", "head", "targets", "unit", "order"),
    [
        ("Autoclave log March 2026.csv", "Temp (°F)", ["temperature_c"], "F", ""),
        ("Autoclave log March 2026.csv", "Date (mm/dd/yyyy)", ["started_at"], "", "MDY"),
        ("Autoclave log March 2026.csv", "Exposure (min)", ["exposure_minutes"], "own", ""),
        ("Autoclave log March 2026.csv", "Operater", [], "", ""),
        ("registre de stérilisation 2026.csv", "Température (°F)", ["temperature_c"], "F", ""),
        ("registre de stérilisation 2026.csv", "N° de cycle", ["cycle_number"], "", ""),
        ("registre de stérilisation 2026.csv", "Durée", [], "", ""),
        ("Consent form 2026 (1).csv", "Are you pregnant?", ["health.pregnancy"], "", ""),
        ("Consent form 2026 (1).csv", "Do you have any allergies?", ["health.allergies"], "", ""),
        ("Consent form 2026 (1).csv", "Risks understood", ["explained.risks"], "", ""),
        ("Consent form 2026 (1).csv", "Favourite colour", [], "", ""),
        ("Kunden.csv", "Kunden-Nr.", ["client_id"], "", ""),
        ("Kunden.csv", "Geburtsdatum (TT.MM.JJJJ)", ["birth_date"], "", "DMY"),
        ("spore test results.csv", "Results received date", ["result_on"], "", ""),
        ("ink_inventory.csv", "Colour No.", ["color_code"], "", ""),
        ("ink_inventory.csv", "EXP (MM/YY)", ["expires_on"], "", ""),
        ("Schulungsnachweise.csv", "Dauer (Std.)", ["hours"], "own", ""),
        ("Schulungsnachweise.csv", "gültig bis", ["expires_on"], "", ""),
    ],
)
def test_each_head_is_explained(
    rulesets: Path, messy: Path, file: str, head: str, targets: list[str], unit: str, order: str
) -> None:
    found = heads(told(rulesets, messy), file)[head]
    assert (found["targets"], found["unit"], found["order"]) == (targets, unit, order)


def test_the_text_is_calm_and_fits_its_width(rulesets: Path, messy: Path) -> None:
    said = run("--rulesets", rulesets, messy)
    assert said.exit_code == 0
    assert max(map(len, said.output.splitlines())) <= WIDTH
    assert "Operater                             → not used; may be operator_id" in said.output
    assert "Shelf                                → not used" in said.output
    assert "line 6, Temp (°F): 'hot'" in said.output
    assert "book.xlsx, sheet Moon → no log" in said.output
    assert "sterilization_cycles.contents: XX/a (1 major)" in said.output
    assert "major: Contents are written down" in said.output
    assert "Müller" not in said.output and "Ann Example" not in said.output


def test_a_studio_that_names_no_law_is_looked_at_all_the_same(tmp_path: Path, rulesets: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "moon.csv").write_text("a,b\n1,2\n", "utf-8")
    said = run("--rulesets", rulesets, tmp_path / "s")
    assert said.exit_code == 0
    assert "no law is named" in said.output and "moon.csv → no log" in said.output


def test_only_the_first_unreadable_cells_of_a_file_are_shown(tmp_path: Path, rulesets: Path) -> None:
    (tmp_path / "s").mkdir()
    rows = "".join(f"{n},soon\n" for n in range(MOST_UNREADABLE + 3))
    (tmp_path / "s" / "cycles.csv").write_text(f"cycle_id,started_at\n{rows}", "utf-8")
    said = run("--rulesets", rulesets, tmp_path / "s").output
    assert f"{MOST_UNREADABLE + 3} lines or cells cannot be read" in said
    assert said.count("'soon'") == MOST_UNREADABLE and "and 3 more; `smpcompliance audit --report json=FILE`" in said


def test_write_puts_proposals_beside_what_stands_and_nothing_uses_them(rulesets: Path, messy: Path) -> None:
    before = told(rulesets, messy)
    said = run("--rulesets", rulesets, messy, "--write")
    assert "proposals written to" in said.output and "Nothing of this is used yet" in said.output
    text = (messy / "studio.yaml").read_text("utf-8")
    assert text.startswith("# ours\njurisdiction: XX   # the law\n")
    assert "# proposed by doctor: move under columns to use" in text
    assert '"Operater": operator_id' in text
    after = told(rulesets, messy)
    assert after["files"] == before["files"] and after["missing"] == before["missing"]
    assert after["new"] == [] and len(after["waiting"]) == len(before["new"]) > 0
    assert "waits in studio.yaml" in run("--rulesets", rulesets, messy).output or len(after["waiting"]) > 1


def test_a_sheet_of_a_workbook_is_told_and_proposed_for_by_itself(rulesets: Path, messy: Path) -> None:
    sheet = next(each for each in told(rulesets, messy)["files"] if each["sheet"] == "Sterilization cycles 2026")
    assert sheet["log"] == "sterilization_cycles" and sheet["rows"] == 1
    run("--rulesets", rulesets, messy, "--write")
    studio = read_studio((messy / "studio.yaml").read_text("utf-8"), "studio.yaml", "s")
    assert studio.files["book.xlsx"].of_sheet("Sterilization cycles 2026").proposed == {"Operatr": "operator_id"}


def test_the_law_of_the_command_line_does_not_reach_the_owners_file(rulesets: Path, messy: Path) -> None:
    (messy / "studio.yaml").write_text("jurisdiction: US-CA\n", "utf-8")
    run("--rulesets", rulesets, messy, "--jurisdiction", "XX", "--write")
    text = (messy / "studio.yaml").read_text("utf-8")
    assert text.startswith("jurisdiction: US-CA\n") and "proposed:" in text and "XX" not in text


def test_write_twice_changes_nothing(rulesets: Path, messy: Path) -> None:
    run("--rulesets", rulesets, messy, "--write")
    first = (messy / "studio.yaml").read_bytes()
    assert "nothing new to propose" in run("--rulesets", rulesets, messy, "--write").output
    assert (messy / "studio.yaml").read_bytes() == first


def test_a_proposal_that_the_owner_moves_is_used(rulesets: Path, messy: Path) -> None:
    run("--rulesets", rulesets, messy, "--write")
    file = messy / "studio.yaml"
    file.write_text(file.read_text("utf-8").replace("proposed:\n", "columns:\n"), "utf-8")
    found = heads(told(rulesets, messy), "Autoclave log March 2026.csv")
    assert found["Operater"]["targets"] == ["operator_id"]


def test_write_makes_a_studio_yaml_where_there_is_none(tmp_path: Path, rulesets: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "cycles.csv").write_text("cycle_id,started_at,Operater\nA,2026-01-01,x\n", "utf-8")
    assert run("--rulesets", rulesets, tmp_path / "s", "--write").exit_code == 0
    studio = read_studio((tmp_path / "s" / "studio.yaml").read_text("utf-8"), "studio.yaml", "s")
    assert waiting(studio) == [Proposal("cycles.csv", "", "Operater", "operator_id")]


def test_a_log_is_proposed_under_a_key_that_nothing_reads(tmp_path: Path, rulesets: Path) -> None:
    (tmp_path / "s").mkdir()
    heads = "load contents,temperature,pressure,exposure time,drying time\n"
    (tmp_path / "s" / "table.csv").write_text(f"{heads}tubes,134,304,4,20\n", "utf-8")
    run("--rulesets", rulesets, tmp_path / "s", "--write")
    assert "proposed_log: sterilization_cycles" in (tmp_path / "s" / "studio.yaml").read_text("utf-8")
    found = told(rulesets, tmp_path / "s")
    assert found["files"][0]["log"] is None
    assert [each["place"] for each in found["waiting"]] == ["sterilization_cycles"]


OWNERS = """# my studio
jurisdiction: US-CA   # the law
studio_id: "golden"
procedures:
    - tattoo   # and nothing else
files:
  # from the machine
  'autoclave_log.csv':
    columns: {"Foo": temperature_c}   # mine
  book.xlsx:
    log: sessions
"""


def test_comments_order_and_quotes_of_the_owner_stay() -> None:
    found = [
        Proposal("autoclave_log.csv", "", "Operater", "operator_id"),
        Proposal("new.xlsx", "Log", "Artst: x", "notes"),
    ]
    text, written = with_proposals(OWNERS, found)
    assert written == found
    lines = text.splitlines()
    assert [line for line in lines if line in OWNERS.splitlines()] == OWNERS.splitlines()
    assert read_studio(text, "studio.yaml", "s").files["new.xlsx"].of_sheet("Log").proposed == {"Artst: x": "notes"}


def test_what_is_said_of_a_whole_workbook_goes_on_holding_for_its_sheets() -> None:
    text, written = with_proposals(OWNERS, [Proposal("book.xlsx", "May", "Artst", "practitioner_id")])
    assert written
    assert read_studio(text, "studio.yaml", "s").files["book.xlsx"].of_sheet("May").log == "sessions"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "jurisdiction: US-CA\r\n", "\ufeffjurisdiction: US-CA\n"])
def test_line_ends_and_marks_of_the_owners_file_stay(text: str) -> None:
    longer, written = with_proposals(text, [Proposal("a.csv", "", "NO", "notes")])
    assert written and longer.startswith(text)
    assert ("\r\n" in longer) == ("\r\n" in text) and longer.count("\n") == longer.count("\r\n") or "\r\n" not in text


def test_what_the_owner_has_said_is_not_proposed_again() -> None:
    assert with_proposals(OWNERS, [Proposal("autoclave_log.csv", "", "FOO", "notes")]) == (OWNERS, [])
    assert with_proposals(OWNERS, [Proposal("book.xlsx", "", "", "clients")]) == (OWNERS, [])
