"""Names and contacts reach no output of a trace unless they are asked for, and then every page says so."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner, Result
from traced_studio import ARTISTS, DAY, NAMES, QUESTIONS, SECRETS, studio

from smpcompliance.cli import main
from smpcompliance.report.trace import FORMATS

KINDS = ("codes", "names")


@pytest.fixture(scope="module")
def studios(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One studio that keeps codes, and one that calls people by name."""
    folder = tmp_path_factory.mktemp("studios")
    return {"codes": studio(folder, id="heron"), "names": studio(folder, called=True, id="thorn")}


def run(place: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["trace", str(place), "--as-of", DAY, "--no-progress", *words])


def read(data: bytes) -> str:
    """Everything that can be read in an output: of a PDF its pages, its metadata and what is inside it."""
    if not data.startswith(b"%PDF"):
        return data.decode("utf-8-sig")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        parts = list(sheets(pdf))
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream):
                with suppress(pikepdf.PdfError):
                    parts.append(each.read_bytes().decode("utf-8", "replace"))
            else:
                parts.append(str(each))
    return "\n".join(parts)


def sheets(pdf: pikepdf.Pdf) -> Iterator[str]:
    """What is printed on each page, by the tables that the fonts bring for copying text."""
    for sheet in pdf.pages:
        tables = {name: characters(font.ToUnicode.read_bytes()) for name, font in sheet.obj.Resources.Font.items()}
        out, table = [], {}
        for each in pikepdf.parse_content_stream(sheet):
            operands, operator = each.operands, each.operator
            if str(operator) == "Tf":
                table = tables[str(operands[0])]
            elif str(operator) in ("Tj", "TJ"):
                strings = operands[0] if str(operator) == "TJ" else operands
                out.append(
                    "".join(table[n] for part in strings if isinstance(part, pikepdf.String) for n in bytes(part))
                )
        yield " ".join(out)


def characters(table: bytes) -> dict[int, str]:
    """Code → character of a font of up to 256 signs."""
    found: dict[int, str] = {}
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for low, high, rest in re.findall(rb"<(\w+)>\s*<(\w+)>\s*(\[[^\]]*\]|<\w+>)", part):
            first, last, told = int(low, 16), int(high, 16), re.findall(rb"<(\w+)>", rest)
            codes = [int(each, 16) for each in told]
            codes = codes if rest.startswith(b"[") else [codes[0] + n for n in range(last - first + 1)]
            found |= {first + n: chr(code) for n, code in enumerate(codes)}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        found |= {int(code, 16): chr(int(sign, 16)) for code, sign in re.findall(rb"<(\w+)>\s*<(\w+)>", part)}
    return found


def found(text: str) -> list[str]:
    """The secrets that a text holds, also where lines break them or nothing parts them."""
    plain = " ".join(text.split()).casefold()
    return [secret for secret in SECRETS if secret.casefold() in plain]


@pytest.mark.parametrize("called", KINDS)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_nobody_is_named(studios: dict[str, Path], question: tuple[str, ...], form: str, called: str) -> None:
    ran = run(studios[called], *question, "--format", form)
    assert ran.exit_code in (0, 1, 3), ran.stderr
    assert found(read(ran.stdout_bytes)) == []
    assert found(ran.stderr) == []
    assert b"CONFIDENTIAL" not in ran.stdout_bytes


@pytest.mark.parametrize("called", KINDS)
@pytest.mark.parametrize(
    "question",
    [
        ("--client", "Jane Brightwater"), ("--client", "555-0142"), ("--client", "odalys@example.com"),
        ("--practitioner", "Jane Marrowick"), ("--station", "Brightwater"), ("--equipment", "Odalys Brightwater"),
        ("--client", "Odalys Brightwater", "--drill"), ("--client", ""), ("--practitioner", "Zephyrine Marrowick", "--seed", "1"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_mistake_repeats_a_name(studios: dict[str, Path], question: tuple[str, ...], called: str) -> None:
    ran = run(studios[called], *question)
    assert ran.exit_code == 2
    assert found(ran.stdout + ran.stderr) == []


@pytest.mark.parametrize("called", KINDS)
def test_a_person_is_found_by_name_and_answered_by_code(studios: dict[str, Path], called: str) -> None:
    ran = run(studios[called], "--client", NAMES[0], "--format", "json")
    answer = json.loads(ran.stdout)
    assert [each["client"] for each in answer["traced"][0]["clients"]] == [answer["query"]["key"]]
    assert answer["query"]["key"].startswith("K-" if called == "codes" else ("client-", "K-"))


def test_an_artist_whose_id_is_a_name_is_called_otherwise_and_always_alike(studios: dict[str, Path]) -> None:
    ran = run(studios["names"], "--failed-tests", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.stdout.removeprefix("\ufeff"))))
    people = {row["practitioner"] for row in rows if row["row"] == "session"}
    assert people and all(person.startswith("person-") for person in people)


@pytest.mark.parametrize("question", QUESTIONS[:1] + QUESTIONS[4:5] + QUESTIONS[6:7], ids=" ".join)
def test_names_mark_every_page(studios: dict[str, Path], question: tuple[str, ...]) -> None:
    data = run(studios["codes"], *question, "--names", "--format", "pdf").stdout_bytes
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = list(sheets(pdf))
        assert len(pages) > 1 and all("CONFIDENTIAL" in page for page in pages)
        inside = json.loads(pdf.Root.AF[0].EF.F.read_bytes())
    assert inside["confidential"] is True


def test_names_mark_text_data_tables_and_letters(studios: dict[str, Path]) -> None:
    text = run(studios["codes"], "--failed-tests", "--names").stdout.strip().splitlines()
    assert text[0].startswith("CONFIDENTIAL") and text[-1].startswith("CONFIDENTIAL")
    data = json.loads(run(studios["codes"], "--failed-tests", "--names", "--format", "json").stdout)
    assert data["confidential"] is True
    first = data["traced"][0]["clients"][0]
    assert first["contact"] == {
        "name": NAMES[0], "phone": "555-0142", "email": "odalys@example.com", "address": "17 Invented Lane",
    }  # fmt: skip
    table = run(studios["codes"], "--failed-tests", "--names", "--format", "csv").stdout.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0][0] == "confidential" and {row[0] for row in rows[1:]} == {"CONFIDENTIAL"}
    letters = run(studios["codes"], "--failed-tests", "--names", "--format", "letters").stdout.split("\f\n")
    assert len(letters) > 2 and all(letter.startswith("CONFIDENTIAL") for letter in letters)


def test_what_is_printed_in_a_pdf_can_be_read_here(studios: dict[str, Path]) -> None:
    text = read(run(studios["codes"], "--failed-tests", "--names", "--format", "pdf").stdout_bytes)
    assert {NAMES[0], "555-0142", "odalys@example.com", "17 Invented Lane"} <= set(found(text))


def test_with_names_no_birth_date_and_no_artists_contact_is_shown(studios: dict[str, Path]) -> None:
    for form in FORMATS:
        text = read(run(studios["codes"], "--failed-tests", "--names", "--format", form).stdout_bytes)
        assert not [each for each in ("1988-04-13", "1991-12-30", *ARTISTS) if each in text], form


def test_a_client_without_contact_is_listed_all_the_same(studios: dict[str, Path]) -> None:
    data = json.loads(run(studios["codes"], "--failed-tests", "--names", "--format", "json").stdout)
    contacts = {each["client"]: each["contact"] for each in data["traced"][0]["clients"]}
    assert contacts["K-3"] == {"name": NAMES[2], "phone": "+1 (555) 0144", "email": "", "address": ""}
