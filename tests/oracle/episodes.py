"""Stays joined into the unit that a method counts: every pair of a person's stays is looked at, and links are transitive.

`EPISODES` (slutenvårdsperioder): the later admission is on or before the earlier discharge, or a transfer is coded with at
most one day between. `SPELLS`: a coded transfer, or an overlap; a mere same-day return stays a stay of its own (R3).

A transfer is coded by the earlier stay (discharged to another clinic) or by the later (admitted from another clinic). It
links a stay with *every* stay that ended on that day or the day before, not only with the latest: the rule then does not
depend on the order in which stays of one day are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .stays import Stay


@dataclass(frozen=True)
class Joins:
    """Which links hold. `transfer_days` None: transfers are not looked at."""

    same_day: bool
    transfer_days: int | None = 1


EPISODES = Joins(same_day=True)
SPELLS = Joins(same_day=False)


@dataclass(frozen=True)
class Unit:
    """An episode or spell: its stays in order."""

    stays: tuple[Stay, ...]

    @property
    def first(self) -> Stay:
        """The stay that began it; of several on one day the one that ended first, then the lesser stay id."""
        return self.stays[0]

    @property
    def last(self) -> Stay:
        """The stay that ended it: an open one, else the latest discharge, then the later admission and greater stay id."""
        return max(self.stays, key=lambda s: (s.discharge_date or date.max, s.admission_date, s.stay_id))

    @property
    def admission(self) -> date:
        return self.first.admission_date

    @property
    def discharge(self) -> date | None:
        """None while one of its stays is open."""
        return self.last.discharge_date

    @property
    def died(self) -> bool:
        """A stay of it ended in death, or the known date of death is no later than its end."""
        ends = self.discharge or date.max
        return any(s.deceased or (s.death_date is not None and s.death_date <= ends) for s in self.stays)

    @property
    def order(self) -> tuple[date, date, str]:
        return self.admission, self.discharge or date.max, self.last.stay_id


def linked(one: Stay, other: Stay, joins: Joins) -> bool:
    """Whether two stays of one person belong together by themselves, without a third."""
    earlier, later = sorted((one, other), key=lambda s: s.order)
    ends = earlier.discharge_date
    if ends is None or later.admission_date < ends:
        return True
    days_between = (later.admission_date - ends).days
    if joins.same_day and days_between == 0:
        return True
    coded = earlier.transferred_out or later.transferred_in
    return joins.transfer_days is not None and coded and days_between <= joins.transfer_days


def units(stays: list[Stay], joins: Joins) -> list[Unit]:
    """One person's units, in order: stays are grown into groups until no link leads out of a group."""
    left = sorted(stays, key=lambda s: s.order)
    found = []
    while left:
        group, frontier = [], [left.pop(0)]
        while frontier:
            stay = frontier.pop()
            group.append(stay)
            near = [s for s in left if linked(stay, s, joins)]
            left = [s for s in left if s not in near]
            frontier += near
        found.append(Unit(tuple(sorted(group, key=lambda s: s.order))))
    return sorted(found, key=lambda u: u.order)
