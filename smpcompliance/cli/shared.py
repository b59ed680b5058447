"""What commands share: kind ends for every mistake, and where the rulesets lie."""

import errno
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from smpcompliance.yamlio import SourceError

USAGE, INTERNAL = 2, 4
_LONGEST = 2000  # characters of a message
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def fail(text: str, code: int = USAGE) -> NoReturn:
    """Ends the program with a message on stderr."""
    click.echo(text, err=True)
    sys.exit(code)


def kindly(run: Callable[..., Any]) -> Callable[..., Any]:
    """A command that ends mistakes with their places and exit code 2, and bugs with exit code 4: never a traceback.

    `SMPCOMPLIANCE_TRACEBACK=1` shows the traceback of a bug.
    """

    @functools.wraps(run)
    def command(*args: Any, **kwargs: Any) -> Any:
        try:
            return run(*args, **kwargs)
        except click.exceptions.Exit:
            raise
        except click.ClickException:
            raise
        except (BrokenPipeError, KeyboardInterrupt):
            sys.exit(130)
        except Exception as error:
            _end(error)

    return command


def _end(error: Exception) -> NoReturn:
    from smpcompliance.logs.intake.places.refused import NothingToRead
    from smpcompliance.report.untrusted import clean
    from smpcompliance.yamlio import SourceError

    if isinstance(error, SourceError):
        fail(said(error))
    if isinstance(error, NothingToRead):
        fail(clean(str(error), _LONGEST))
    if isinstance(error, OSError) and error.errno in _FULL:
        fail(f"the report cannot be written ({error.strerror})")
    _broke(error)


def _broke(error: Exception) -> NoReturn:
    if os.environ.get("SMPCOMPLIANCE_TRACEBACK"):
        raise error
    fail(f"internal error: {type(error).__name__}: {error}\nSMPCOMPLIANCE_TRACEBACK=1 shows where.", INTERNAL)


def said(error: "SourceError") -> str:
    """All mistakes, a line each, and how many they are."""
    return "\n".join([*map(str, error.problems), many(len(error.problems))])


def many(n: int) -> str:
    """How many mistakes there are."""
    return "1 mistake" if n == 1 else f"{n} mistakes"


def text_of_file(file: Path) -> str:
    """The text of a file that a user named.

    Raises:
        SourceError: it cannot be read, or is not UTF-8.
    """
    from smpcompliance.yamlio import Problem, SourceError

    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceError([Problem(str(file), 1, 1, f"it cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError as error:
        text = f"this is not UTF-8 text ({error.reason}); save it as UTF-8"
        raise SourceError([Problem(str(file), 1, 1, text)]) from None


def today() -> date:
    """Today, or the day that SOURCE_DATE_EPOCH names for reproducible reports."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch and epoch.isdigit() else date.today()


def audit_day(_ctx: Any, _param: Any, text: str | None) -> date:
    """The day that an option `--as-of` names (its callback); today where it is not given."""
    from smpcompliance import dates

    if text is None:
        return today()
    try:
        return dates.day(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def law_options(run: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options `--rulesets` and `--ruleset`, which reach it as one parameter `law`."""

    @functools.wraps(run)
    def command(*args: Any, rulesets: Path | None, own: Sequence[Path], **kwargs: Any) -> Any:
        from smpcompliance.rules.shelves import law_at

        return run(*args, law=law_at(rulesets, own), **kwargs)

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    one = "A ruleset of your own (a county, a chain, an insurer) beside them; repeatable."
    all_ = "Folder of rulesets, instead of those that come with the program."
    command = click.option("--ruleset", "own", multiple=True, type=folder, metavar="FOLDER", help=one)(command)
    return click.option("--rulesets", type=folder, envvar="SMPCOMPLIANCE_RULESETS", help=all_)(command)


@contextmanager
def rules_named(select: Sequence[str], ignore: Sequence[str]) -> Iterator[None]:
    """Around what looks for the rules of `--select` and `--ignore`: a glob that matches none ends with a message."""
    try:
        yield
    except ValueError as error:
        if select or ignore:
            fail(str(error))
        raise


overlay_option = click.option("--overlay", "overlays", multiple=True, metavar="ID", help="Further ruleset or county.")
select_option = click.option(
    "--select", multiple=True, metavar="GLOB", help="Judge only rules like US-CA/spore-*; repeatable."
)
ignore_option = click.option("--ignore", multiple=True, metavar="GLOB", help="Leave rules out; repeatable.")
waivers_option = click.option(
    "--waivers",
    "waiver_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Waivers (YAML or CSV) beside those in the studios' folders; repeatable.",
)
quiet_option = click.option("--quiet", is_flag=True, help="No text on stdout.")
no_progress_option = click.option("--no-progress", is_flag=True, help="No progress bar.")
