"""Waits from contacts, by going through the contacts once per question.

The wait is calendar days: from the clock's start to the day performed, or to the month's last day while waiting.
`Rule` says which reading of the clock a bound uses. What the exclusion set leaves out is outside numerator and denominator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

EXCLUSIONS = {"none": (), "pvv": ("PvV",), "pvv_mov": ("PvV", "MoV"), "pvv_mov_sov": ("PvV", "MoV", "SoV")}
INTERVALS = {"0-30": (0, 30), "31-60": (31, 60), "61-90": (61, 90), "91-120": (91, 120), "121-180": (121, 180),
             "181-365": (181, 365), "366+": (366, None)}  # fmt: skip
#: A median or percentile needs at least this many waits (M7, choice).
LEAST_FOR_QUANTILE = 10


@dataclass(frozen=True)
class Contact:
    """One row of `stg_wait_contacts__contacts`."""

    contact_id: str
    month: date
    contact_sought_date: date | None = None
    referral_date: date | None = None
    decision_date: date | None = None
    booked_date: date | None = None
    performed_date: date | None = None
    guarantee_applies: bool = True
    acute: bool = False
    phase: str = "assessment"
    profession: str = "physician"
    contact_form: str = "visit"
    provider_region: str = "01"
    unit: str = "u1"
    residence_region: str | None = "01"
    deviation_code: str | None = None
    status: str = "performed"
    sex: str = "women"
    age: int = 50


@dataclass(frozen=True)
class Rule:
    """A phase, its bound in days, and the dates its clock starts at: the first of them that is known.

    A visit runs from the referral or own request, a treatment from the decision. The clock of an assessment has two
    readings: from the contact (choice) or from the decision.
    """

    phase: str
    days: int
    starts: tuple[str, ...]


ASSESSMENT = Rule("assessment", 3, ("contact_sought_date",))
ASSESSMENT_FROM_DECISION = Rule("assessment", 3, ("decision_date",))
FIRST_VISIT = Rule("first_visit", 90, ("referral_date", "contact_sought_date"))
TREATMENT = Rule("treatment", 90, ("decision_date",))


@dataclass(frozen=True)
class Slice:
    """Whose waits: one month, phase of waiting, exclusion set, area by attribution ('00' the nation), and sex."""

    month: date
    status: str
    exclusion_set: str = "none"
    area: str = "00"
    attribution: str = "provider"
    sex: str = "total"


def month_end(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def wait(contact: Contact, rule: Rule) -> int | None:
    """Days waited, None where the clock's start is not known."""
    started = next((d for d in (getattr(contact, name) for name in rule.starts) if d is not None), None)
    stops = contact.performed_date if contact.status == "performed" else month_end(contact.month)
    return None if started is None or stops is None else (stops - started).days


def fault(contact: Contact, rule: Rule) -> str | None:
    """Why a record cannot be: it goes to quarantine and is no wait."""
    if contact.status == "performed" and contact.performed_date is None:
        return "performed without a date"
    if contact.status == "waiting" and contact.performed_date is not None:
        return "waiting with a date performed"
    if contact.performed_date is not None and contact.performed_date.replace(day=1) != contact.month:
        return "performed in another month"
    days = wait(contact, rule)
    return "negative wait" if days is not None and days < 0 else None


def waits(contacts: Iterable[Contact], rule: Rule, slice_: Slice) -> list[int]:
    """The waits that the slice holds, shortest first: guarantee applies, not acute, no excluded deviation code."""
    found = []
    for c in contacts:
        area = c.provider_region if slice_.attribution == "provider" else c.residence_region
        days = wait(c, rule)
        if (
            (c.month, c.status, c.phase) == (slice_.month, slice_.status, rule.phase)
            and c.guarantee_applies
            and not c.acute
            and c.deviation_code not in EXCLUSIONS[slice_.exclusion_set]
            and slice_.area in ("00", area)
            and slice_.sex in ("total", c.sex)
            and days is not None
        ):
            found.append(days)
    return sorted(found)


def within(days: list[int], bound: int) -> int:
    return sum(1 for d in days if d <= bound)


def percent(days: list[int], bound: int) -> float | None:
    return 100 * within(days, bound) / len(days) if days else None


def quantile(days: list[int], share: float, least: int = LEAST_FOR_QUANTILE) -> float | None:
    """Type 7: linear between order statistics. None below `least` waits."""
    if len(days) < least:
        return None
    at = share * (len(days) - 1)
    below = int(at)
    above = min(below + 1, len(days) - 1)
    return days[below] + (at - below) * (days[above] - days[below])


def by_interval(days: list[int]) -> dict[str, int]:
    """How many wait by interval; together all of them."""
    return {
        name: sum(1 for d in days if d >= low and (high is None or d <= high))
        for name, (low, high) in INTERVALS.items()
    }
