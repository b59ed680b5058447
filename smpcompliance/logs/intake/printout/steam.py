"""Units of temperature and pressure, and saturated steam: which pressure belongs to which temperature.

Saturation is that of IAPWS-IF97, region 4 (equations 30 and 31), valid from 0 to 373 °C.
"""

from collections.abc import Sequence
from math import sqrt

ATMOSPHERE_KPA = 101.325
INCH_OF_MERCURY_KPA = 3.386389
KPA_PER_UNIT = {"psi": 6.894757, "kpa": 1.0, "bar": 100.0, "mbar": 0.1, "mpa": 1000.0}
OFF_STEAM = "off saturated steam"
HOTTEST_STEAM_C = 170.0
NEAR_SATURATION_K = 2.5
"""How far a reading may lie from saturated steam: about 2 K, and the rounding of the printed figures."""

_N = (
    0.11670521452767e4, -0.72421316703206e6, -0.17073846940092e2, 0.12020824702470e5, -0.32325550322333e7,
    0.14915108613530e2, -0.48232657361591e4, 0.40511340542057e6, -0.23855557567849, 0.65017534844798e3,
)  # fmt: skip
_KELVIN = 273.15
_STEAM_KPA = (1.0, 20000.0)


def saturation_kpa(celsius: float) -> float:
    """Pressure of saturated steam in kPa absolute at 0 to 370 °C."""
    kelvin = celsius + _KELVIN
    theta = kelvin + _N[8] / (kelvin - _N[9])
    a = theta * theta + _N[0] * theta + _N[1]
    b = _N[2] * theta * theta + _N[3] * theta + _N[4]
    c = _N[5] * theta * theta + _N[6] * theta + _N[7]
    return float((2 * c / (-b + sqrt(b * b - 4 * a * c))) ** 4 * 1000)


def saturation_c(kpa: float) -> float:
    """Temperature of saturated steam in °C at a pressure in kPa absolute from 1 to 20 000."""
    beta = (kpa / 1000) ** 0.25
    e = beta * beta + _N[2] * beta + _N[5]
    f = _N[0] * beta * beta + _N[3] * beta + _N[6]
    g = _N[1] * beta * beta + _N[4] * beta + _N[7]
    d = 2 * g / (-f - sqrt(f * f - 4 * e * g))
    return float((_N[9] + d - sqrt((_N[9] + d) ** 2 - 4 * (_N[8] + _N[9] * d))) / 2 - _KELVIN)


def off_saturation(celsius: Sequence[float], kpa: Sequence[float]) -> float | None:
    """How far a hold lies from saturated steam, in K: the middle one of its readings.

    Returns:
        None where there is nothing to compare, or a pressure is none that steam could have.
    """
    if not celsius or len(celsius) != len(kpa) or not all(_STEAM_KPA[0] <= value <= _STEAM_KPA[1] for value in kpa):
        return None
    from statistics import median  # fractions and random numbers come with it

    return median(abs(heat - saturation_c(value)) for heat, value in zip(celsius, kpa, strict=True))


def unsaturated(celsius: Sequence[float], kpa: Sequence[float]) -> str:
    """What to say of a hold off saturated steam (air in the chamber, a wrong unit or a bad sensor); else ""."""
    off = off_saturation(celsius, kpa)
    if off is None or off <= NEAR_SATURATION_K:
        return ""
    return f"temperature and pressure of the hold lie {off:.1f} K {OFF_STEAM}"


def nearest_steam(celsius: Sequence[float], *readings: list[float]) -> list[float] | None:
    """Of several ways to read the pressures of a hold, in kPa absolute, the one that saturated steam confirms.

    Returns:
        None where none of them lies within NEAR_SATURATION_K.
    """
    fits = [(off, values) for values in readings if (off := off_saturation(celsius, values)) is not None]
    off, values = min(fits, default=(NEAR_SATURATION_K + 1, []))
    return values if off <= NEAR_SATURATION_K else None


def absolute_by_steam(celsius: Sequence[float], written_kpa: list[float]) -> list[float] | None:
    """Pressures in kPa absolute, where saturated steam at the same temperatures says whether they are gauge pressures.

    Args:
        written_kpa: the pressures as printed, in kPa, above nothing or above the atmosphere.

    Returns:
        None where neither reading lies within NEAR_SATURATION_K.
    """
    return nearest_steam(celsius, written_kpa, [value + ATMOSPHERE_KPA for value in written_kpa])
