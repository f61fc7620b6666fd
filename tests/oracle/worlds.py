"""Random register worlds: few people, many stays, dates crowded where rules turn.

A world is 50 to 500 stays of one site around a month end, a leap day or a year end, with chains, transfers, nested and
same-day stays, deaths, open stays, reserve numbers, missing planned flags, and two regions (and sometimes a third that
has delivered nothing) whose data end on different days. The same number always gives the same world.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from .stays import Stay

_ANCHORS = (
    date(2024, 2, 29),
    date(2023, 2, 28),
    date(2023, 12, 31),
    date(2024, 3, 31),
    date(2024, 1, 31),
    date(2024, 6, 30),
)
_GAPS = (0, 0, 0, 1, 1, 1, 2, 2, 5, 12, 27, 28, 29, 29, 30, 30, 31, 31, 32, 45)
_LENGTHS = (0, 0, 1, 1, 2, 3, 5, 8, 14, 30)
_IN_SET = ("I500", "I501", "I509", "J159", "J180", "J441", "J449", "E149", "J459")
_OUTSIDE = ("S720", "I639", "K359", "N390", "I48")


@dataclass(frozen=True)
class World:
    """The stays of one site, and the last date for which each of its regions has delivered."""

    number: int
    stays: tuple[Stay, ...]
    delivered: dict[tuple[str, str | None], date]


def world(number: int, least: int = 50, most: int = 500) -> World:
    """The world of this number: `least` to `most` stays, small worlds being the more common."""
    rng = random.Random(f"register world {number}")
    site = f"w{number:05d}"
    size = min(most, int(least * (most / least) ** rng.random()))
    anchor = rng.choice(_ANCHORS)
    ends = {
        (site, "01"): anchor + timedelta(days=rng.choice((30, 31, 60, 91, 150))),
        (site, "12"): anchor + timedelta(days=rng.choice((0, 1, 30, 59, 120))),
    }
    regions: list[str] = ["01", "01", "12", "12", "12"] + (["25"] if rng.random() < 0.1 else [])
    coded = rng.random() >= 0.1
    made: list[Stay] = []
    while len(made) < size:
        wanted = min(size - len(made), rng.choice((1, 2, 4, 8, 12, 20)))
        made += _person(rng, f"{site}-p{len(made):04d}", site, wanted, anchor, regions, coded)
    ids = list(range(len(made)))
    rng.shuffle(ids)
    stays = tuple(_cut(rng, replace(s, stay_id=f"S{n:05d}"), ends) for n, s in zip(ids, made, strict=True))
    return World(number, stays, ends)


def years_in_hospital(number: int) -> World:
    """People in hospital from 2021 to April 2024 without a day between, by stays that meet on the first of a month.

    They meet there, a day before or a day after, on one day or over a transfer to the next. Each has a stay within the
    first, and every third came back two days later once in 2022, so that the stays before belong to no later spell.
    """
    site = f"w{number:05d}"
    made: list[Stay] = []
    for n in range(36):
        meeting = [date(2021 + m // 12, m % 12 + 1, 1) + timedelta(days=n // 3 % 3 - 1) for m in range(n % 3, 40, 3)]
        for first, last in pairwise(meeting):
            away = n % 3 == 0 and date(2022, 1, 1) <= first < date(2022, 4, 1)
            over = 2 if away else n % 2
            made.append(
                Stay(
                    f"S{len(made):05d}", f"{site}-p{n:04d}", first + timedelta(days=over), last, site=site,
                    birth_date=date(1950, 1, 1), sex="women", residence_region="01", residence_municipality="0180",
                    provider_region="01", transferred_out=n % 2 == 1, main_diagnosis="I509",
                )
            )  # fmt: skip
        first_stay = made[1 - len(meeting)]
        within = first_stay.admission_date + timedelta(days=10)
        made.append(replace(first_stay, stay_id=f"S{len(made):05d}", discharge_date=within))
    return World(number, tuple(made), {(site, "01"): date(2024, 6, 30)})


#: 28 years hold each weekday and leap day alike.
DAYS_OF_28_YEARS = timedelta(days=10227)


def shifted(original: World) -> World:
    """The same world 28 years later: births, stays, deaths and data ends."""

    def later(day: date | None) -> date | None:
        return day and day + DAYS_OF_28_YEARS

    names = ("birth_date", "death_date", "admission_date", "discharge_date")
    stays = tuple(replace(s, **{name: later(getattr(s, name)) for name in names}) for s in original.stays)
    return World(original.number, stays, {k: d + DAYS_OF_28_YEARS for k, d in original.delivered.items()})


def _person(
    rng: random.Random, key: str, site: str, size: int, anchor: date, regions: list[str], coded: bool
) -> list[Stay]:
    """One person's stays, each placed by its distance from the one before."""
    start = anchor - timedelta(days=rng.randrange(0, 120))
    someone = Stay(
        "", key, start, start, site=site, birth_date=_birth(rng, anchor), followable=rng.random() >= 0.04,
        sex=rng.choice(("women", "men")), residence_region=rng.choice(("01", "12", None)),
    )  # fmt: skip
    someone = replace(someone, residence_municipality={"01": "0180", "12": "1280"}.get(someone.residence_region or ""))
    home = rng.choice(regions)
    stays: list[Stay] = []
    admission = start
    for _ in range(size):
        discharge = admission + timedelta(days=rng.choice(_LENGTHS))
        codes = _IN_SET if rng.random() < 0.7 else _OUTSIDE
        stays.append(
            replace(
                someone,
                admission_date=admission,
                discharge_date=discharge if rng.random() >= 0.01 else None,
                provider_region=home if rng.random() < 0.85 else rng.choice(regions),
                transferred_in=rng.random() < 0.1,
                transferred_out=rng.random() < 0.1,
                planned=rng.choices((True, False, None), (25, 60, 15))[0],
                main_diagnosis=rng.choice(codes) if coded and rng.random() >= 0.03 else None,
            )
        )
        admission = _next(rng, stays)
    if rng.random() < 0.12:
        stays[-1] = replace(stays[-1], deceased=True)
    elif rng.random() < 0.1:
        after = max(s.discharge_date or s.admission_date for s in stays) + timedelta(days=rng.randrange(1, 40))
        stays = [replace(s, death_date=after) for s in stays]
    return stays


