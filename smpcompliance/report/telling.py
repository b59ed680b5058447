"""How an audit is told: for whom, in which language, and how much of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from smpcompliance.report.saved import Saved

Edition = Literal["owner", "inspector"]
EDITIONS: tuple[str, ...] = get_args(Edition)


@dataclass(frozen=True)
class Telling:
    """How an audit is told. What it says stays the same.

    Attributes:
        edition: `owner` says first what to do, `inspector` follows the order of the law and draws a sample.
        language: of the words, a file of `templates/report`; the rules speak the language that they were written in.
        all_findings: findings are listed to the last one, not the first of each rule.
        sample: records drawn for an inspector to compare with paper and packs.
        seed: of the draw; None: the audit day as a number (20261121), so that the same audit draws the same records.
        previous: an earlier report, to say what changed since.
    """

    edition: Edition = "owner"
    language: str = "en"
    all_findings: bool = False
    sample: int = 12
    seed: int | None = None
    previous: "Saved | None" = None


TOLD = Telling()
"""As an owner is told who asks for nothing else."""
