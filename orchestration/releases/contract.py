"""The published tables, written down once: names, columns, types, keys. A change here breaks what others build on.

Used to check what is about to be published, to order and write it, and to describe it (datapackage.json).
"""

from __future__ import annotations

from dataclasses import dataclass

_KEY = (
    ("area_code", "VARCHAR"), ("area_level", "VARCHAR"), ("period", "VARCHAR"), ("period_type", "VARCHAR"),
    ("period_start", "DATE"), ("period_end", "DATE"),
)  # fmt: skip
_TAIL = (
    ("measure", "VARCHAR"), ("value", "DECIMAL(28,12)"), ("unit", "VARCHAR"), ("value_status", "VARCHAR"),
    ("value_flags", "VARCHAR"), ("source_id", "VARCHAR"), ("delivery_sha256", "VARCHAR"), ("lineage_id", "VARCHAR"),
)  # fmt: skip
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """One published table: where it stands in the warehouse, its columns in order, and its key."""

    name: str
    relation: str
    columns: Columns
    key: tuple[str, ...]
    title_sv: str
    title_en: str

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.columns]


def _columns(*pairs: str) -> Columns:
    split = (pair.split(" ", 1) for pair in pairs)
    return tuple((name, kind) for name, kind in split)


def _fact(name: str, own: Columns, key: tuple[str, ...], title_sv: str, title_en: str) -> Table:
    full = ("area_code", "area_level", "period", "period_type", *key, "measure", "source_id")
    return Table(name, f"marts.{name}", (*_KEY, *own, *_TAIL), full, title_sv, title_en)


FACTS = (
    _fact(
        "fct_costs",
        _columns("service_code VARCHAR", "service_level VARCHAR", "cost_concept VARCHAR", "drug_scope VARCHAR",
                 "price_basis VARCHAR", "denominator DECIMAL(28,12)", "denominator_kind VARCHAR"),
        ("service_code", "service_level", "cost_concept", "drug_scope", "price_basis"),
        "Kostnader för hälso- och sjukvård", "Costs of health care",
    ),
    _fact(
        "fct_staffing",
        _columns("sector VARCHAR", "ownership VARCHAR", "industry VARCHAR", "profession_code VARCHAR", "sex VARCHAR",
                 "includes_agency BOOLEAN", "denominator DECIMAL(28,12)", "denominator_kind VARCHAR"),
        ("sector", "ownership", "industry", "profession_code", "sex", "includes_agency"),
        "Personal", "Staff",
    ),
    _fact(
        "fct_readmissions",
        _columns("sex VARCHAR", "age_group VARCHAR", "method_code VARCHAR", "diagnosis_set VARCHAR",
                 "follow_up_days INTEGER", "attribution VARCHAR", "numerator BIGINT", "denominator BIGINT",
                 "ci_low DECIMAL(28,12)", "ci_high DECIMAL(28,12)", "ci_level DECIMAL(5,4)", "ci_method VARCHAR"),
        ("sex", "age_group", "method_code", "diagnosis_set", "follow_up_days", "attribution"),
        "Återinskrivningar", "Readmissions",
    ),
    _fact(
        "fct_wait_times",
        _columns("service_code VARCHAR", "contact_type VARCHAR", "phase VARCHAR", "guarantee_rule VARCHAR",
                 "guarantee_version VARCHAR", "exclusion_set VARCHAR", "attribution VARCHAR", "sex VARCHAR",
                 "age_group VARCHAR", "numerator BIGINT", "denominator BIGINT", "wait_interval VARCHAR"),
        ("service_code", "contact_type", "phase", "guarantee_rule", "guarantee_version", "exclusion_set",
         "attribution", "sex", "age_group", "wait_interval"),
        "Väntetider och tillgänglighet", "Waits and access",
    ),
    _fact(
        "fct_observations",
        _columns("topic_code VARCHAR", "sex VARCHAR", "age_group VARCHAR"),
        ("topic_code", "sex", "age_group"),
        "Övriga uppgifter", "Other observations",
    ),
    _fact(
        "fct_population",
        _columns("sex VARCHAR", "age_group VARCHAR", "noise VARCHAR"),
        ("sex", "age_group", "noise"),
        "Folkmängd", "Population",
    ),
)  # fmt: skip

