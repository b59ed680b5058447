"""What a file that a person writes may hold, as typed models."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a file that a person writes, as a typed model: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