def _next(rng: random.Random, stays: list[Stay]) -> date:
    """Where the next stay begins: inside the last one, on its last day, by a coded transfer, or some days later."""
    last = stays[-1]
    ends = last.discharge_date or last.admission_date + timedelta(days=3)
    kind = rng.random()
    if kind < 0.12:
        return last.admission_date + timedelta(days=rng.randrange((ends - last.admission_date).days + 1))
    if kind < 0.27:
        stays[-1] = replace(last, transferred_out=True)
        return ends + timedelta(days=rng.choice((0, 1, 1, 2)))
    return ends + timedelta(days=rng.choice(_GAPS))


def _birth(rng: random.Random, anchor: date) -> date:
    """A third of the people turn 65 within two months of the anchor; one in fifty was born on a leap day."""
    if rng.random() < 0.02:
        return date(rng.choice((1956, 1960, 1940)), 2, 29)
    if rng.random() < 0.35:
        near = anchor + timedelta(days=rng.randrange(-60, 60))
        return date(near.year - 65, near.month, min(near.day, 28))
    return date(rng.randrange(1925, 1975), rng.randrange(1, 13), rng.randrange(1, 29))


def _cut(rng: random.Random, stay: Stay, ends: dict[tuple[str, str | None], date]) -> Stay:
    """Most stays that end after their region's data are still open, as in a delivery; some are known from elsewhere."""
    end = ends.get((stay.site, stay.provider_region))
    if end is not None and stay.discharge_date is not None and stay.discharge_date > end and rng.random() < 0.7:
        return replace(stay, discharge_date=None, deceased=False, transferred_out=False)
    return stay