INDICATOR_VALUES = Table(
    "indicator_values",
    "published.indicator_values",
    _columns(
        "indicator_id VARCHAR", "definition_version INTEGER", "area_code VARCHAR", "area_level VARCHAR",
        "period VARCHAR", "period_type VARCHAR", "sex VARCHAR", "age_group VARCHAR", "value DECIMAL(28,12)",
        "numerator DECIMAL(28,12)", "denominator DECIMAL(28,12)", "unit VARCHAR", "ci_low DECIMAL(28,12)",
        "ci_high DECIMAL(28,12)", "ci_level DECIMAL(5,4)", "ci_method VARCHAR", "value_status VARCHAR",
        "value_flags VARCHAR", "quality_grade VARCHAR", "aggregation VARCHAR", "coverage_n INTEGER",
        "coverage_expected INTEGER", "reference_period VARCHAR", "reference_value DECIMAL(28,12)",
        "change_abs DECIMAL(28,12)", "change_pct DECIMAL(28,12)", "change_pct_better DECIMAL(28,12)",
        "first_release VARCHAR", "lineage_id VARCHAR", "data_origin VARCHAR",
    ),
    ("indicator_id", "definition_version", "area_code", "area_level", "period", "sex", "age_group"),
    "Indikatorvärden",
    "Indicator values",
)  # fmt: skip
AREAS = Table(
    "areas",
    "marts.areas",
    _columns(
        "area_code VARCHAR", "area_level VARCHAR", "name_sv VARCHAR", "name_en VARCHAR", "short_name_sv VARCHAR",
        "parent_code VARCHAR", "parent_level VARCHAR", "kolada_id VARCHAR", "skr_group_code VARCHAR",
        "skr_group_name_sv VARCHAR", "valid_from DATE", "valid_to DATE", "successor_code VARCHAR",
    ),
    ("area_code", "area_level", "valid_from"),
    "Områden",
    "Areas",
)  # fmt: skip
INDICATORS = Table(
    "indicators",
    "published.indicators",
    _columns(
        "indicator_id VARCHAR", "definition_version INTEGER",
        *(f"{name} VARCHAR" for name in (
            "domain", "status", "name_sv", "name_en", "purpose_sv", "purpose_en", "unit", "direction", "numerator_sv",
            "numerator_en", "denominator_sv", "denominator_en", "denominator_kind", "population_sv", "exclusions_sv",
            "method", "ci_method", "aggregation", "reference_period", "area_levels", "sexes", "age_groups",
            "disclosure_rule", "quality_grade", "source_ids", "companions", "definition_sha256",
        )),
    ),
    ("indicator_id", "definition_version"),
    "Indikatorer",
    "Indicators",
)  # fmt: skip
SOURCES = Table(
    "sources",
    "published.sources",
    _columns(
        "source_id VARCHAR", "name_sv VARCHAR", "name_en VARCHAR", "owner VARCHAR", "licence VARCHAR",
        "rhythm VARCHAR", "supersedes VARCHAR", "data_origin VARCHAR", "newest_delivery_sha256 VARCHAR",
        "newest_extracted_at TIMESTAMP WITH TIME ZONE", "newest_period VARCHAR", "deliveries_current INTEGER",
        "records_raw BIGINT", "records_accepted BIGINT", "records_quarantined BIGINT", "records_duplicate BIGINT",
    ),
    ("source_id",),
    "Källor",
    "Sources",
)  # fmt: skip
CORRECTIONS = Table(
    "corrections",
    "published.corrections",
    _columns(
        "correction_id VARCHAR", "source_id VARCHAR", "delivery_sha256 VARCHAR", "file VARCHAR", "line BIGINT",
        "column_name VARCHAR", "wrong_value VARCHAR", "right_value VARCHAR", "value_status_after VARCHAR",
        "reason VARCHAR", "evidence VARCHAR", "decided_by VARCHAR", "decided_on DATE",
    ),
    ("correction_id", "delivery_sha256", "line"),
    "Rättelser",
    "Corrections",
)  # fmt: skip
LINEAGE = Table(
    "lineage",
    "published.lineage",
    _columns("lineage_id VARCHAR", "delivery_sha256 VARCHAR", "role VARCHAR"),
    ("lineage_id", "delivery_sha256", "role"),
    "Ursprung",
    "Lineage",
)
WITHHELD = Table(
    "withheld",
    "withheld",
    _columns(
        "scope VARCHAR", "name VARCHAR", "definition_version INTEGER", "source_id VARCHAR", "area_level VARCHAR",
        "period VARCHAR", "action VARCHAR", "carried_from_release VARCHAR", "reason_code VARCHAR",
        "reason_sv VARCHAR", "reason_en VARCHAR", "checks VARCHAR", "since_release VARCHAR",
    ),
    ("scope", "name", "definition_version", "source_id", "area_level", "period"),
    "Undanhållet",
    "Withheld",
)  # fmt: skip
#: Tables that a suite judges, by name.
JUDGED = {table.name: table for table in (*FACTS, INDICATOR_VALUES, AREAS)}
TABLES = (*FACTS, INDICATOR_VALUES, AREAS, INDICATORS, SOURCES, CORRECTIONS, LINEAGE, WITHHELD)
