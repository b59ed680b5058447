"""What a file that a person writes may hold, as typed models."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a file that a person writes, as a typed model: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def empty() -> list[Any]:
    """A new empty list. Pydantic reads the signature of what makes a default; to find that of `list` takes 0.2 ms."""
    return []
