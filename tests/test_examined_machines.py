"""Green by accident: inputs, options and places at which a run could end well without having judged, or harm a record."""

import csv
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from law import contents_rule, law, write

from smpcompliance.cli import main

HEAD = "cycle_id,cycle_type,started_at,contents\n"
GOOD, BAD = "A,load,2026-10-01,forceps\n", "A,load,2026-10-01,\n"
HOW = ("--rulesets", "law", "--period", "2026-10", "--as-of", "2026-11-10")
MACHINES = ("json", "csv", "sarif", "junit", "github", "gitlab")


def studio(folder: Path, loads: str = GOOD, **files: str) -> Path:
    """A studio of the jurisdiction XX, known by the name of its folder."""
    profile = f"studio_id: {re.sub('[^a-z0-9]', '-', folder.name.lower())}\njurisdiction: XX\n"
    return write(folder, studio=profile, sterilization_cycles_dot_csv=HEAD + loads, **files)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a law of one major rule, a studio `good` that meets it and a studio `bad` that does not."""
    monkeypatch.chdir(tmp_path)
    law(tmp_path / "law", a=contents_rule())
    studio(tmp_path / "good")
    studio(tmp_path / "bad", BAD)
    return tmp_path


def audit(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["audit", *HOW, *words], env=environment)


def started(*words: str, **how: object) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "smpcompliance", "audit", *words, *HOW, "--quiet", "--no-progress"]
    return subprocess.Popen(program, stderr=subprocess.PIPE, **how)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["good", "missing"], "no such folder"),
        (["*"], "no such folder"),
        ([""], "a path is empty"),
        (["good", "good"], "studio id"),
        (["good", "--ignore", "*"], "no rule is left"),
        (["good", "--select", "XX/a", "--ignore", "XX/a"], "no rule is left"),
        (["good", "--select", "XX/a", "--select", "XX/b"], "matches no rule"),
        (["good", "--period", "2027-01"], "begins after the audit day"),
        (["good", "--report", "json=-", "--report", "sarif=-"], "two reports go to '-'"),
        (["good", "--report", "json=a", "--report", "sarif=./a"], "two reports go to"),
        (["good", "--report", "json=law"], "cannot be written"),
    ],
)
def test_what_cannot_be_a_verdict_is_none(here: Path, words: list[str], told: str) -> None:
    found = audit(*words)
    assert found.exit_code == 2 and told in found.stderr and not found.stdout


@pytest.mark.parametrize("name", ["FAILON", "FIAL_ON", "FAIL", "SELECTS", "INCOMPLETE"])
def test_a_variable_that_is_nearly_a_setting_is_a_mistake(here: Path, name: str) -> None:
    found = audit("good", **{f"SMPCOMPLIANCE_{name}": "advice"})
    assert found.exit_code == 2 and f"SMPCOMPLIANCE_{name}" in found.stderr and "did you mean" in found.stderr


def test_the_prefix_may_serve_other_purposes(here: Path) -> None:
    others = {f"SMPCOMPLIANCE_{name}": "1" for name in ("VERSION", "REV", "TRACEBACK", "PASSPHRASE", "REAL_DATA")}
    assert audit("good", **others).exit_code == 0


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[tool]\nsmpcompliance = {fail-on = "never"}\n'),
        ("pyproject.toml", '[ tool . "smpcompliance" ]\nfail_on = "never"\n'),
        ("pyproject.toml", '[tool]\nother = 1\n[project]\nname = "smpcompliance"\n'),
    ],
)
def test_settings_in_pyproject_are_found_however_they_are_written(here: Path, file: str, text: str) -> None:
    (here / file).write_text(text)
    assert audit("bad").exit_code == (0 if "never" in text else 1)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("pyproject.toml", '[tool]\nsmpcompliance = "x"\n', "wants a table"),
        ("smpcompliance.toml", 'fail-on = "major"\nfail_on = "never"\n', "stands twice"),
        ("smpcompliance.toml", "fail_on = 1\n", "is not one of"),
        ("smpcompliance.toml", 'allow_incomplete = "false"\n', "true or false"),
        ("smpcompliance.toml", "[audit]\nquiet = true\n", "no setting 'audit'"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_a_mistake(here: Path, file: str, text: str, told: str) -> None:
    (here / file).write_text(text)
    found = audit("bad")
    assert found.exit_code == 2 and told in found.stderr


@pytest.mark.parametrize(
    "name", ["sterilization_cycles 2.xlsx", "sterilization_cycles 2.csv", "sterilization_cycles.csv.bak", "sterilization_cycles_2.numbers", "spore_tests.csv"]
)  # fmt: skip
def test_a_log_that_cannot_be_read_is_never_green(here: Path, name: str) -> None:
    (here / "good" / name).write_bytes(b"" if name.startswith("spore") else b"\x00\x01\xff\xfe\x00" * 90)
    found = audit("good", "--quiet", *(f"--report={form}={form}" for form in MACHINES))
    assert found.exit_code == 3
    assert audit("good", "--allow-incomplete").exit_code == 0
    told = {form: (here / form).read_text("utf-8-sig") for form in MACHINES}
    (place,) = json.loads(told["json"])["unreadable"]
    assert (place["file"], place["column"]) == (name, None) and "the file is not used" in place["reason"]
    assert ElementTree.fromstring(told["junit"]).get("errors") == "1"
    assert "::warning file=good/" in told["github"] and json.loads(told["gitlab"])[0]["severity"] == "critical"
    assert json.loads(told["sarif"])["runs"][0]["invocations"][0]["toolExecutionNotifications"]


def test_a_studio_that_lost_its_studio_yaml_is_never_green(here: Path) -> None:
    studio(here / "all" / "one")
    (studio(here / "all" / "two", BAD) / "studio.yaml").unlink()
    found = audit("all", "--quiet", "--report", "json=-")
    assert found.exit_code == 3 and "two/sterilization_cycles.csv" in found.stdout


def test_notes_and_pictures_beside_the_logs_do_not_count(here: Path) -> None:
    for name in ("notes.docx", "README.txt", "photo.jpg", "prices.csv"):
        (here / "good" / name).write_text("a,b\n1,2\n")
    assert audit("good").exit_code == 0


@pytest.mark.parametrize("file", ["bad/sterilization_cycles.csv", "bad/studio.yaml", "link", "known.json", "w.yaml"])
def test_a_report_never_takes_the_place_of_a_record(here: Path, file: str) -> None:
    (here / "link").symlink_to("bad/sterilization_cycles.csv")
    audit("good", "--report", "json=audit.json", "--quiet")
    CliRunner().invoke(main, ["baseline", "create", "audit.json", "-o", "known.json"])
    (here / "w.yaml").write_text("waivers: []\n")
    before = (here / file).read_bytes()
    found = audit("bad", "--baseline", "known.json", "--waivers", "w.yaml", "--report", f"json={file}")
    assert found.exit_code == 2 and (here / file).read_bytes() == before


def test_our_own_reports_in_the_folder_are_no_logs(here: Path) -> None:
    first = ("bad", "--quiet", *(f"--report={form}=bad/audit.{form}" for form in (*MACHINES, "pdf", "html", "md")))
    assert audit(*first).exit_code == 1
    CliRunner().invoke(main, ["baseline", "create", "bad/audit.json", "-o", "bad/baseline.json"])
    before = json.loads((here / "bad" / "audit.json").read_text())
    assert audit(*first).exit_code == 1, "they can be written again"
    after = json.loads((here / "bad" / "audit.json").read_text())
    assert {**before, "inputs": 0} == {**after, "inputs": 0}
    assert [i["log"] for i in after["inputs"] if i["log"]] == ["sterilization_cycles"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_pipes_and_links_stay_what_they_are(here: Path) -> None:
    os.mkfifo(here / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, cwd=here)
    (here / "link").symlink_to("target.json")
    assert audit("bad", "--report", "json=pipe", "--report", "json=link").exit_code == 1
    assert reader.communicate(timeout=20)[0] == (here / "target.json").read_bytes()
    assert stat.S_ISFIFO(os.stat(here / "pipe").st_mode) and (here / "link").is_symlink()


def test_a_report_has_the_rights_that_the_user_gives_new_files(here: Path) -> None:
    before = os.umask(0o077)
    try:
        audit("bad", "--report", "json=audit.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((here / "audit.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--report", "json=-"), 2)])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full place here")
def test_a_report_that_does_not_reach_stdout_is_no_verdict(here: Path, words: tuple[str, ...], code: int) -> None:
    program = [sys.executable, "-m", "smpcompliance", "audit", "good", *words, *HOW]
    with open("/dev/full", "w") as full:
        run = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == code and "cannot be written" in run.stderr and "Traceback" not in run.stderr
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *program], capture_output=True, text=True, check=False)
    assert closed.returncode == code and "stdout is closed" in closed.stderr and "Traceback" not in closed.stderr


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.8])
def test_a_run_that_is_told_to_end_says_so_and_leaves_nothing_half(here: Path, ending: str, seconds: float) -> None:
    loads = "".join(f"C{n},load,2026-10-{n % 28 + 1:02},\n" for n in range(60_000))
    studio(here / "big", loads)
    (here / "out").mkdir()
    (here / "out" / "a.sarif").write_text("before")
    number = getattr(signal, ending)

    def restore() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    run = started("big", "--report", "sarif=out/a.sarif", "--report", "pdf=out/a.pdf", preexec_fn=restore)
    time.sleep(seconds)
    run.send_signal(number)
    _, errors = run.communicate(timeout=60)
    assert run.returncode in (128 + number, -number), errors
    left = {file.name: file.read_bytes() for file in (here / "out").iterdir()}
    assert left.keys() <= {"a.sarif", "a.pdf"} and (left["a.sarif"] == b"before" or json.loads(left["a.sarif"]))


def fingerprints(here: Path, *paths: str) -> dict[str, Counter[str]]:
    """Format → fingerprint → how often the report of that format names it as a breach."""
    audit(*paths, "--quiet", *(f"--report={form}={here / form}" for form in MACHINES))
    text = {form: (here / form).read_bytes().decode("utf-8-sig") for form in MACHINES}
    results = json.loads(text["json"])["results"]
    runs = json.loads(text["sarif"])["runs"]
    name = re.compile(r"finding ([0-9a-f]{8,})")
    cases = ElementTree.fromstring(text["junit"]).iter("failure")
    return {
        "json": Counter(f["fingerprint"] for r in results for f in r["findings"]),
        "csv": Counter(r["fingerprint"] for r in csv.DictReader(io.StringIO(text["csv"])) if r["status"] == "fail"),
        "sarif": Counter(
            r["partialFingerprints"]["smpcompliance/v1"] for run in runs for r in run["results"] if r["kind"] == "fail"
        ),
        "github": Counter(name.findall(text["github"])),
        "gitlab": Counter(found for e in json.loads(text["gitlab"]) for found in name.findall(e["description"])),
        "junit": Counter({"lines": sum((case.text or "").count("has no contents.") for case in cases)}),
    }


@pytest.mark.parametrize("names", [["bad"], ["a ü#%", "b ü#%"], ["50% & <b>,x"], ["many"]])
def test_all_formats_carry_the_same_breaches(here: Path, names: list[str]) -> None:
    n = 20_000 if names == ["many"] else 3
    loads = "".join(f"C{i},load,2026-10-{i % 28 + 1:02},\n" for i in range(n))
    loads += '"é|<b>%0A::error::,#",load,2026-10-02,\n'
    for name in names:
        studio(here / name, loads)
    told = fingerprints(here, *names)
    wanted = (n + 1) * len(names)
    assert told.pop("junit")["lines"] == wanted == told["json"].total()
    assert all(found == told["json"] for found in told.values()), {k: v.total() for k, v in told.items()}


def test_several_studios_with_the_same_names_of_files_stay_apart(here: Path) -> None:
    for name in ("x y", "x#y"):
        studio(here / "all" / name, BAD)
    (here / "all" / "x#y" / "studio.yaml").write_text("studio_id: other\njurisdiction: XX\n")
    audit("all", "--quiet", *(f"--report={form}={form}" for form in MACHINES))
    sarif = json.loads((here / "sarif").read_text())["runs"]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for run in sarif for r in run["results"]]
    assert sorted(uris) == ["all/x%20y/sterilization_cycles.csv", "all/x%23y/sterilization_cycles.csv"]
    paths = [each["location"]["path"] for each in json.loads((here / "gitlab").read_text())]
    assert sorted(paths) == ["all/x y/sterilization_cycles.csv", "all/x#y/sterilization_cycles.csv"]


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
def test_what_is_being_written_is_taken_away(here: Path, ending: str) -> None:
    (here / "a.json").write_text("before")
    script = (
        "import os, signal, sys; from smpcompliance.__main__ import run\n"
        f"os.replace = lambda *_: os.kill(os.getpid(), signal.{ending})\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\nrun()"
    )
    words = ["audit", "bad", *HOW, "--quiet", "--report", "json=a.json"]
    ran = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 128 + getattr(signal, ending), ran.stderr
    assert [file.name for file in here.iterdir() if "a.json" in file.name] == ["a.json"]
    assert (here / "a.json").read_text() == "before"


def test_a_signal_that_is_to_be_ignored_is_ignored(here: Path) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    run = started("good", preexec_fn=ignore)
    time.sleep(0.5)
    run.send_signal(signal.SIGHUP)
    assert run.wait(timeout=60) == 0
