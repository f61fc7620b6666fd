"""What the example country is calibrated on: published values with their source, and between them invented ones.

Published: Socialstyrelsen 2025, "Uppföljning av omställningen till en god och nära vård", indicators K02, K09 and K10.
Years and regions that the report does not give are invented so that the published ones, and the trends it tells of,
hold; each table says which. The diagnosis sets are illustrative: the owner's lists are not known.
"""

from __future__ import annotations

YEARS = tuple(range(2012, 2025))

# K10, unplanned readmissions within 30 days, 65 and over, percent. Published: 2013 10.0, 2024 8.9, 2022 and 2023 about
# equal to 2024. 2012 is only the run-up to the first month.
READMISSION_NATION = dict(zip(
    YEARS, (10.0, 10.0, 9.9, 9.8, 9.7, 9.6, 9.5, 9.4, 9.2, 9.1, 8.9, 8.9, 8.9), strict=True))  # fmt: skip
# Points above the nation in 2013 and in 2024. Published: Örebro 5.8 (least) and Skåne 11.8 (most) in 2024.
READMISSION_PUBLISHED = {"12": (1.9, 11.8 - 8.9), "18": (-2.7, 5.8 - 8.9)}
# Points above or below the others, invented; a common shift makes the nation what it is.
READMISSION_INVENTED = {
    "01": 0.2, "03": -0.8, "04": 0.6, "05": -1.0, "06": -1.3, "07": 0.3, "08": -0.6, "09": 0.9, "10": 1.1, "13": -0.5,
    "14": 0.1, "17": 0.7, "19": 0.4, "20": -0.3, "21": 0.8, "22": -0.2, "23": -0.9, "24": -0.4, "25": 0.5,
}  # fmt: skip

# K09, avoidable stays, 20 and over, per 100 000, standardised. Published: 2013 817, 2024 562; falling every year but
# 2021. The standard is not known here: `esp2013` is assumed.
AVOIDABLE_NATION = dict(zip(
    YEARS, (830, 817, 795, 774, 754, 734, 713, 690, 612, 619, 600, 581, 562), strict=True))  # fmt: skip
# Men to women. Published: 37 percent more in 2013, 23 percent more in 2024 (626 for men).
AVOIDABLE_MEN_TO_WOMEN = {2013: 1.37, 2024: 1.23}
AVOIDABLE_MEN_2024 = 626.0
# Times the nation in every year. Published: Örebro 407 (least) and Stockholm 761 (most) in 2024.
AVOIDABLE_PUBLISHED = {"01": 761 / 562, "18": 407 / 562}
AVOIDABLE_INVENTED = {
    "03": 0.93, "04": 1.05, "05": 0.90, "06": 0.88, "07": 0.95, "08": 1.02, "09": 1.04, "10": 1.08, "12": 1.06,
    "13": 0.92, "14": 0.98, "17": 1.03, "19": 1.01, "20": 0.99, "21": 1.07, "22": 1.00, "23": 0.91, "24": 0.94,
    "25": 0.97,
}  # fmt: skip

# K02, medical assessment within 3 days, percent. Published: 2020 81, 2024 88, Stockholm 96 (most) in 2024, men 0.5
# points above women in 2024. Headline rule: without PvV and MoV.
ASSESSMENT_NATION = {2019: 81.0, 2020: 81.0, 2021: 83.5, 2022: 85.5, 2023: 87.2, 2024: 88.0}
ASSESSMENT_PUBLISHED = {"01": {2019: 91.0, 2020: 91.0, 2021: 92.5, 2022: 94.0, 2023: 95.2, 2024: 96.0}}
ASSESSMENT_INVENTED = {
    "03": -1.0, "04": 0.5, "05": 2.0, "06": 2.5, "07": 1.0, "08": 1.5, "09": -0.5, "10": 0.0, "12": 0.5, "13": 2.2,
    "14": -0.8, "17": -2.0, "18": 0.8, "19": -1.5, "20": -2.5, "21": -1.8, "22": -1.2, "23": -0.6, "24": 0.2,
    "25": -2.2,
}  # fmt: skip
ASSESSMENT_MEN_ABOVE_WOMEN = 0.5

# Five-year bands from 0-4 to 90 and over.
BAND_LOWS = tuple(range(0, 95, 5))
BANDS = (*(f"{low}-{low + 4}" for low in BAND_LOWS[:-1]), "90+")
# European standard population 2013 (Eurostat, ISBN 978-92-79-31094-2), per 100 000.
ESP2013 = (5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500,
           1000)  # fmt: skip
ADULT = 4  # the first band of 20 and over
OLD = 13  # the first band of 65 and over
# Shape of the rates by age, invented; only their ratios count. Nobody below 20.
AVOIDABLE_BY_AGE = (0, 0, 0, 0, 60, 60, 65, 75, 95, 130, 190, 290, 430, 700, 1150, 2000, 3300, 4900, 6200)
# Stays for pneumonia per 100 000, invented, the same every year.
PNEUMONIA_BY_AGE = (0, 0, 0, 0, 40, 45, 50, 60, 75, 95, 130, 190, 290, 450, 700, 1150, 1900, 3000, 4200)

# Illustrative sets by code prefix (ICD-10-SE without the dot).
AVOIDABLE_PREFIXES = ("I50", "E10", "E11", "E12", "E13", "E14", "J44", "J45", "J46")
PNEUMONIA_PREFIXES = ("J12", "J13", "J14", "J15", "J16", "J17", "J18")
FOLLOW_UP_DAYS = 30

# Believable size of a year: about 1.5 million stays and, in the national example, 20 million rows of contacts.
STAYS_A_YEAR = 1_500_000
CONTACTS_A_YEAR = 20_000_000


def between(known: dict[int, float], year: int) -> float:
    """A straight line between the first and the last year known."""
    first, last = min(known), max(known)
    return known[first] + (known[last] - known[first]) * (min(max(year, first), last) - first) / (last - first)
