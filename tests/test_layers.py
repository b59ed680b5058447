"""Arrows go one way: a module imports only from floors below its own."""

import ast
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "smpcompliance"
FLOORS = [
    "garbage",
    "memory",
    "patterns",
    "days",
    "dates",
    "yamlio",
    "strict",
    "logs",
    "checks",
    "rules",
    "audit",
    "trace",
    "report",
    "api",
    "fleet",
    "cli",
]
SAME_FLOOR = {"days", "dates", "yamlio"}
HEAVY = {
    "pandas",
    "reportlab",
    "pikepdf",
    "openpyxl",
    "python_calamine",
    "rapidfuzz",
    "biip",
    "ruamel",
    "pyhanko",
    "pyhanko_certvalidator",
    "cryptography",
    "asn1crypto",
    "icalendar",
    "dask",
    "distributed",
}
MODULES = sorted(ROOT.rglob("*.py"))


def imports(module: Path) -> list[str]:
    tree = ast.parse(module.read_text("utf-8"))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


def floor(module: Path) -> str:
    return module.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_a_module_imports_only_from_floors_below(module: Path) -> None:
    own = floor(module)
    if own not in FLOORS:
        return
    for name in imports(module):
        if name.startswith("smpcompliance."):
            other = name.split(".")[1]
            below = FLOORS.index(other) <= FLOORS.index(own)
            assert below or {own, other} <= SAME_FLOOR, f"{module.name} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_heavy_libraries_are_imported_only_where_they_are_used(module: Path) -> None:
    heavy = HEAVY.intersection(name.split(".")[0] for name in imports(module))
    allowed = {
        "api": {"pandas"},
        "fleet/cluster": {"dask", "distributed"},
        "report/frame": {"pandas"},
        "report/pdf": {"reportlab", "pikepdf"},
        "report/signing": {"pyhanko", "pyhanko_certvalidator", "cryptography", "asn1crypto"},
        "report/due/ics": {"icalendar"},
        "report/blank_logs": {"openpyxl"},
        "logs/intake/tables/workbook": {"python_calamine"},
        "logs/intake/heads/meaning": {"rapidfuzz"},
        "logs/intake/dealing/barcodes": {"biip"},
        "logs/intake/heads/proposals": {"ruamel"},
    }
    place = module.relative_to(ROOT).as_posix()
    for name in heavy:
        assert any(place.startswith(where) and name in names for where, names in allowed.items()), f"{place}: {name}"


def test_every_package_is_installed() -> None:
    listed = ConfigParser()
    listed.read(ROOT.parent / "setup.cfg", "utf-8")
    packages = {".".join(module.relative_to(ROOT.parent).parent.parts) for module in MODULES}
    assert packages <= set(listed["options"]["packages"].split())


KINDS = sorted(p for p in (ROOT / "checks").rglob("*.py") if "kind: Literal[" in p.read_text("utf-8"))


def kind_of(module: Path) -> str:
    return module.relative_to(ROOT / "checks").parts[0].removesuffix(".py")


@pytest.mark.parametrize("kind", [kind_of(p) for p in KINDS])
def test_kinds_do_not_import_each_other(kind: str) -> None:
    others = {f"smpcompliance.checks.{kind_of(other)}" for other in KINDS} - {f"smpcompliance.checks.{kind}"}
    for module in (ROOT / "checks").rglob("*.py"):
        if kind_of(module) == kind:
            assert not [n for n in imports(module) if ".".join(n.split(".")[:3]) in others], module


def test_nothing_imports_the_command_line() -> None:
    for module in MODULES:
        if floor(module) not in ("cli", "__main__"):
            assert not any(name.startswith("smpcompliance.cli") for name in imports(module)), module
