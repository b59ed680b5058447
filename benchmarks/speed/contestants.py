"""Who takes part: each program with its environment, its command, and what cannot be had from it."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OURS, CLI, FLOOR, PLAIN = "smpcompliance", "smpcompliance audit", "pyarrow read", "csv loop"


@dataclass(frozen=True)
class Contestant:
    """A program.

    Attributes:
        name: as it stands in the table.
        environment: `ours`, `peers` or `core` (environments.py).
        package: what `pip` calls it, for its version; empty for scripts without a tool.
        script: a file of `programs/`; empty for the command line of smpcompliance.
        sizes: those it is run at; a tool that would take minutes is left out of the large ones.
        bars: (size, how many times our time it takes at least), the aims that the table is judged by.
        lacks: what it does not give that ours does, or does not do at all.
    """

    name: str
    environment: str
    package: str
    script: str
    sizes: tuple[str, ...] = ("1k", "100k", "1M")
    bars: tuple[tuple[str, float], ...] = ()
    lacks: str = ""

    def command(self, python: Path, folder: Path, out: Path) -> list[str]:
        """What is run, as a process of its own."""
        if self.script:
            return [str(python), str(HERE / "programs" / self.script), str(folder), str(out)]
        ruleset = str(HERE / "rulesets" / "EIGHT")
        asked = ["--period", "all", "--as-of", "2026-01-31", "--ruleset", ruleset, "--fail-on", "never"]
        told = ["--allow-incomplete", "--report", f"json={out}", "--quiet", "--no-progress"]
        return [str(python.parent / "smpcompliance"), "audit", str(folder), *asked, *told]


_VALUES = "row numbers, not lines; dates as parsed, not as written"
CONTESTANTS = (
    Contestant(OURS, "ours", "smpcompliance", "with_smpcompliance.py"),
    Contestant(CLI, "ours", "smpcompliance", "", lacks="writes every finding, with message, fingerprint and evidence"),
    Contestant("dataframely", "peers", "dataframely", "with_dataframely.py",
               bars=(("1M", 1.3), ("100k", 1.0)), lacks=_VALUES),
    Contestant("pointblank", "peers", "pointblank", "with_pointblank.py",
               bars=(("1M", 1.7), ("1k", 1.0)), lacks=_VALUES),
    Contestant("pandera", "peers", "pandera", "with_pandera.py",
               bars=(("1M", 4.0), ("100k", 2.5), ("1k", 1.0)), lacks=_VALUES),
    Contestant("great_expectations", "peers", "great_expectations", "with_great_expectations.py",
               bars=(("1M", 7.0), ("1k", 1.0)), lacks=_VALUES),
    Contestant("frictionless", "peers", "frictionless", "with_frictionless.py", ("1k", "100k"),
               bars=(("1k", 1.0),), lacks="7 of the 8 checks: it cannot compare with a cell of another table"),
    Contestant("CDISC CORE", "core", "cdisc-rules-engine", "with_core.py", ("1k", "100k"),
               bars=(("100k", 50.0), ("1k", 1.0)), lacks=_VALUES),
    Contestant("pandas by hand", "peers", "pandas", "with_pandas.py", bars=(("1M", 3.0),), lacks=_VALUES),
    Contestant("polars by hand", "peers", "polars", "with_polars.py", lacks="row numbers, not lines"),
    Contestant(PLAIN, "peers", "", "with_csv_loop.py"),
    Contestant(FLOOR, "peers", "pyarrow", "with_pyarrow_read.py", lacks="reads and judges nothing"),
)  # fmt: skip
