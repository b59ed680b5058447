"""Numbers as people write them."""

from decimal import Decimal


def number_text(value: float) -> str:
    """A number as people write it: plain decimals without an exponent, six significant figures below a million."""
    if abs(value) >= 1e6:
        return f"{value:.0f}" if value == int(value) else str(value)
    return f"{Decimal(f'{value:.6g}'):f}" if value == value else "nan"
