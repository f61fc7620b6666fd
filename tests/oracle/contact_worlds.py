"""Random months of contacts in two or three regions, with waits crowded at the bounds."""

from __future__ import annotations

import random
from datetime import date, timedelta

from .waits import Contact, month_end

_BOUNDS = (0, 0, 1, 2, 3, 3, 4, 5, 29, 30, 31, 60, 61, 89, 90, 90, 91, 92, 120, 121, 180, 181, 364, 365, 366, 400)
_REGIONS = ("01", "12", "18")
MONTHS = (date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))


def contacts(number: int, size: int = 600, months: tuple[date, ...] = MONTHS) -> list[Contact]:
    """The contacts of this number over some months; accepted ones only, so that no wait is negative."""
    rng = random.Random(f"contact world {number}")
    return [_contact(rng, f"k{number:03d}-{n:05d}", months) for n in range(size)]


def _contact(rng: random.Random, contact_id: str, months: tuple[date, ...]) -> Contact:
    month = rng.choice(months)
    last = month_end(month)
    performed = rng.random() < 0.6
    ended = rng.choice((last, month, month + timedelta(days=rng.randrange(last.day)))) if performed else last
    sought = ended - timedelta(days=rng.choice(_BOUNDS) if rng.random() < 0.7 else rng.randrange(0, 450))
    later = [sought + timedelta(days=rng.randrange(0, (ended - sought).days + 1)) for _ in range(2)]
    decision, booked = sorted(later)
    phase = rng.choices(("assessment", "first_visit", "investigation", "treatment"), (5, 4, 1, 3))[0]
    if rng.random() < 0.5:
        decision = sought
    provider = rng.choice(_REGIONS)
    return Contact(
        contact_id, month,
        # A visit on referral has no own request; an assessment always has one.
        contact_sought_date=None if phase != "assessment" and rng.random() < 0.3 else sought,
        referral_date=sought if phase in ("first_visit", "treatment") and rng.random() < 0.6 else None,
        decision_date=decision if phase == "treatment" or rng.random() < 0.6 else None,
        booked_date=booked if rng.random() < 0.5 else None,
        performed_date=ended if performed else None,
        guarantee_applies=rng.random() < 0.93,
        acute=rng.random() < 0.05,
        phase=phase,
        profession=rng.choice(("physician", "nurse", "physiotherapist", "psychologist", "other")),
        contact_form=rng.choice(("visit", "remote", "home_visit")),
        provider_region=provider,
        unit=f"{provider}-{rng.randrange(3)}",
        residence_region=rng.choice((provider, provider, provider, *_REGIONS)) if rng.random() < 0.97 else None,
        deviation_code=rng.choices((None, "PvV", "MoV", "SoV"), (80, 10, 6, 4))[0],
        status="performed" if performed else "waiting",
        sex=rng.choice(("women", "men")),
        age=rng.randrange(0, 100),
    )  # fmt: skip
