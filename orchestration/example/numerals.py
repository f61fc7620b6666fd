"""Numbers as the owners write them: decimal comma, blank between thousands, Excel's General format.

Everything is rounded half up in decimal arithmetic, since binary rounding would print 0,1 differently from the owners.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

Number = int | float | Decimal


def exact(value: Number) -> Decimal:
    """The shortest decimal that names the number."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def rounded(value: Number, decimals: int) -> Decimal:
    """Rounded half up to a number of decimals."""
    return exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def comma(value: Number, decimals: int) -> str:
    """`89,0`: fixed decimals."""
    return str(rounded(value, decimals)).replace(".", ",")


def short_comma(value: Number, decimals: int) -> str:
    """`68` or `63,5`: no trailing zeros."""
    text = comma(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def grouped(value: int) -> str:
    """`10 498`: a blank between groups of three digits."""
    return f"{value:,}".replace(",", " ")


def percent(numerator: int, denominator: int) -> Decimal:
    """100 x numerator / denominator, unrounded."""
    return 100 * Decimal(numerator) / Decimal(denominator)


def excel_general(value: Decimal) -> str:
    """Excel's General format: at most eleven characters before the sign, `8,12031E-07` below 0.0001."""
    if value == 0:
        return "0"
    size, sign = abs(value), "-" if value < 0 else ""
    if size < Decimal("0.0001"):
        mantissa = rounded(size.scaleb(-size.adjusted()), 5)
        digits = format(mantissa, "f").rstrip("0").rstrip(".")
        return f"{sign}{digits}E-{-size.adjusted():02d}".replace(".", ",")
    whole_digits = max(1, size.adjusted() + 1)
    digits = format(rounded(size, 10 - whole_digits), "f")
    return sign + (digits.rstrip("0").rstrip(".") if "." in digits else digits).replace(".", ",")


def from_comma(text: str) -> Decimal:
    """The number of a text written by one of the functions above."""
    return Decimal(text.replace(" ", "").replace(",", "."))
