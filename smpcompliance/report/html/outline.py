"""The blocks of a page as nested parts: each heading with what stands below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from smpcompliance.report.page import Block, Break, Heading, Text


@dataclass
class Part:
    """A heading, the small words above it, and everything up to the next heading of its depth.

    Attributes:
        depth: of the heading as it is printed, from 1; in a report of several studios each studio is below the whole.
        id: names it on the page.
        new_page: it begins on a page of its own, where there are pages.
        inside: blocks and parts, in order.
    """

    heading: Heading
    depth: int
    id: str
    label: Text | None = None
    new_page: bool = False
    inside: "list[Block | Part]" = field(default_factory=list)

    @property
    def chosen(self) -> bool:
        """Whether it is about a severity or a log, so that a reader may choose to see it or not."""
        return bool(self.heading.severity or self.heading.logs)

    @property
    def parts(self) -> "list[Part]":
        """The parts directly inside."""
        return parts_of(self.inside)

    def every(self) -> "Iterator[Part]":
        """The part and all parts in it, in reading order."""
        yield self
        for part in self.parts:
            yield from part.every()


Nested = list[Block | Part]


def parts_of(nested: Nested) -> list[Part]:
    """The parts among blocks and parts."""
    return [each for each in nested if isinstance(each, Part)]


def outline(blocks: Sequence[Block]) -> Nested:
    """Blocks as parts in parts; what comes before the first heading stays as it is."""
    top: Nested = []
    open_: list[Part] = []
    label: Text | None = None
    new_page, below = False, 0
    for n, block in enumerate(blocks):
        if isinstance(block, Heading):
            below = 1 if block.level == 1 and top else below
            depth = block.level + below
            while open_ and open_[-1].depth >= depth:
                open_.pop()
            part = Part(block, depth, f"p{n}", label, new_page and bool(top))
            (open_[-1].inside if open_ else top).append(part)
            open_.append(part)
            label, new_page = None, False
        elif isinstance(block, Break):
            new_page = True
        elif isinstance(block, Text) and block.role == "label" and isinstance(_next(blocks, n), Heading):
            label = block
        else:
            (open_[-1].inside if open_ else top).append(block)
    return top


def _next(blocks: Sequence[Block], n: int) -> Block | None:
    return blocks[n + 1] if n + 1 < len(blocks) else None
