"""Noise at work: the daily level, and the years that the reference gives for it. Both by the 3 dB exchange rate.

The reference of 40 service years at exactly 80 dB(A), and the exchange rate, come from an expert page (secondary).
"""

from math import exp2, log10

SOURCE = "https://www.gehoorenarbeid.nl/beroepsslechthorendheid"
REFERENCE_LEVEL = 80.0
REFERENCE_YEARS = 40.0
EXCHANGE_RATE = 3.0
NOMINAL_DAY = 8.0


def daily_level(level: float, hours: float) -> float | None:
    """LEX,8h in dB(A) of a level during some hours a day (ISO 9612: LpAeqT + 10 lg (T / 8 h)); none without hours."""
    return level + 10 * log10(hours / NOMINAL_DAY) if hours > 0 else None


def reference_years(daily: float) -> float:
    """Service years at this LEX,8h that equal 40 years at 80 dB(A): every 3 dB more halves them. Informs only."""
    return REFERENCE_YEARS * exp2((REFERENCE_LEVEL - daily) / EXCHANGE_RATE)
