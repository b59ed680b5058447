"""What somebody tries who wants a report, a waiver, a baseline or a comparison to say more than is so."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from law import contents_rule, law, write
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from sealed_report import LOADS, Case, forged, inside, made, opened, run, saved

from smpcompliance.audit.waivers import read_waivers
from smpcompliance.report.pdf.sealing import closed
from smpcompliance.report.saved import read_saved
from smpcompliance.yamlio import SourceError

DAY = ("--period", "2026-10", "--as-of", "2026-11-10")
HEADS = "cycle_id,cycle_type,started_at,equipment_id,contents\n"
WAIVER = "waivers:\n  - rule: XX/a\n    reason: old paper\n    approved_by: the owner\n    until: 2026-12-31\n"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return made(tmp_path)


def edited(data: bytes, edit: Callable[[Pdf], None]) -> bytes:
    """A report with something else in the file around its pages, closed again as the program closes it."""
    with opened(data) as pdf:
        edit(pdf)
        out = saved(pdf)
    return closed(out)


# ── the file around the pages ───────────────────────────────────────────────────────────────────────────────────────

SCRIPT = {"/S": Name.JavaScript, "/JS": String("app.alert('met')")}


def script(pdf: Pdf) -> None:
    pdf.Root.Names["/JavaScript"] = Dictionary(Names=Array([String("x"), Dictionary(SCRIPT)]))


def script_of_a_page(pdf: Pdf) -> None:
    pdf.pages[0].obj["/AA"] = Dictionary(O=Dictionary(SCRIPT))


def form(pdf: Pdf) -> None:
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array(), XFA=Stream(pdf, b"<xdp/>"))


def title(pdf: Pdf) -> None:
    pdf.docinfo["/Title"] = "Every duty is met"


def labels(pdf: Pdf) -> None:
    pdf.Root["/PageLabels"] = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))


def bookmark(pdf: Pdf) -> None:
    pdf.Root.Outlines.First["/A"] = Dictionary(S=Name.URI, URI=String("https://example.org"))


def attachment(pdf: Pdf) -> None:
    pdf.attachments["audit-corrected.json"] = pikepdf.AttachedFileSpec(pdf, b"{}", filename="audit-corrected.json")
    _resealed(pdf)


def _resealed(pdf: Pdf) -> None:
    import hashlib

    names = pdf.Root.Names.EmbeddedFiles.Names
    files = {str(names[n]): names[n + 1].EF.F for n in range(0, len(names), 2)}
    body = json.loads(files["seal.json"].read_bytes())
    body["attachments"].append(
        {"file": "audit-corrected.json", "bytes": 2, "sha256": hashlib.sha256(b"{}").hexdigest()}
    )
    body.pop("chain")
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body["chain"] = hashlib.sha256(text.encode()).hexdigest()
    files["seal.json"].write(json.dumps(body).encode())


def look(pdf: Pdf) -> None:
    """The field of a signature, not signed, that covers the page with something else."""
    shows = Stream(pdf, b"1 1 1 rg 0 0 500 700 re f")
    shows.Type, shows.Subtype, shows.BBox = Name.XObject, Name.Form, Array([0, 0, 500, 700])
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Studio"), Rect=Array([0, 0, 600, 800]), F=4,
            AP=Dictionary(N=pdf.make_indirect(shows)),
        )
    )  # fmt: skip
    page = pdf.pages[0].obj
    page["/Annots"] = Array([*page.get("/Annots", Array()), field])
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]))


@pytest.mark.parametrize(
    "edit", [script, script_of_a_page, form, title, labels, bookmark, attachment, look], ids=lambda edit: edit.__name__
)
def test_what_is_put_around_the_pages_is_noticed_beside_the_logs(case: Case, edit: Callable[[Pdf], None]) -> None:
    case.pdf.write_bytes(edited(case.pdf.read_bytes(), edit))
    found = case.verify(case.studio)
    assert found.exit_code == 1, found.stdout


def test_the_same_report_compressed_otherwise_still_agrees(case: Case) -> None:
    before = case.pdf.read_bytes()
    case.pdf.write_bytes(edited(before, lambda pdf: None))
    assert case.pdf.read_bytes() != before
    assert case.marks(case.studio)["pages"] == {"equal"} and case.verify(case.studio).exit_code == 0


def another_for_some_viewers(pdf: Pdf) -> None:
    names = pdf.Root.Names.EmbeddedFiles.Names
    names[[str(each) if n % 2 == 0 else "" for n, each in enumerate(names)].index("audit.json") + 1].EF["/UF"] = Stream(
        pdf, b"{}"
    )


def one_more_below(pdf: Pdf) -> None:
    file = Dictionary(Type=Name.Filespec, F=String("b.json"), UF=String("b.json"), EF=Dictionary(F=Stream(pdf, b"{}")))
    kid = Dictionary(Names=Array([String("b.json"), pdf.make_indirect(file)]), Limits=Array([String("b"), String("c")]))
    pdf.Root.Names.EmbeddedFiles["/Kids"] = Array([pdf.make_indirect(kid)])


@pytest.mark.parametrize("edit", [another_for_some_viewers, one_more_below], ids=lambda edit: edit.__name__)
def test_no_viewer_sees_other_attachments_than_we(case: Case, edit: Callable[[Pdf], None]) -> None:
    case.pdf.write_bytes(edited(case.pdf.read_bytes(), edit))
    assert case.verify().exit_code == 2


# ── signatures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_added_before_a_trusted_signature_is_noticed(case: Case, tmp_path: Path) -> None:
    pytest.importorskip("pyhanko")
    from pyhanko.pdf_utils import generic
    from pyhanko.sign import fields, signers
    from test_sign import owner

    from smpcompliance.report.signing.sign import _Writer

    who = owner(tmp_path / "keys")
    name, text = generic.NameObject, generic.pdf_string

    def signed_after(edit: Callable[[_Writer], None]) -> int:
        out = _Writer(io.BytesIO(case.pdf.read_bytes()))
        edit(out)
        fields.append_signature_field(out, fields.SigFieldSpec("Studio", box=(0, 0, 0, 0)))
        how = signers.PdfSignatureMetadata(
            field_name="Studio", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        signer = signers.SimpleSigner.load(str(who.key), str(who.cert))
        file = tmp_path / "signed.pdf"
        file.write_bytes(signers.PdfSigner(how, signer).sign_pdf(out).getvalue())
        return case.verify(case.studio, "--trust", who.cert, pdf=file).exit_code

    def script(out: _Writer) -> None:
        does = generic.DictionaryObject({name("/S"): name("/JavaScript"), name("/JS"): text("app.alert(1)")})
        names = out.root["/Names"]
        names["/JavaScript"] = generic.DictionaryObject({name("/Names"): generic.ArrayObject([text("x"), does])})
        out.update_container(names)

    def title(out: _Writer) -> None:
        about = out.trailer["/Info"]
        about["/Title"] = text("Every duty is met")
        out.update_container(about)

    def stamp(out: _Writer) -> None:
        box, page = generic.ArrayObject(map(generic.NumberObject, (0, 0, 500, 20))), out.root["/Pages"]["/Kids"][0]
        shows = generic.StreamObject(stream_data=b"0 0 1 rg 0 0 500 20 re f")
        shows.update({name("/Type"): name("/XObject"), name("/Subtype"): name("/Form"), name("/BBox"): box})
        top = float(page["/MediaBox"][3])
        field = generic.DictionaryObject({
            name("/Type"): name("/Annot"), name("/Subtype"): name("/Widget"), name("/FT"): name("/Sig"),
            name("/T"): text("County"), name("/F"): generic.NumberObject(4),
            name("/Rect"): generic.ArrayObject(map(generic.FloatObject, (0, top - 20, 500, top))),
            name("/AP"): generic.DictionaryObject({name("/N"): out.add_object(shows)}),
        })  # fmt: skip
        place = out.add_object(field)
        page["/Annots"] = generic.ArrayObject([place])
        out.update_container(page)
        out.root["/AcroForm"] = generic.DictionaryObject({name("/Fields"): generic.ArrayObject([place])})
        out.update_root()

    assert signed_after(lambda out: None) == 0
    assert [signed_after(edit) for edit in (script, title, stamp)] == [1, 1, 1]


def test_a_signature_that_is_gone_is_not_proved_to_who_asks_for_it(case: Case, tmp_path: Path) -> None:
    pytest.importorskip("pyhanko")
    from test_sign import owner

    assert case.verify().exit_code == 0
    found = case.verify("--trust", owner(tmp_path / "keys").cert)
    assert found.exit_code == 3 and "the signature was taken away" in found.stdout


def test_a_certificate_that_had_ended_is_told_even_when_it_is_trusted(case: Case, tmp_path: Path) -> None:
    pytest.importorskip("pyhanko")
    from test_sign import owner, sign

    who = owner(tmp_path / "keys", until=2021)
    found = case.verify("--trust", who.cert, pdf=sign(case, who))
    assert found.exit_code == 3 and "does not hold at the moment" in found.stdout


# ── the attachment and the seal ─────────────────────────────────────────────────────────────────────────────────────


def test_an_audit_that_says_something_twice_is_none(case: Case) -> None:
    text = inside(case.pdf.read_bytes())["audit.json"]
    with pytest.raises(SourceError):
        read_saved(text.replace(b'"results":', b'"results": [], "results":', 1), "audit.json")


def test_a_second_result_of_a_rule_is_compared_too() -> None:
    from smpcompliance.report.sealed.compare import differences

    true = {"studio_id": "s", "rule": "XX/a", "status": "fail"}
    assert not differences({"results": [true]}, {"results": [true]})
    assert differences({"results": [{**true, "status": "pass"}, true]}, {"results": [true]})


@pytest.mark.parametrize(
    "told", [{"edition": "nobody"}, {"sample": "many"}, {"sample": -1}, {"language": "../../en"}, {"all_findings": 7}]
)
def test_a_seal_that_tells_nonsense_ends_kindly(case: Case, told: dict[str, object]) -> None:
    data = case.pdf.read_bytes()
    seal = json.loads(inside(data)["seal.json"])
    seal["told"] |= told
    case.pdf.write_bytes(forged(data, seal=True, seal_json=json.dumps(seal).encode()))
    assert case.verify(case.studio).exit_code in (1, 3)


# ── honest reports ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_logs_in_another_order_are_changed_files_with_equal_findings(case: Case, ends: str) -> None:
    head, *rows = case.log.read_text().splitlines()
    case.log.write_bytes(ends.join([head, *reversed(rows), ""]).encode())
    found = case.verify(case.studio)
    marks = case.marks(case.studio)
    assert found.exit_code == 1 and "1 file was changed" in found.stdout and "stand elsewhere" in found.stdout
    assert marks["audit"] == {"equal"} and marks["pages"] == {"unproved"}


def test_another_line_for_the_same_files_is_a_difference(case: Case) -> None:
    audit = json.loads(inside(case.pdf.read_bytes())["audit.json"])
    audit["results"][0]["findings"][0]["line"] = 99
    case.pdf.write_bytes(forged(case.pdf.read_bytes(), seal=True, audit_json=json.dumps(audit, indent=1).encode()))
    assert case.marks(case.studio)["audit"] == {"differs"}


@pytest.mark.parametrize("name", ["Thumbs.db", "letter.docx", "photo.jpg"])
def test_a_file_that_no_audit_reads_changes_nothing(case: Case, name: str) -> None:
    (case.studio / name).write_bytes(b"\xff\xd8\xff")
    assert case.verify(case.studio).exit_code == 0


def test_studios_may_be_handed_in_in_another_order(case: Case, tmp_path: Path) -> None:
    second = write(tmp_path / "second", studio="studio_id: s2\nname: Zwei\njurisdiction: XX\n")
    (second / "sterilization_cycles.csv").write_text(LOADS)
    run("audit", second, case.studio, *case.options, "--quiet", "--report", f"pdf={case.pdf}")
    assert case.verify(case.studio, second).exit_code == case.verify(second, case.studio).exit_code == 0


@pytest.mark.parametrize("name", ["waivers.yaml", "sterilization_cycles.csv", "more.yaml"])
def test_waivers_from_elsewhere_may_be_called_as_a_file_of_the_studio(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    waiver = WAIVER.replace("XX/a", "XX/contents")
    (case.studio / "waivers.yaml").write_text(f"{waiver}    record: Z\n")
    (case.studio / "more.yaml").write_text("")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    rows = "rule,record,reason,approved_by,until\nXX/contents,B,r,o,2026-12-31\n"
    (elsewhere / name).write_text(rows if name.endswith(".csv") else f"{waiver}    record: B\n")
    monkeypatch.chdir(elsewhere)
    case.audit("--waivers", name)
    assert case.verify(case.studio).exit_code == 0


# ── waivers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LINKED = """
title: The model of a machine is known
severity: major
citation: {text: s. 9, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: sterilization_cycles, require: {equipment.model: {required: true}}}
message: Load {cycle_id} was run in a machine whose model nobody knows.
"""


def states(folder: Path, written: str, *files: str, **rules: str) -> list[tuple[str, int]]:
    shelf = law(folder / "law", **(rules or {"a": contents_rule()}))
    loads = f"{HEADS}A,load,2026-10-01,M1,\nB,load,2026-10-02,M2,\n"
    studio = write(folder / "studio", studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=loads)
    for n in range(0, len(files), 2):
        (studio / files[n]).write_text(files[n + 1])
    (studio / "waivers.yaml").write_text(written)
    found = run("audit", studio, "--rulesets", shelf, *DAY, "--report", "json=-")
    return [(use["state"], use["covered"]) for use in json.loads(found.stdout)["waivers"]]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("period: all", ("too-broad", 0)),
        ("period: 2020-01-01/2030-12-31", ("too-broad", 0)),
        ("period: 2026", ("applied", 2)),
        ("period: all\n    record: A", ("applied", 1)),
    ],
)
def test_a_period_without_end_is_no_scope(tmp_path: Path, scope: str, said: tuple[str, int]) -> None:
    assert states(tmp_path, f"{WAIVER}    {scope}\n") == [said]


def test_a_record_is_the_one_that_the_finding_is_about(tmp_path: Path) -> None:
    loads = f"{HEADS}A,load,2026-10-01,B,\nB,load,2026-10-02,B,\n"
    files = ("sterilization_cycles.csv", loads, "equipment.csv", "equipment_id,model,kind\nB,,steam_sterilizer\n")
    assert states(tmp_path, f"{WAIVER}    record: B\n", *files, a=LINKED) == [("applied", 1)]


@pytest.mark.parametrize("key", ["reason", "approved_by", "record"])
def test_blanks_are_no_words(key: str) -> None:
    lines = [line for line in f"{WAIVER}    record: A\n".splitlines() if f"{key}:" not in line]
    with pytest.raises(SourceError):
        read_waivers("\n".join([*lines, f'    {key}: "  "']), "waivers.yaml")


def test_a_head_that_stands_twice_is_a_mistake() -> None:
    with pytest.raises(SourceError, match="'record'"):
        read_waivers("rule,record,record,reason,approved_by,until\nXX/a,A,B,r,o,2026-12-31\n", "waivers.csv")


# ── baseline ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_baseline_says_gone_only_of_what_was_looked_at_and_is_gone(tmp_path: Path) -> None:
    shelf = law(tmp_path / "law", a=contents_rule())
    rows = f"{HEADS}A,load,2026-10-01,M1,\nB,load,2026-10-02,M2,\nC,load,2026-11-02,M2,x\n"
    studio = write(tmp_path / "s", studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=rows)
    report, known = tmp_path / "audit.json", tmp_path / "baseline.json"

    def audited(period: str, *words: object) -> dict[str, list[object]]:
        days = ("--period", period, "--as-of", "2026-12-10")
        run("audit", studio, "--rulesets", shelf, *days, "--quiet", "--report", f"json={report}", *words)
        found: dict[str, list[object]] = json.loads(report.read_text())["baseline"]
        return found

    audited("2026-10")
    run("baseline", "create", report, "--output", known)
    assert audited("2026-10", "--baseline", known)["gone"] == [], "both are still there"
    november = audited("2026-11", "--baseline", known)
    assert november["gone"] == [] and len(november["unseen"]) == 2
    run("baseline", "update", known, report)
    assert len(json.loads(known.read_text())["entries"]) == 2, "nobody looked at October"
    audited("2026-10")
    (studio / "sterilization_cycles.csv").write_text(rows.replace("M1,\n", "M1,x\n"))
    assert len(audited("2026", "--baseline", known)["gone"]) == 1


# ── diff ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_fixed_where_no_file_has_changed(tmp_path: Path) -> None:
    old = made(tmp_path / "old")
    new = made(tmp_path / "new", contents=contents_rule().replace("{contents: {req", "{cycle_type: {req"))
    told = json.loads(run("diff", old.pdf, new.pdf, "--format", "json").stdout)
    assert [(each["fate"], each["because"]) for each in told["findings"]] == [("not_judged", "same_files")]
