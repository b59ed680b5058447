"""A PDF report on disc and its forgeries, for the tests of `verify` and `sign`."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from click.testing import CliRunner, Result
from law import contents_rule, law, write

from smpcompliance.cli import main
from smpcompliance.report.pdf.sealing import closed, pages_of

LOADS = "cycle_id,cycle_type,started_at,contents\nA,load,2026-10-01,tubes\nB,load,2026-10-02,\nC,load,soon,\n"
Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Case:
    """A report with the studio and the law that it was made from."""

    pdf: Path
    studio: Path
    law: Path
    options: tuple[object, ...]

    @property
    def log(self) -> Path:
        return self.studio / "sterilization_cycles.csv"

    def audit(self, *words: object) -> Result:
        """Makes the report anew."""
        found = run("audit", self.studio, *self.options, "--quiet", "--report", f"pdf={self.pdf}", *words)
        assert found.exit_code < 4, found.stderr
        return found

    def verify(self, *words: object, pdf: Path | None = None) -> Result:
        """Verifies it with the law that it was made by."""
        return run("verify", pdf or self.pdf, "--rulesets", self.law, *words)

    def marks(self, *words: object, pdf: Path | None = None) -> dict[str, set[str]]:
        """Part → the marks of its lines, those left out that only speak to the reader."""
        told = json.loads(self.verify(*words, "--format", "json", pdf=pdf).stdout)
        found: dict[str, set[str]] = {}
        for each in told["lines"]:
            if each["mark"] != "said":
                found.setdefault(each["part"], set()).add(each["mark"])
        return found


def run(*words: object, **how: Any) -> Result:
    """Runs the program; it may end as it likes, but never with a traceback."""
    found = CliRunner().invoke(main, [str(word) for word in words], **how)
    assert "Traceback" not in found.output + found.stderr
    assert found.exit_code != 4, found.stderr
    return found


def made(folder: Path, *words: object, **rules: str) -> Case:
    """A studio, a law and the report of one on the other."""
    rulesets = law(folder / "law", **(rules or {"contents": contents_rule()}))
    studio = write(folder / "studio", studio="studio_id: s1\nname: Ink\njurisdiction: XX\n")
    (studio / "sterilization_cycles.csv").write_text(LOADS)
    options = ("--rulesets", rulesets, "--period", "2026-10", "--as-of", "2026-11-21")
    case = Case(folder / "report.pdf", studio, rulesets, options)
    case.audit(*words)
    return case


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(data))


def inside(data: bytes) -> dict[str, bytes]:
    """The attachments of a PDF."""
    with opened(data) as pdf:
        return {name: file.get_file().read_bytes() for name, file in pdf.attachments.items()}


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def forged(data: bytes, *, seal: bool = False, **files: bytes | None) -> bytes:
    """A report with other attachments (`audit_json=…`; None takes it away); with `seal` it is sealed anew, too."""
    with opened(data) as pdf:
        names = pdf.Root.Names.EmbeddedFiles.Names
        for place in range(len(names) - 2, -1, -2):
            name = str(names[place])
            key = name.replace(".", "_")
            if key in files and files[key] is None:
                del names[place : place + 2]
            elif key in files:
                names[place + 1].EF.F.write(files[key])
        if seal:
            _seal_anew(pdf)
        out = saved(pdf)
    return closed(out) if seal else out


def _seal_anew(pdf: pikepdf.Pdf) -> None:
    """What somebody would do who knows how seals are made."""
    names = pdf.Root.Names.EmbeddedFiles.Names
    files = {str(names[n]): names[n + 1].EF.F for n in range(0, len(names), 2)}
    body = json.loads(files["seal.json"].read_bytes())
    for each in body["attachments"]:
        data = files[each["file"]].read_bytes()
        each |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    body["pages"] = pages_of(pdf)
    if "audit.json" in files:
        body["rulesets"] = [
            {"id": r["id"], "sha256": r["sha256"]} for r in json.loads(files["audit.json"].read_bytes())["rulesets"]
        ]
    body.pop("chain")
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body["chain"] = hashlib.sha256(text.encode()).hexdigest()
    files["seal.json"].write(json.dumps(body).encode())


def audit_with(data: bytes, edit: Edit) -> bytes:
    """The audit.json of a report, edited and written as the program writes it."""
    audit = json.loads(inside(data)["audit.json"])
    edit(audit)
    return (json.dumps(audit, ensure_ascii=False, indent=1) + "\n").encode()


def rules_with(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The rulesets.zip of a report with one text changed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(inside(data)["rulesets.zip"])) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            text = before.read(entry)
            assert entry.filename != name or old in text
            after.writestr(entry, text.replace(old, new) if entry.filename == name else text)
    return out.getvalue()
