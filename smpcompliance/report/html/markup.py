"""HTML that is safe by its type: whatever is not `Markup` is text, and text is cleaned and written out here alone."""

from collections.abc import Iterable, Mapping

from smpcompliance.report.untrusted import for_markup

LONGEST = 2000
"""Characters of one text that are shown; what is longer ends with `[…]`."""
Attributes = Mapping[str, str | bool | None]
_NONE: Attributes = {}
_VOID = {"br", "col", "input", "meta"}


class Markup(str):
    """Text that is markup already; everything else is escaped."""

    __slots__ = ()


def written(child: str) -> str:
    """A child of an element as HTML: markup as it is, text cleaned and written out."""
    return child if isinstance(child, Markup) else for_markup(child, LONGEST)


def element(name: str, attributes: Attributes = _NONE, *children: str) -> Markup:
    """An element.

    Args:
        name: of the element.
        attributes: values are text; True writes the name alone, None and False leave the attribute out.
        children: markup or text, in order.
    """
    said = "".join(
        f" {key}" if value is True else f' {key}="{written(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    opened = f"<{name}{said}>"
    if name in _VOID:
        return Markup(opened)
    return Markup(f"{opened}{''.join(map(written, children))}</{name}>")


def together(parts: Iterable[Markup]) -> Markup:
    """Pieces of markup, each on a line of its own."""
    return Markup("\n".join(parts))
