"""The seal of a report: the hash of everything in it, and one hash over all of these.

Whoever can write a PDF can write a seal. It tells what was changed by accident or without care; that a report is true
only doing the audit again shows.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from smpcompliance.audit.finding import Audit
from smpcompliance.report.telling import EDITIONS, Telling
from smpcompliance.report.words import languages

if TYPE_CHECKING:
    from smpcompliance.report.saved import Saved

FILE = "seal.json"
SCHEMA = "smpcompliance/seal/1"
_MOST = 1 << 63  # of a number by which a report is told
_Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class NoSeal(Exception):
    """These bytes are no seal."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Attached(_Part):
    """A file inside the report; `bytes` is its length."""

    file: str
    bytes: int
    sha256: _Hash


class Law(_Part):
    """A ruleset by which the audit judged."""

    id: str
    sha256: _Hash


class _Body(_Part):
    schema_: Annotated[Literal["smpcompliance/seal/1"], Field(alias="schema")]
    made_with: dict[str, str]
    told: dict[str, str | bool | int | None]
    attachments: list[Attached]
    pages: list[_Hash]
    rulesets: list[Law]
    previous: _Hash | None
    chain: _Hash


class Seal(_Part):
    """A seal that was read.

    Attributes:
        body: what it says.
        is_whole: its last hash agrees with the rest of it.
    """

    body: _Body
    is_whole: bool

    @property
    def attachments(self) -> dict[str, str]:
        """File → SHA-256."""
        return {attached.file: attached.sha256 for attached in self.body.attachments}


def seal(
    audit: Audit,
    telling: Telling,
    attachments: Mapping[str, bytes],
    pages: Sequence[str],
    made_with: Mapping[str, str],
) -> bytes:
    """The seal of a report, as JSON.

    Args:
        audit: what the report tells, and `telling` how.
        attachments: the files inside it.
        pages: the hash of each page, in order.
        made_with: the versions on which the look of the pages depends.
    """
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "made_with": dict(made_with),
        "told": {f.name: getattr(telling, f.name) for f in fields(telling) if f.name != "previous"},
        "attachments": [
            {"file": file, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for file, data in sorted(attachments.items())
        ],
        "pages": list(pages),
        "rulesets": [{"id": ruleset.id, "sha256": ruleset.sha256} for ruleset in audit.rulesets],
        "previous": telling.previous and telling.previous.sha256,
    }
    return (json.dumps(body | {"chain": _chain(body)}, ensure_ascii=False, indent=1) + "\n").encode()


def read_seal(data: bytes) -> Seal:
    """Reads a seal.

    Raises:
        NoSeal: it is none, or one of a version that is not known.
    """
    try:
        found = json.loads(data)
        body = _Body.model_validate(found)
        return Seal(body=body, is_whole=_chain({k: v for k, v in found.items() if k != "chain"}) == body.chain)
    except (ValueError, RecursionError):
        raise NoSeal from None


def telling_of(found: Seal, previous: "Saved | None") -> Telling | None:
    """How a sealed report was told; None where this version tells reports in other ways."""
    names = {f.name for f in fields(Telling)} - {"previous"}
    if set(found.body.told) != names:
        return None
    told: dict[str, Any] = dict(found.body.told)
    numbers = told["sample"], 0 if told["seed"] is None else told["seed"]
    is_known = told["edition"] in EDITIONS and told["language"] in languages()
    if (
        not is_known
        or not isinstance(told["all_findings"], bool)
        or not all(isinstance(n, int) and 0 <= n < _MOST for n in numbers)
    ):
        return None
    return Telling(**told, previous=previous)


def _chain(body: Mapping[str, Any]) -> str:
    """SHA-256 over a seal without its own hash: JSON with sorted keys, no blanks, UTF-8."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
