"""The auditor for tattoo, permanent-cosmetics and scalp-micropigmentation studios."""

__version__ = "0.1.0"
