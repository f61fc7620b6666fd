"""Regions and municipalities: codes (SCB code lists, CC0), and the names by which each owner calls them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Region:
    """A county and its region. `size` is a round number of thousand inhabitants around 2015."""

    code: str
    county: str
    county_short: str
    name: str
    kolada: str
    ascii_name: str
    size: int

    @property
    def report_name(self) -> str:
        """The name in SKR's report and in Vården i siffror, which keep "län" for five regions."""
        return self.county if self.code in {"01", "03", "06", "08", "18"} else self.name

    @property
    def waits_name(self) -> str:
        """The name in the table of waits in child and adolescent psychiatry."""
        return self.county_short if self.code == "04" else self.name


@dataclass(frozen=True)
class Municipality:
    code: str
    name: str
    full_name: str
    skr_group: str

    @property
    def county_code(self) -> str:
        return self.code[:2]


REGIONS: tuple[Region, ...] = tuple(
    Region(*fields)
    for fields in (
        ("01", "Stockholms län", "Stockholm", "Stockholm", "Region Stockholm", "Stockholm", 2230),
        ("03", "Uppsala län", "Uppsala", "Uppsala", "Region Uppsala", "Uppsala", 350),
        ("04", "Södermanlands län", "Södermanland", "Sörmland", "Region Sörmland", "Sodermanland", 280),
        ("05", "Östergötlands län", "Östergötland", "Östergötland", "Region Östergötland", "Ostergotland", 450),
        ("06", "Jönköpings län", "Jönköping", "Jönköping", "Region Jönköpings län", "Jonkoping", 350),
        ("07", "Kronobergs län", "Kronoberg", "Kronoberg", "Region Kronoberg", "Kronoberg", 190),
        ("08", "Kalmar län", "Kalmar", "Kalmar", "Region Kalmar", "Kalmar", 240),
        ("09", "Gotlands län", "Gotland", "Gotland", "Region Gotland", "Gotland", 57),
        ("10", "Blekinge län", "Blekinge", "Blekinge", "Region Blekinge", "Blekinge", 160),
        ("12", "Skåne län", "Skåne", "Skåne", "Region Skåne", "Skane", 1300),
        ("13", "Hallands län", "Halland", "Halland", "Region Halland", "Halland", 310),
        (
            "14",
            "Västra Götalands län",
            "Västra Götaland",
            "Västra Götaland",
            "Västra Götalandsregionen",
            "Gotaland",
            1650,
        ),
        ("17", "Värmlands län", "Värmland", "Värmland", "Region Värmland", "Varmland", 280),
        ("18", "Örebro län", "Örebro", "Örebro", "Region Örebro län", "Orebro", 290),
        ("19", "Västmanlands län", "Västmanland", "Västmanland", "Region Västmanland", "Vastmanland", 260),
        ("20", "Dalarnas län", "Dalarna", "Dalarna", "Region Dalarna", "Dalarna", 280),
        ("21", "Gävleborgs län", "Gävleborg", "Gävleborg", "Region Gävleborg", "Gavleborg", 280),
        (
            "22",
            "Västernorrlands län",
            "Västernorrland",
            "Västernorrland",
            "Region Västernorrland",
            "Vasternorrland",
            240,
        ),
        ("23", "Jämtlands län", "Jämtland", "Jämtland Härjedalen", "Region Jämtland Härjedalen", "Jamtland", 130),
        ("24", "Västerbottens län", "Västerbotten", "Västerbotten", "Region Västerbotten", "Vasterbotten", 260),
        ("25", "Norrbottens län", "Norrbotten", "Norrbotten", "Region Norrbotten", "Norrbotten", 250),
    )
)
REGION_CODES: tuple[str, ...] = tuple(region.code for region in REGIONS)
GOTLAND = "09"

# Municipalities with rows of their own in the example: some of Stockholm, all of Halland, and Gotland, which is both.
SAMPLE_CODES = (
    "0114", "0126", "0127", "0160", "0180", "0181", "0188", "0980", "1315", "1380", "1381", "1382", "1383", "1384",
)  # fmt: skip


@cache
def municipalities() -> tuple[Municipality, ...]:
    """All 290, in the order of their codes."""
    lines = (Path(__file__).parent / "municipalities.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Municipality(*line.split(";")) for line in lines[2:])


@cache
def sample() -> tuple[Municipality, ...]:
    """The municipalities with rows of their own."""
    return tuple(m for m in municipalities() if m.code in SAMPLE_CODES)
