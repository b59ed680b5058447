"""Pictures where people would rather look: each a `page.Figure` of simple shapes with the same numbers in a table."""

from collections.abc import Callable

from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Heading, Text
from smpcompliance.report.pictures.holds import holds
from smpcompliance.report.pictures.lots import lots
from smpcompliance.report.pictures.people import people
from smpcompliance.report.pictures.sterilisers import sterilisers
from smpcompliance.report.pictures.topics import topics
from smpcompliance.report.pictures.view import View
from smpcompliance.report.pictures.year import year
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

PICTURES: tuple[Callable[[View], list[Block]], ...] = (topics, sterilisers, holds, lots, people, year)
"""In the order in which they are shown."""


def pictures(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The pictures of one studio, under one heading.

    Args:
        audit: with its logs; of findings only those about spore tests are made.
        studio: one of the audit's studios.
        telling: every edition shows the same pictures.
        words: the words of a language.

    Returns:
        A heading and an introduction, then for each picture a figure and small print about what it leaves out; for a
        picture without a record to draw a text that says which log is missing or empty.
    """
    ids = [each.studio_id for each in audit.logs.studios]
    view = View(audit, ids.index(studio.studio_id), words)
    return [
        Heading(2, words("pictures.title")),
        Text(words("pictures.intro"), "note"),
        *(block for picture in PICTURES for block in picture(view)),
    ]
