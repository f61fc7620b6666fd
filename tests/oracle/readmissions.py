"""Readmissions by brute force: each index unit is held against every other unit of the person.

The presets are those of methods M12. Choices that no source settles are fields of `Method` with the choice as default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .episodes import EPISODES, SPELLS, Joins, Unit, units
from .stays import Stay, by_person, complete_years

#: Heart failure, diabetes, asthma, COPD, pneumonia (M11). Socialstyrelsen's own lists are not known: illustrative.
ILLUSTRATIVE = ("I50", "E10", "E11", "E12", "E13", "E14", "J45", "J46", "J44",
                "J12", "J13", "J14", "J15", "J16", "J17", "J18")  # fmt: skip

#: Last date for which each (site, provider region) has delivered.
Delivered = Mapping[tuple[str, str | None], date]


@dataclass(frozen=True)
class Method:
    """One readmission method. Days are admission of the return minus discharge of the index; bounds are inclusive."""

    method_code: str
    joins: Joins
    window_first: int = 1
    window_last: int = 30
    last_day_counts: bool = True
    #: `any_unplanned`: planned returns are passed over; `first_decides`: the first return in the window alone is judged,
    #: and a planned one ends follow-up; `all`: planned returns count too. Only returns from `window_first` on are returns.
    planned_rule: str = "any_unplanned"
    #: A planned flag that was not reported is read as unplanned, in every preset (choice).
    unknown_is_planned: bool = False
    #: Prefixes of the main diagnosis of the unit's *first* stay, for index and for return (choice); None: any.
    index_diagnoses: tuple[str, ...] | None = None
    return_diagnoses: tuple[str, ...] | None = None
    #: On a site that codes no diagnosis at all only `all_cause` answers; the others say why they do not.
    needs_diagnoses: bool = True
    age_min: int | None = None
    #: `discharge` of the index (choice) or `admission`.
    age_moment: str = "discharge"
    #: Death in the window without a return: stays in the denominator, or is excluded.
    death_in_window: str = "kept"
    run_out: bool = True
    #: The return of an index is its first one that qualifies, or all of them.
    many_per_index: bool = False


SOCIALSTYRELSEN = Method(
    "socialstyrelsen", EPISODES, index_diagnoses=ILLUSTRATIVE, return_diagnoses=ILLUSTRATIVE, age_min=65
)
ALL_CAUSE = Method("all_cause", SPELLS, planned_rule="first_decides", needs_diagnoses=False)
NHS = Method("nhs", SPELLS, window_first=0, window_last=29)
CIHI_LIKE = Method("cihi_like", EPISODES)
PRESETS = (SOCIALSTYRELSEN, ALL_CAUSE, NHS, CIHI_LIKE)


@dataclass(frozen=True)
class Index:
    """One unit judged as index by one method. Where it is not eligible, `readmitted` and what follows are None."""

    method_code: str
    site: str
    person_key: str
    stay_id: str
    index_admission: date
    index_discharge: date | None
    exclusion_reason: str | None
    readmitted: bool | None = None
    readmission_admission: date | None = None
    days: int | None = None
    returns: tuple[date, ...] = ()
    residence_region: str | None = None
    residence_municipality: str | None = None
    sex: str = ""

    @property
    def eligible(self) -> bool:
        return self.exclusion_reason is None


def judge(stays: Iterable[Stay], delivered: Delivered, methods: Iterable[Method] = PRESETS) -> list[Index]:
    """Every unit of every person as an index, under each method."""
    listed = list(stays)
    coded_sites = {s.site for s in listed if s.main_diagnosis is not None}
    found = []
    methods = tuple(methods)
    for (site, _), own in by_person(listed).items():
        joined = {m.joins: units(own, m.joins) for m in methods}
        for method in methods:
            for unit in joined[method.joins]:
                reason = exclusion(unit, method, delivered, site in coded_sites)
                found.append(_row(unit, reason, method, joined[method.joins]))
    return found


def exclusion(unit: Unit, method: Method, delivered: Delivered, site_has_diagnoses: bool) -> str | None:
    """The first reason, in this order, why a unit is no index stay; None where it is one."""
    last = unit.last
    if unit.discharge is None:
        return "open"
    if unit.died:
        return "died"
    if not last.followable:
        return "reserve_number"
    moment = unit.discharge if method.age_moment == "discharge" else unit.admission
    if method.age_min is not None and complete_years(last.birth_date, moment) < method.age_min:
        return "age"
    if method.needs_diagnoses and not site_has_diagnoses:
        return "no_diagnoses"
    if not _in_set(unit, method.index_diagnoses):
        return "diagnosis"
    follow_up_ends = unit.discharge + timedelta(days=method.window_last)
    data_end = delivered.get((last.site, last.provider_region), date.min)
    if method.run_out and follow_up_ends > data_end:
        return "incomplete_follow_up"
    return None


def dies_unreturned(unit: Unit, method: Method) -> bool:
    """Whether a method leaves out an index without a return since the person died in the window."""
    died = unit.last.death_date
    if method.death_in_window != "excluded" or died is None or unit.discharge is None:
        return False
    return died <= unit.discharge + timedelta(days=method.window_last)


def qualifying(index: Unit, method: Method, own: list[Unit]) -> list[tuple[int, Unit]]:
    """The returns that make the index readmitted, with their day, in order."""
    if index.discharge is None:
        return []
    returns = []
    for unit in own:
        days = (unit.admission - index.discharge).days
        before_end = days <= method.window_last if method.last_day_counts else days < method.window_last
        if unit.order > index.order and days >= method.window_first and before_end:
            returns.append((days, unit))
    returns.sort(key=lambda r: r[1].order)
    if method.planned_rule == "first_decides":
        returns = returns[:1]
    return [(d, u) for d, u in returns if _counts(u, method)]


def _counts(unit: Unit, method: Method) -> bool:
    flag = unit.first.planned
    planned = method.unknown_is_planned if flag is None else flag
    return (method.planned_rule == "all" or not planned) and _in_set(unit, method.return_diagnoses)


def _in_set(unit: Unit, prefixes: tuple[str, ...] | None) -> bool:
    code = unit.first.main_diagnosis
    return prefixes is None or (code is not None and code.startswith(prefixes))


def _row(unit: Unit, reason: str | None, method: Method, own: list[Unit]) -> Index:
    last = unit.last
    row = Index(
        method.method_code, last.site, last.person_key, last.stay_id, unit.admission, unit.discharge, reason,
        residence_region=last.residence_region, residence_municipality=last.residence_municipality, sex=last.sex,
    )  # fmt: skip
    if reason is not None:
        return row
    returns = qualifying(unit, method, own)
    kept = tuple(u.admission for _, u in (returns if method.many_per_index else returns[:1]))
    if not returns:
        return (
            replace(row, exclusion_reason="died") if dies_unreturned(unit, method) else replace(row, readmitted=False)
        )
    return replace(row, readmitted=True, readmission_admission=kept[0], days=returns[0][0], returns=kept)
