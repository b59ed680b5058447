"""The shell steps of action.yml and of the GitLab job, run as a runner runs them; and the hooks of pre-commit."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
import yaml
from law import contents_rule, law, write

from smpcompliance.cli import main

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
(GITLAB,) = yaml.safe_load((ROOT / "templates" / "ci" / "gitlab.yml").read_text("utf-8")).values()
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
HEAD = "cycle_id,cycle_type,started_at,contents\n"
GOOD, BAD = HEAD + "A,load,2026-10-01,forceps\n", HEAD + "A,load,2026-10-01,\n"
WHEN = "--period 2026-10 --as-of 2026-11-10 --rulesets law"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")


class Runner:
    """A folder as a runner checks it out, with this program on the path and files for what a step says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output, self.summary, self.path = (folder / f".{name}" for name in ("output", "summary", "path"))
        law(folder / "law", a=contents_rule())
        (folder / "bin").mkdir()
        self.program("smpcompliance", f'exec {shlex.quote(sys.executable)} -m smpcompliance "$@"\n')
        for place in (self.output, self.summary, self.path):
            place.touch()

    def program(self, name: str, text: str) -> None:
        """Puts a program on the path."""
        place = self.folder / "bin" / name
        place.write_text(f"#!/bin/sh\n{text}")
        place.chmod(0o755)

    def studio(self, name: str, loads: str) -> None:
        """Writes a studio."""
        write(self.folder / name, studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=loads)

    def run(self, script: str, shell: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs a step."""
        own = {k: v for k, v in os.environ.items() if not k.startswith("SMPCOMPLIANCE_")}
        known = {"GITHUB_OUTPUT": self.output, "GITHUB_STEP_SUMMARY": self.summary, "GITHUB_PATH": self.path}
        known |= {"RUNNER_TEMP": self.folder / "temp dir", "GITHUB_ACTION_PATH": self.folder / "action dir"}
        path = f"{self.folder / 'bin'}:{own.get('PATH', '')}"
        return subprocess.run(
            [*shell, script],
            cwd=self.folder,
            env={**own, **{k: str(v) for k, v in known.items()}, "PATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def action(self, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Runs the audit step of the action with inputs (`fail_on` for `fail-on`), the others by default."""
        step = ACTION["runs"]["steps"][1]
        given = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        wanted = {key: re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text)[1] for key, text in step["env"].items()}  # type: ignore[index]
        environment = {key: given[name] for key, name in wanted.items()}
        return self.run(step["run"], ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"], **environment)

    def gitlab(self, shell: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Runs the script of the GitLab job."""
        script = "set -e\n" + "\n".join(GITLAB["script"])
        return self.run(script, [shell, "-c"], **{**GITLAB["variables"], **variables})


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_the_action_tells_a_breach_in_every_place(runner: Runner) -> None:
    runner.studio("a studio ü", BAD)
    ran = runner.action(path="a studio ü", args=WHEN, reports="the reports")
    assert ran.returncode == 1, ran.stderr
    assert "::error file=a studio ü/sterilization_cycles.csv,line=2," in ran.stdout
    assert runner.output.read_text() == "sarif=the reports/audit.sarif\n"
    reports = {file.name for file in (runner.folder / "the reports").iterdir()}
    assert reports == {"audit.md", "audit.sarif", "audit.json", "audit.pdf"}
    assert runner.summary.read_text() == (runner.folder / "the reports" / "audit.md").read_text() != ""
    assert json.loads((runner.folder / "the reports" / "audit.sarif").read_text())["runs"][0]["results"]


@pytest.mark.parametrize(
    ("loads", "inputs", "code"),
    [
        (GOOD, {}, 0),
        (GOOD + "B,,2026-10-02,\n", {}, 3),
        (GOOD + "B,,2026-10-02,\n", {"args": f"{WHEN} --allow-incomplete"}, 0),
        (BAD, {"fail_on": "critical"}, 0),
        (BAD, {"fail_on": "sometimes"}, 2),
        (BAD, {"path": "elsewhere"}, 2),
        (BAD, {"path": ""}, 2),
        (BAD, {"period": "2026-09", "args": WHEN.replace("--period 2026-10 ", "")}, 0),
        (BAD, {"args": f"{WHEN}\n--fail-on\n  never\n"}, 0),
        (BAD, {"args": f"--allow-incomplete\n{WHEN}\n--select XX/b\n"}, 2),
    ],
)
def test_the_action_ends_as_the_audit_does(runner: Runner, loads: str, inputs: dict[str, str], code: int) -> None:
    runner.studio("studio", loads)
    assert runner.action(**{"path": "studio", "args": WHEN, **inputs}).returncode == code


def test_the_action_leaves_the_threshold_to_the_settings(runner: Runner) -> None:
    runner.studio("studio", BAD)
    law(runner.folder / "law", a=contents_rule("advice"))
    assert runner.action(path="studio", args=WHEN).returncode == 0
    (runner.folder / "smpcompliance.toml").write_text('fail-on = "advice"\n')
    assert runner.action(path="studio", args=WHEN).returncode == 1


def test_the_action_shows_no_report_of_before(runner: Runner) -> None:
    runner.studio("studio", GOOD)
    assert runner.action(path="studio", args=WHEN).returncode == 0
    runner.summary.write_text("")
    assert runner.action(path="elsewhere", args=WHEN).returncode == 2
    assert runner.summary.read_text() == "" and not list((runner.folder / "smpcompliance-reports").iterdir())


def test_the_action_may_run_twice_at_the_top_of_a_studio(runner: Runner) -> None:
    runner.studio(".", BAD)
    first = runner.action(args=WHEN)
    second = runner.action(args=WHEN)
    assert first.returncode == second.returncode == 1
    assert first.stdout == second.stdout


def test_the_action_installs_this_program_and_nothing_beside_it(runner: Runner) -> None:
    fake = '#!/bin/sh\\necho "$@" > installed\\n'
    runner.program(
        "python3", f'mkdir -p "$3/bin"; printf {shlex.quote(fake)} > "$3/bin/python"; chmod +x "$3/bin/python"\n'
    )
    ran = runner.run(ACTION["runs"]["steps"][0]["run"], ["bash", "-eo", "pipefail", "-c"])
    assert ran.returncode == 0, ran.stderr
    assert (runner.folder / "installed").read_text() == f"-m pip install --quiet {runner.folder / 'action dir'}\n"
    assert runner.path.read_text() == f"{runner.folder / 'temp dir'}/smpcompliance/bin\n"


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    ("loads", "variables", "code"),
    [(GOOD, {}, 0), (BAD, {}, 1), (BAD, {"AUDIT_FAIL_ON": "critical"}, 0), (BAD, {"AUDIT_PATH": "gone"}, 2)],
)
def test_the_gitlab_job_ends_as_the_audit_does(
    runner: Runner, shell: str, loads: str, variables: dict[str, str], code: int
) -> None:
    runner.studio("a studio", loads)
    ran = runner.gitlab(shell, **{"AUDIT_PATH": "a studio", "AUDIT_ARGS": WHEN, **variables})
    assert ran.returncode == code, ran.stderr
    reports = GITLAB["artifacts"]["reports"]
    kept = [*GITLAB["artifacts"]["paths"], *reports.values()]
    assert GITLAB["artifacts"]["when"] == "always"
    assert all((runner.folder / name).exists() == (code != 2) for name in kept)
    if code != 2:
        assert len(json.loads((runner.folder / reports["codequality"]).read_text())) == (loads == BAD)
        root = ElementTree.parse(runner.folder / reports["junit"]).getroot()
        assert root.get("failures") == str(int(loads == BAD))


def command(words: list[str]) -> click.Command:
    """The command that words name, `smpcompliance` left out."""
    found: click.Command = main
    for word in words:
        if not isinstance(found, click.Group):
            break
        found = found.get_command(click.Context(found), word) or found
    return found


def options(of: click.Command) -> set[str]:
    return {name for each in of.params for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}


def test_every_option_in_a_pipeline_exists() -> None:
    known = options(command(["audit"]))
    for text in (ACTION["runs"]["steps"][1]["run"], "\n".join(GITLAB["script"])):
        used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
        assert used and used <= known


def test_a_hook_runs_a_command_that_exists_and_is_never_skipped() -> None:
    assert {hook["id"] for hook in HOOKS} == {"smpcompliance-audit", "smpcompliance-rules"}
    for hook in HOOKS:
        name, *words = hook["entry"].split()
        assert name == "smpcompliance" and command(words).name == words[-1]
        assert hook["always_run"] and not hook["pass_filenames"] and "files" not in hook
        assert hook["language"] == "python"


def test_arguments_of_hooks_in_the_docs_are_understood() -> None:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    entries = {hook["id"]: hook["entry"].split()[1:] for hook in HOOKS}
    found = re.findall(r"- id: (\S+) .*args: (\[.*?\])", page)
    assert {name for name, _ in found} == set(entries)
    for name, args in found:
        words: list[Any] = yaml.safe_load(args)
        assert {word for word in words if word.startswith("-")} <= options(command(entries[name]))
