"""Signatures in a PDF report. Its modules need pyHanko (`pip install smpcompliance[sign]`); load them when asked."""

from typing import Literal, get_args

Signatory = Literal["studio", "inspector"]
SIGNATORIES: tuple[Signatory, ...] = get_args(Signatory)
FIELDS: dict[Signatory, str] = {"studio": "Studio", "inspector": "Inspector"}
"""The names of the two fields that a signed report has."""
