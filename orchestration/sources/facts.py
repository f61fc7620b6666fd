"""What a series may say of the fact that it feeds: units, and attributes with their values.

The vocabularies are those of the published contract, section 3. Which attributes a fact's model reads, and which
layouts, is not repeated here: `paths.py` finds it in the models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CODE = r"[a-z][a-z0-9_]*"
YEAR = r"(19|20)\d\d"
AGE_GROUP = r"total|\d{1,3}\+|\d{1,3}(-\d{1,3})?"
NUMBER = r"\d{1,3}"
# Methods and versions keep their owner's writing: `kolada_U79092`, `0-3-90-90`.
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"

_SHARED = {"break_from": YEAR, "sex": "total|women|men", "age_group": AGE_GROUP}


@dataclass(frozen=True)
class FactForm:
    """`units` are patterns, each with the measures that it may stand for, the first by default. `attributes` are
    patterns of values by name; a series must give those that are `required` unless a column of its layout does."""

    units: dict[str, tuple[str, ...]]
    attributes: dict[str, str]
    required: tuple[str, ...] = ()
    by_column: dict[str, str] = field(default_factory=dict)


FACTS: dict[str, FactForm] = {
    "fct_costs": FactForm(
        units={"SEK_per_inhabitant": ("cost_per_inhabitant_sek",)},
        attributes=_SHARED
        | {"group_code": CODE, "domain_code": CODE, "cost_concept": "net|own_commitment|gross",
           "price_basis": rf"current|fixed_{YEAR}"},
        required=("group_code", "domain_code"),
    ),
    "fct_staffing": FactForm(
        units={
            "per_100000": ("per_100000",),
            "persons": ("head_count",),
            "fte": ("fte",),
            "percent": ("share_percent",),
        },
        attributes=_SHARED
        | {"sector": "all|region|municipality|private", "includes_agency": "true|false", "denominator_kind": CODE},
    ),
    "fct_readmissions": FactForm(
        units={"percent": ("readmission_percent",)},
        attributes=_SHARED
        | {"method_code": NAME, "diagnosis_set": CODE, "follow_up_days": NUMBER,
           "attribution": "residence|hospital|unknown"},
        required=("method_code", "diagnosis_set", "follow_up_days", "age_group", "attribution"),
    ),
    "fct_wait_times": FactForm(
        units={
            "percent": ("within_percent",),
            "days": ("median_days", "p90_days"),
            "contacts": ("total_count", "within_count", "waiting_count"),
        },
        attributes=_SHARED
        | {"service_code": CODE,
           "contact_type": "phone|assessment|doctor_visit|first_visit|operation|investigation|any",
           "phase": "completed|waiting", "guarantee_rule": "same_day|days_3|days_7|days_30|days_90|none",
           "guarantee_version": NAME, "exclusion_set": "none|pvv|pvv_mov|pvv_mov_sov|unknown",
           "attribution": "provider|residence|unknown",
           "measure": "within_percent|within_count|total_count|median_days|p90_days|waiting_count",
           "wait_interval": r"\d{1,3}(-\d{1,3}|\+)"},
        required=("service_code", "contact_type", "phase", "guarantee_rule", "guarantee_version", "exclusion_set",
                  "attribution"),
        by_column={"phase": "contact_status"},
    ),
    "fct_observations": FactForm(units={r"[A-Za-z0-9_]+": ()}, attributes=_SHARED),
    "fct_population": FactForm(units={"persons": ("population_count",)}, attributes=_SHARED | {"noise": "none|ckm"}),
}  # fmt: skip


def measures_of(fact: str, unit: str) -> tuple[str, ...] | None:
    """The measures that a unit may stand for in a fact; `None` where the fact does not hold the unit."""
    for pattern, measures in FACTS[fact].units.items():
        if re.fullmatch(pattern, unit):
            return measures
    return None
