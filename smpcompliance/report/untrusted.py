"""The one place where text that people outside the program wrote is made safe to print."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_BLANKS = dict.fromkeys(map(ord, "\t\n\r\x0b\x0c\x85\u00a0\u2028\u2029\u202f"), " ")
CUT = " […]"


def clean(text: str, limit: int = 500, drawable: frozenset[str] | None = None) -> str:
    """Text that prints as it reads: nothing hidden, nothing that steers a terminal, no longer than the limit.

    Control, format, private, surrogate and unassigned characters become `[U+001B]`; tabs, line ends and no-break
    blanks become blanks. Nothing is dropped in silence: what is cut off ends with `[…]`.

    Args:
        text: anything.
        limit: characters of the text that are kept.
        drawable: the characters that a font can draw; all others are written by their number. None: all can be drawn.
    """
    if len(text) > limit:
        text = text[:limit].rstrip() + CUT
    drawn = drawable is None or drawable.issuperset(text)
    if drawn and text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_BLANKS))
    return "".join(c if _shows(c, drawable) else f"[U+{ord(c):04X}]" for c in text)


def _shows(character: str, drawable: frozenset[str] | None) -> bool:
    if unicodedata.category(character) in _HIDDEN:
        return False
    return drawable is None or character in drawable


def for_markup(text: str, limit: int = 500) -> str:
    """Clean text as the content or attribute of HTML or XML: `<`, `>`, `&` and quotes are written out."""
    from html import escape  # with a table of 2,000 names of signs

    return escape(clean(text, limit), quote=True)
