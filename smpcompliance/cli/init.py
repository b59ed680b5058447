"""`smpcompliance init`: a new studio folder with blank logs, a filled sample, or a ruleset to fill in."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from smpcompliance.cli.output import write_whole
from smpcompliance.cli.shared import fail, kindly


@click.command(name="init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--sample", metavar="NAME", help="Fill it with a sample studio; `--sample list` names them.")
@click.option(
    "--ruleset", is_flag=True, help="Make a ruleset of your own instead, for a county, a chain or an insurer."
)
@kindly
def command(folder: Path, sample: str | None, ruleset: bool) -> None:
    """Make a new studio folder with blank logs (CSV and a workbook), a filled sample, or a ruleset to fill in."""
    if sample is not None and ruleset:
        fail("a folder is either a sample studio or a ruleset; give --sample or --ruleset")
    samples = {
        f.name: f for f in resources.files("smpcompliance.sample_logs").iterdir() if (f / "studio.yaml").is_file()
    }
    if sample == "list":
        click.echo("\n".join(sorted(samples)))
        return
    if sample is not None and sample not in samples:
        fail(f"there is no sample {sample!r}; there are {', '.join(sorted(samples))}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail(f"{folder} is there already and not empty; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    if ruleset:
        _copy(resources.files("smpcompliance.templates") / "ruleset", folder)
        click.echo(f"{folder} is ready. Next: smpcompliance rules test --ruleset {folder} {folder.resolve().name}")
        return
    if sample:
        _copy(samples[sample], folder)
    else:
        _blank(folder)
    click.echo(f"{folder} is ready. Next: smpcompliance doctor {folder}")


def _copy(source: Traversable, target: Path) -> None:
    for file in source.iterdir():
        if file.is_dir():
            (target / file.name).mkdir()
            _copy(file, target / file.name)
        elif file.name not in ("expected.txt", "expected-trace.txt"):
            write_whole(target / file.name, file.read_bytes())


def _blank(folder: Path) -> None:
    from smpcompliance.logs.blank import BLANK_LOGS
    from smpcompliance.logs.schema import LOGS
    from smpcompliance.report.blank_logs import blank_csv, workbook

    template = resources.files("smpcompliance.templates") / "logs" / "studio.yaml"
    write_whole(folder / "studio.yaml", template.read_bytes())
    blank = folder / BLANK_LOGS
    blank.mkdir()
    for log in LOGS:
        write_whole(blank / f"{log}.csv", blank_csv(log))
    write_whole(blank / "all logs.xlsx", workbook())
