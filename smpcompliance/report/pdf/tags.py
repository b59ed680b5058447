"""The structure that a screen reader reads: a tree of elements that grows as the pages are drawn."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "Document", "H1", "H2", "H3", "P", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "Figure", "Caption",
]  # fmt: skip


@dataclass(eq=False, slots=True)
class Tag:
    """One element. It joins the tree when it is first drawn, so the order of the tree is the order on paper.

    Attributes:
        parent: the element it belongs to; None is the document itself.
        scope: of a TH, what it is the head of.
        numbering: of an L, what its labels are.
        summary: of a Table, what it shows.
        alt: of a Figure, what it says.
        box: of a Figure, where it lies on its page (left, bottom, right, top), in points.
        kids: elements and marked content (page, number), in order.
    """

    role: Role
    parent: "Tag | None" = None
    scope: Literal["Column", "Row"] | None = None
    numbering: Literal["None", "Disc", "Decimal"] | None = None
    summary: str = ""
    alt: str = ""
    box: tuple[float, float, float, float] | None = None
    kids: list["Tag | tuple[int, int]"] = field(default_factory=list)
    joined: bool = False

    def join(self, root: "Tag") -> None:
        """Takes its place in the tree, behind everything drawn so far."""
        if self.joined:
            return
        above = self.parent or root
        if above is not root:
            above.join(root)
        above.kids.append(self)
        self.joined = True
