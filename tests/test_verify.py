"""`smpcompliance verify`: whatever was changed is noticed, and what cannot be compared is never called equal."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import jsonschema
import pikepdf
import pytest
from law import contents_rule, law, write
from sample_audit import sample
from sealed_report import Case, audit_with, forged, inside, made, opened, rules_with, run, saved

from smpcompliance.report.pdf import report
from smpcompliance.report.pdf.opened import LIMITS
from smpcompliance.report.schema import audit_schema
from smpcompliance.report.sealed.form import misfits
from smpcompliance.report.sealed.law import NoLaw, hash_of, packed, shelves, unpacked
from smpcompliance.rules.ruleset import library, load_rulesets, packaged

ALL_EQUAL = {part: {"equal"} for part in ("file", "law", "logs", "audit", "pages")}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return made(tmp_path)


def changed(case: Case, data: bytes) -> Path:
    """A forgery beside the report."""
    file = case.pdf.with_name("forged.pdf")
    file.write_bytes(data)
    return file


# ── what is inside ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_holds_the_audit_the_rules_and_a_seal(case: Case) -> None:
    files = inside(case.pdf.read_bytes())
    assert set(files) == {"audit.json", "rulesets.zip", "seal.json"}
    run("audit", case.studio, *case.options, "--quiet", "--report", f"json={case.pdf}.json")
    assert files["audit.json"] == Path(f"{case.pdf}.json").read_bytes()
    with zipfile.ZipFile(BytesIO(files["rulesets.zip"])) as archive:
        assert archive.namelist() == ["rulesets/XX/contents.yaml", "rulesets/XX/ruleset.yaml"]
        assert archive.read("rulesets/XX/contents.yaml") == (case.law / "XX/contents.yaml").read_bytes()
    seal = json.loads(files["seal.json"])
    assert {a["file"]: a["sha256"] for a in seal["attachments"]} == {
        name: hashlib.sha256(files[name]).hexdigest() for name in ("audit.json", "rulesets.zip")
    }
    assert seal["rulesets"] == [{"id": "XX", "sha256": json.loads(files["audit.json"])["rulesets"][0]["sha256"]}]


def test_what_an_attachment_is_to_the_pages_is_said_as_pdf_a_asks(case: Case) -> None:
    with opened(case.pdf.read_bytes()) as pdf:
        kinds = {str(file.UF): str(file.AFRelationship) for file in pdf.Root.AF}
    assert kinds == {"audit.json": "/Source", "rulesets.zip": "/Supplement", "seal.json": "/Data"}


def test_the_same_audit_gives_the_same_bytes(case: Case) -> None:
    before = case.pdf.read_bytes()
    case.audit()
    assert case.pdf.read_bytes() == before


def test_every_packaged_ruleset_survives_packing(tmp_path: Path) -> None:
    shelf = library(packaged())
    every = load_rulesets(shelf, ["US-CA", "SMP"])
    again = load_rulesets(shelves(unpacked(packed(every.values()))), every)
    assert {id: r.sha256 for id, r in again.items()} == {id: r.sha256 for id, r in every.items()}
    assert {id: hash_of(r.files) for id, r in every.items()} == {id: r.sha256 for id, r in every.items()}


def test_lists_are_packed_with_their_ruleset(tmp_path: Path) -> None:
    listed = "title: t\nsource: act\nas_of: 2026-01-01\nentries: []\n"
    law(tmp_path / "law", contents=contents_rule())
    write(tmp_path / "law" / "XX", lists__recalls=listed)
    texts = unpacked(packed_files({"ruleset.yaml": b"a", "lists/recalls.yaml": b"b"}))
    assert texts == {"XX": {"lists/recalls.yaml": b"b", "ruleset.yaml": b"a"}}
    shelf = shelves(texts)["XX"]
    assert sorted(f.name for f in shelf.iterdir()) == ["lists", "ruleset.yaml"]
    assert (shelf / "lists").is_dir()
    assert (shelf / "lists" / "recalls.yaml").read_bytes() == b"b"
    assert list((shelf / "lists").iterdir())[0] in list((shelf / "lists").iterdir())


def packed_files(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"rulesets/XX/{name}", data)
    return out.getvalue()


# ── nothing was changed ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_untouched_report_agrees_with_itself_and_its_logs(case: Case) -> None:
    assert case.verify().exit_code == 0
    found = case.verify(case.studio)
    assert found.exit_code == 0, found.output
    assert case.marks(case.studio) == ALL_EQUAL
    assert "✓ equal" in found.stdout and "✕" not in found.stdout


def test_an_unsigned_report_is_told_and_not_blamed(case: Case) -> None:
    assert "Not signed" in case.verify().stdout


def test_what_cannot_be_proved_is_always_said(case: Case) -> None:
    said = case.verify(case.studio).stdout
    for words in ("logs are complete", "is true", "When it was made", "Who made it"):
        assert words in said


@pytest.mark.parametrize(
    "words",
    [
        ("--edition", "inspector"),
        ("--language", "fr"),
        ("--all-findings",),
        ("--edition", "inspector", "--sample", "3", "--seed", "7"),
        ("--select", "XX/c*"),
        ("--jurisdiction", "XX"),
    ],
)
def test_a_report_is_drawn_again_as_it_was_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    case = made(tmp_path, *words)
    assert case.marks(case.studio) == ALL_EQUAL


def test_a_ruleset_of_ones_own_is_asked_again(tmp_path: Path) -> None:
    case = made(tmp_path)
    own = law(tmp_path / "own", "COUNTY", extends="XX", ours=contents_rule("minor"))
    case.audit("--ruleset", own / "COUNTY")
    assert case.marks(case.studio)["audit"] == {"equal"}
    assert case.marks(case.studio)["law"] == {"equal", "unproved"}


def test_waivers_and_a_baseline_from_elsewhere_are_taken_from_the_report(tmp_path: Path) -> None:
    case = made(tmp_path)
    waiver = "waivers:\n- {rule: XX/contents, record: B, reason: torn, approved_by: me, until: 2027-01-01}\n"
    (tmp_path / "more.yaml").write_text(waiver)
    case.audit("--waivers", tmp_path / "more.yaml")
    assert json.loads(inside(case.pdf.read_bytes())["audit.json"])["results"][0]["waived"] == 1
    assert case.marks(case.studio) == ALL_EQUAL


def test_a_report_with_an_earlier_one_needs_that_one_for_its_pages(tmp_path: Path) -> None:
    case = made(tmp_path)
    old = tmp_path / "old.json"
    run("audit", case.studio, *case.options, "--quiet", "--report", f"json={old}")
    case.audit("--previous", old)
    without = case.verify(case.studio)
    assert (without.exit_code, case.marks(case.studio)["pages"]) == (3, {"unproved"})
    assert case.marks(case.studio, "--previous", old) == ALL_EQUAL
    other = tmp_path / "other.json"
    other.write_bytes(old.read_bytes() + b"\n")
    assert "differs" in case.marks("--previous", other)["file"]


def test_another_copy_of_the_folder_will_do(case: Case, tmp_path: Path) -> None:
    archive = tmp_path / "studio.zip"
    with zipfile.ZipFile(archive, "w") as zip_:
        for file in case.studio.iterdir():
            zip_.write(file, file.name)
    marks = case.marks(archive)
    assert marks["logs"] == marks["audit"] == {"equal"}


def test_a_report_that_lies_in_the_folder_changes_nothing(case: Case) -> None:
    (case.studio / "report.pdf").write_bytes(case.pdf.read_bytes())
    assert case.marks(case.studio) == ALL_EQUAL


# ── the logs ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_byte_of_a_log_is_noticed(case: Case) -> None:
    case.log.write_bytes(case.log.read_bytes().replace(b"tubes", b"tubex"))
    found = case.verify(case.studio)
    assert found.exit_code == 1
    assert "s1: sterilization_cycles.csv" in found.stdout
    assert case.marks(case.studio)["logs"] == {"equal", "differs"}


def test_a_log_that_changes_a_result_is_told_finding_by_finding(case: Case) -> None:
    case.log.write_bytes(case.log.read_bytes().replace(b"A,load,2026-10-01,tubes", b"A,load,2026-10-01,"))
    said = case.verify(case.studio).stdout
    assert "Load A has no contents" in said and "failed 1" in said and "failed 2" in said


def test_a_missing_and_a_new_file(case: Case) -> None:
    (case.studio / "spore_tests.csv").write_text("spore_test_id,tested_on,result\nX,2026-10-01,pass\n")
    assert case.verify(case.studio).exit_code == 1
    case.audit()
    (case.studio / "spore_tests.csv").unlink()
    found = case.verify(case.studio)
    assert found.exit_code == 3, found.stdout
    assert "s1: spore_tests.csv" in found.stdout


def test_a_profile_that_asks_for_other_law_is_told(case: Case) -> None:
    (case.studio / "studio.yaml").write_text("studio_id: s1\nname: Ink\njurisdiction: US-CA\n")
    found = case.verify(case.studio)
    assert found.exit_code == 1 and "US-CA" in found.stdout


def test_no_folder_and_an_empty_folder_give_no_verdict(case: Case, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert case.verify(tmp_path / "empty").exit_code == 2
    assert case.verify(tmp_path / "nowhere").exit_code == 2


def test_of_several_studios_those_handed_in_are_compared(case: Case, tmp_path: Path) -> None:
    second = write(tmp_path / "second", studio="studio_id: s2\nname: Pin\njurisdiction: XX\n")
    (second / "sterilization_cycles.csv").write_bytes(case.log.read_bytes())
    case.audit(second)
    assert case.marks(case.studio, second) == ALL_EQUAL
    marks = case.marks(second)
    assert marks["audit"] == {"equal"}
    assert marks["logs"] == {"equal", "unproved"} and marks["pages"] == {"unproved"}
    assert case.verify(second).exit_code == 3
    (second / "sterilization_cycles.csv").write_bytes(case.log.read_bytes().replace(b"tubes", b""))
    assert case.verify(second).exit_code == 1


# ── the report ──────────────────────────────────────────────────────────────────────────────────────────────────────


def heal(audit: dict) -> None:
    """The breach disappears, and the numbers agree."""
    first = audit["results"][0]
    first |= {"failed": 0, "status": "unknown", "findings": []}
    audit["counts"][first["severity"]] |= {"fail": 0, "unknown": 1}


def test_a_finding_taken_out_of_the_attachment_is_noticed_without_the_logs(case: Case) -> None:
    data = case.pdf.read_bytes()
    plain = changed(case, forged(data, audit_json=audit_with(data, heal)))
    assert case.verify(pdf=plain).exit_code == 1
    resealed = changed(case, forged(data, seal=True, audit_json=audit_with(data, heal)))
    told = case.verify(pdf=resealed)
    assert told.exit_code == 1
    assert "last page prints the hash of another audit.json" in told.stdout


def test_a_forger_who_also_prints_the_new_hash_is_caught_by_the_logs(case: Case) -> None:
    data = case.pdf.read_bytes()
    audit = audit_with(data, heal)
    old, new = (hashlib.sha256(each).hexdigest().encode() for each in (inside(data)["audit.json"], audit))
    with opened(data) as pdf:
        drawing = pdf.pages[-1].Contents.read_bytes()
        assert old in drawing
        pdf.pages[-1].Contents.write(drawing.replace(old, new))
        other = saved(pdf)
    file = changed(case, forged(other, seal=True, audit_json=audit))
    assert case.verify(pdf=file).exit_code == 0, "nothing but the logs can show it"
    told = case.verify(case.studio, pdf=file)
    assert told.exit_code == 1 and "Load B has no contents" in told.stdout


def test_a_number_on_a_page_is_noticed(case: Case) -> None:
    data = case.pdf.read_bytes()
    with opened(data) as pdf:
        drawing = pdf.pages[0].Contents.read_bytes()
        assert b"Breached: 1 of 1" in drawing
        pdf.pages[0].Contents.write(drawing.replace(b"Breached: 1 of 1", b"Breached: 0 of 1"))
        other = saved(pdf)
    told = case.verify(pdf=changed(case, other))
    assert told.exit_code == 1 and "page 1" in told.stdout
    resealed = changed(case, forged(other, seal=True))
    assert case.verify(pdf=resealed).exit_code == 0, "nothing but drawing it again can show it"
    assert case.marks(case.studio, pdf=resealed)["pages"] == {"differs"}


def test_words_for_those_who_cannot_see_are_compared_too(case: Case) -> None:
    with opened(case.pdf.read_bytes()) as pdf:
        pdf.Root.Lang = pikepdf.String("xx")
        other = saved(pdf)
    file = changed(case, forged(other, seal=True))
    assert case.marks(case.studio, pdf=file)["pages"] == {"differs"}


def test_a_rule_text_is_noticed(case: Case) -> None:
    data = case.pdf.read_bytes()
    rules = rules_with(data, "rulesets/XX/contents.yaml", b"severity: major", b"severity: minor")
    for sealed in (False, True):
        file = changed(case, forged(data, seal=sealed, rulesets_zip=rules))
        told = case.verify(pdf=file)
        assert told.exit_code == 1 and "not the one that the audit names" in told.stdout


def test_a_forger_of_rules_and_hashes_is_caught_by_the_law_itself(case: Case) -> None:
    data = case.pdf.read_bytes()
    rules = rules_with(data, "rulesets/XX/contents.yaml", b"severity: major", b"severity: minor")
    sha = hash_of(unpacked(rules)["XX"])
    audit = audit_with(data, lambda found: found["rulesets"][0].update(sha256=sha))
    file = changed(case, forged(data, seal=True, rulesets_zip=rules, audit_json=audit))
    told = case.verify(pdf=file)
    assert told.exit_code == 1 and "contents.yaml" in told.stdout


@pytest.mark.parametrize("name", ["audit_json", "rulesets_zip", "seal_json"])
def test_a_missing_attachment_is_noticed(case: Case, name: str) -> None:
    file = changed(case, forged(case.pdf.read_bytes(), **{name: None}))
    told = case.verify(case.studio, pdf=file)
    assert told.exit_code == 1 and name.replace("_", ".") in told.stdout


@pytest.mark.parametrize("name", ["audit_json", "rulesets_zip", "seal_json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff\xfe", b"PK\x03\x04"])
def test_an_attachment_full_of_nonsense_is_noticed(case: Case, name: str, content: bytes) -> None:
    file = changed(case, forged(case.pdf.read_bytes(), **{name: content}))
    assert case.verify(case.studio, pdf=file).exit_code == 1


def test_bytes_behind_the_end_are_noticed(case: Case) -> None:
    told = case.verify(pdf=changed(case, case.pdf.read_bytes() + b"\n% hello\n"))
    assert told.exit_code == 1 and "no signature" in told.stdout


def test_an_update_at_the_end_that_shows_another_page_is_noticed(case: Case) -> None:
    data = case.pdf.read_bytes()
    with opened(data) as pdf:
        page, old = pdf.pages[0].obj.objgen[0], pdf.pages[0].obj.unparse(resolved=True)
        size, root = int(pdf.trailer.Size), pdf.Root.objgen[0]
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    first = len(data)
    parts = [b"%d 0 obj\n%s\nendobj\n" % (page, old.replace(b"/Contents", b"/Concealed"))]
    at = first + sum(map(len, parts))
    row = b"".join((1).to_bytes(1) + place.to_bytes(4) + (0).to_bytes(2) for place in (first, at))
    parts.append(
        b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Index[%d 1 %d 1]/Root %d 0 R/Prev %d/Length %d>>\nstream\n"
        % (size, size + 1, page, size, root, start, len(row)) + row + b"\nendstream\nendobj\n"
    )  # fmt: skip
    told = case.verify(pdf=changed(case, data + b"".join(parts) + b"startxref\n%d\n%%%%EOF\n" % at))
    assert told.exit_code == 1 and "change what is seen" in told.stdout


def test_a_report_saved_anew_is_told_but_its_content_is_as_sealed(case: Case) -> None:
    with opened(case.pdf.read_bytes()) as pdf:
        other = saved(pdf)
    told = case.verify(pdf=changed(case, other))
    assert told.exit_code == 1
    assert "saved anew" in told.stdout and "pages are as they were sealed" in told.stdout


# ── what is no report ───────────────────────────────────────────────────────────────────────────────────────────────


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def of_another_program(_: bytes) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    return saved(pdf)


def locked(data: bytes) -> bytes:
    out = BytesIO()
    with opened(data) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


def bomb(data: bytes) -> bytes:
    """An attachment of 64 MB in 64 kB."""
    stream = zlib.compress(b" " * (64 << 20))
    out = BytesIO()
    with opened(data) as pdf:
        pdf.Root.Names.EmbeddedFiles.Names[1].EF.F.write(stream, filter=pikepdf.Name.FlateDecode)
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "spoil", [cut, of_another_program, locked, bomb, lambda _: b"", lambda _: b"%PDF-1.7\n", lambda _: b"hello"]
)
def test_what_is_no_report_ends_kindly(
    case: Case, spoil: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "flate_max_memory", 8 << 20)
    told = case.verify(pdf=changed(case, spoil(case.pdf.read_bytes())))
    assert told.exit_code == 2
    assert "forged.pdf: " in told.stderr


def test_a_report_cut_anywhere_or_scratched_never_agrees(tmp_path: Path) -> None:
    data = report(sample(tmp_path))
    file = tmp_path / "forged.pdf"
    for step in range(1, 12):
        at = len(data) * step // 12
        for other in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :], data[:at] + data[at + 7 :]):
            file.write_bytes(other)
            assert run("verify", file).exit_code in (1, 2)


def test_a_zip_that_lies_or_reaches_out_is_no_law() -> None:
    for name in ("rulesets/XX/../../x.yaml", "/etc/passwd", "rulesets/XX/lists/deep/er.yaml", "x.yaml"):
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(name, b"x")
        with pytest.raises(NoLaw):
            unpacked(out.getvalue())
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rulesets/XX/big.yaml", b" " * (65 << 20))
    with pytest.raises(NoLaw):
        unpacked(out.getvalue())


# ── the form of audit.json ──────────────────────────────────────────────────────────────────────────────────────────


def test_our_reading_of_the_schema_agrees_with_a_full_validator(case: Case) -> None:
    audit = json.loads(inside(case.pdf.read_bytes())["audit.json"])
    validator = jsonschema.Draft202012Validator(audit_schema())
    first = audit["results"][0]
    spoiled = [
        audit,
        {**audit, "more": 1},
        {k: v for k, v in audit.items() if k != "counts"},
        {**audit, "as_of": "soon"},
        {**audit, "results": [{**first, "status": "fine"}]},
        {**audit, "results": [{**first, "failed": -1}]},
        {**audit, "results": [{**first, "failed": True}]},
        {**audit, "results": [{**first, "reasons": {"Whim": 1}}]},
        {**audit, "results": {}},
        {**audit, "previous": {"sha256": 1}},
    ]
    for each in spoiled:
        assert (next(misfits(each, audit_schema()), None) is None) == validator.is_valid(each)
