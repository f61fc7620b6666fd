"""What an indicator definition may say. One YAML file per indicator is validated into a `Definition`.

Here belongs the vocabulary: the columns of the published table `indicators`, and what assembly needs beside them
(facts, breaks, relations to other owners' measures). The value itself is one SELECT, `ind_<indicator_id>.sql`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

PREVIOUS_YEAR = "previous_year"
_PERIOD = r"^\d{4}(-\d{2}|-H[12]|/\d{4})?$"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
AreaLevel = Literal["nation", "nation_part", "county", "region", "municipality"]
Fact = Literal["fct_costs", "fct_staffing", "fct_readmissions", "fct_wait_times", "fct_observations", "fct_population"]
CiMethod = Literal["none", "wilson", "as_published", "byar", "dobson"]
Aggregation = Literal[
    "ratio_of_sums",
    "population_weighted",
    "pooled_rows",
    "unweighted_mean",
    "sum",
    "constant_panel",
    "as_published",
    "none",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Break(_Strict):
    """From `period` on, values are not comparable with earlier ones: in all areas, or in those named by code."""

    period: str = Field(pattern=_PERIOD)
    areas: tuple[str, ...] = ()
    reason_sv: Text
    reason_en: Text


class Relation(_Strict):
    """How the indicator stands to a measure of the same or a like title elsewhere, and what that rests on.

    `id` is `<source or owner>:<their id>`, for example `kolada:N71019`, or the id of another indicator here.
    """

    id: str = Field(min_length=3)
    relation: Literal["same_as", "similar", "different"]
    evidence: Text


class Definition(_Strict):
    """One indicator. Texts end in `_sv` and `_en`; lists are published joined by `|`."""

    indicator_id: Identifier
    definition_version: int = Field(ge=1)
    domain: Literal["costs", "staffing", "readmissions", "waits", "other"]
    status: Literal["active", "draft", "discontinued"]
    name_sv: Text
    name_en: Text
    purpose_sv: Text
    purpose_en: Text
    unit: str = Field(min_length=1)
    direction: Literal["higher", "lower", "none"]
    numerator_sv: Text
    numerator_en: Text
    denominator_sv: Text
    denominator_en: Text
    denominator_kind: Identifier
    population_sv: Text
    exclusions_sv: Text
    method: Text
    ci_method: CiMethod = "none"
    ci_level: float = Field(default=0.95, gt=0, lt=1)
    aggregation: Aggregation
    reference_period: str | None = Field(default=None, description="a period, or `previous_year`")
    area_levels: tuple[AreaLevel, ...] = Field(min_length=1)
    sexes: tuple[Literal["total", "women", "men"], ...] = ("total",)
    age_groups: tuple[str, ...] = ("total",)
    disclosure_rule: Identifier
    disclosure_reason: Text
    quality_grade: Literal["A", "B", "C"]
    illustrative: bool = Field(default=False, description="rests on code lists that we chose, not an owner's")
    rounded_to: float | None = Field(
        default=None, gt=0, description="the owner's own rounding where it is coarse beside a change: points only"
    )
    not_applicable_share: float = Field(
        default=0.25, ge=0, le=1, description="up to this share of the regions may lack the thing and count as covered"
    )
    source_ids: tuple[Identifier, ...] = Field(min_length=1)
    companions: tuple[Identifier, ...] = ()
    facts: tuple[Fact, ...] = Field(min_length=1)
    comparability: Identifier = Field(description="series id: nothing is compared, ranked or chained across two ids")
    breaks: tuple[Break, ...] = ()
    relations: tuple[Relation, ...] = ()
    definition_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the declaration's canonical content")

    @property
    def model_name(self) -> str:
        """Name of the dbt model, and of the view in schema `indicators`."""
        return f"ind_{self.indicator_id}"

    @property
    def direction_sign(self) -> int | None:
        """+1 where higher is better, -1 where lower is, `None` where neither is (methods M9)."""
        return {"higher": 1, "lower": -1}.get(self.direction)

    @property
    def nominal(self) -> bool:
        """Whether it is an amount in the prices of its year, so that inflation is part of every change."""
        return "fct_costs" in self.facts and self.unit.startswith("SEK") and "fixed_prices" not in self.comparability

    @model_validator(mode="after")
    def _whole(self) -> Definition:
        if self.reference_period not in (None, PREVIOUS_YEAR) and not re.match(_PERIOD, str(self.reference_period)):
            raise ValueError(
                f"reference_period {self.reference_period}: write a period as the contract does (2015, 2016-01, "
                f"2017-H2) or {PREVIOUS_YEAR}"
            )
        if self.ci_method == "wilson" and self.unit != "percent":
            raise ValueError(f"ci_method wilson is for a share of counts in percent, the unit is {self.unit}")
        if self.ci_method in ("byar", "dobson") and not re.match(r"^per_\d+$", self.unit):
            raise ValueError(
                f"ci_method {self.ci_method} is for a rate of events with unit per_<n>, the unit is {self.unit}"
            )
        if self.ci_method != "none" and "fct_costs" in self.facts:
            raise ValueError("an amount or a share of money has no confidence interval; write ci_method: none")
        if "nation" not in self.area_levels and self.aggregation != "none":
            raise ValueError(f"aggregation {self.aggregation} makes a nation, but nation is not among area_levels")
        if self.illustrative and self.quality_grade == "A":
            raise ValueError("an illustrative measure is not grade A: write quality_grade B or C")
        if not self.illustrative and "illustrative" in self.name_en.lower():
            raise ValueError("the name says illustrative: declare illustrative: true")
        if self.nominal and not ("löpande priser" in self.name_sv and "current prices" in self.name_en):
            raise ValueError(
                "a cost in current prices changes with prices too: end name_sv with ', löpande priser' and name_en "
                "with ', current prices'"
            )
        if self.indicator_id in self.companions:
            raise ValueError("an indicator is no companion of itself")
        return self
