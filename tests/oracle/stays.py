"""One inpatient stay, as the relation `int_stays__stays` holds it, and calendar arithmetic on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Stay:
    """One row. Dates are days; `discharge_date` None is a stay still open; `planned` None is a flag not reported."""

    stay_id: str
    person_key: str
    admission_date: date
    discharge_date: date | None
    site: str = "se"
    birth_date: date = date(1940, 1, 1)
    followable: bool = True
    death_date: date | None = None
    sex: str = "women"
    provider_region: str | None = "01"
    residence_region: str | None = "01"
    residence_municipality: str | None = "0180"
    transferred_in: bool = False
    transferred_out: bool = False
    deceased: bool = False
    planned: bool | None = False
    main_diagnosis: str | None = "I500"

    @property
    def order(self) -> tuple[date, date, str]:
        """The order of a person's stays: admission, then discharge with open ones last, then stay id."""
        return self.admission_date, self.discharge_date or date.max, self.stay_id


def by_person(stays: Iterable[Stay]) -> dict[tuple[str, str], list[Stay]]:
    """Each person's stays in order; a person is (site, person_key), never the key alone."""
    people: dict[tuple[str, str], list[Stay]] = defaultdict(list)
    for stay in stays:
        people[stay.site, stay.person_key].append(stay)
    return {person: sorted(own, key=lambda s: s.order) for person, own in people.items()}


def complete_years(birth: date, day: date) -> int:
    """Age in whole years on a day. Who is born on 29 February has their birthday on 1 March in other years (choice)."""
    had_birthday = (day.month, day.day) >= (birth.month, birth.day)
    return day.year - birth.year - (0 if had_birthday else 1)
