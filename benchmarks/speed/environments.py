"""The environments of the benchmark: ours and the peers' each in a venv of its own below `benchmarks/.venv`."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENVS = ROOT / "benchmarks" / ".venv"
REQUIREMENTS = {"peers": "requirements.txt", "core": "requirements-core.txt"}
NEEDS = {"core": "3.12"}
"""Environment → the Python that its packages need, where the one at hand will not do."""


def clean() -> dict[str, str]:
    """The environment variables of a run: modules are compiled once, as installed programs are; nobody calls home."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return kept | {"GX_ANALYTICS_ENABLED": "false", "PYTHONHASHSEED": "0"}


def python_of(name: str) -> Path:
    """The interpreter of an environment; it need not be there."""
    return VENVS / name / ("Scripts" if os.name == "nt" else "bin") / "python"


def prepare(name: str) -> str:
    """Makes an environment, or brings ours up to date.

    Returns:
        What went wrong; empty where the environment is ready.
    """
    wanted = _stamp(name)
    stamp = VENVS / name / "ready"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return "" if name != "ours" else _install(name, ["--no-deps", "--force-reinstall", str(_source())])
    python = _python(NEEDS.get(name, ""))
    if python is None:
        return f"needs Python {NEEDS[name]}, which is not on this machine"
    shutil.rmtree(VENVS / name, ignore_errors=True)
    if python == sys.executable:
        venv.create(VENVS / name, with_pip=True)
    else:
        subprocess.run([python, "-m", "venv", str(VENVS / name)], check=True)
    listed = ["-r", str(ROOT / "benchmarks" / REQUIREMENTS[name])] if name in REQUIREMENTS else [str(_source())]
    if problem := _install(name, listed):
        return problem
    stamp.write_text(wanted, "utf-8")
    return ""


def _source() -> Path:
    """A copy of the program's source to install from, so that nothing is left behind in the working copy."""
    copy = VENVS / "source"
    shutil.rmtree(copy, ignore_errors=True)
    left_out = shutil.ignore_patterns(".*", "build", "dist", "docs", "tests", "benchmarks", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=left_out)
    return copy


def _stamp(name: str) -> str:
    file = ROOT / "benchmarks" / REQUIREMENTS[name] if name in REQUIREMENTS else ROOT / "setup.cfg"
    return f"{sys.version}\n{file.read_text('utf-8')}"


def _python(version: str) -> str | None:
    if not version or sys.version.startswith(f"{version}."):
        return sys.executable
    elsewhere = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python")
    for found in filter(None, (shutil.which(f"python{version}"), *map(str, elsewhere))):
        if subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return found
    return None


def _install(name: str, what: list[str]) -> str:
    """Installs into an environment; packages that only exist as source are built with a setuptools that still can."""
    constraint = ROOT / "benchmarks" / "build-constraints.txt"
    done = subprocess.run(
        [str(python_of(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what],
        env=clean() | {"PIP_CONSTRAINT": str(constraint)},
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "" if done.returncode == 0 else (lines or ["pip failed"])[0]


def versions(name: str) -> dict[str, str]:
    """The packages of an environment with their versions, and its Python."""
    listing = subprocess.run(
        [str(python_of(name)), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"],
        env=clean(),
        capture_output=True,
        text=True,
        check=True,
    )
    said = subprocess.run([str(python_of(name)), "-V"], capture_output=True, text=True, check=True).stdout.split()
    return {each["name"]: each["version"] for each in json.loads(listing.stdout)} | {"Python": said[1]}
