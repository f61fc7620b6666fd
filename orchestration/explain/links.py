"""Fact rows that are made of other rows: which ones, by what arithmetic. Written apart from the models, to check them.

Costs: a total is the sum of its services, a share is part by whole, kronor are an amount per head times the people.
Population: a sum over sex, age or counties of the records of the county file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from orchestration.explain.records import Record, age_group
from orchestration.warehouse.reconcile import staging_table

if TYPE_CHECKING:
    import duckdb

Values = Sequence[Decimal | None]
_PRECISION = Decimal("1e-12")


def plain_sum(values: Values) -> Decimal | None:
    """The sum; what is not there counts nothing (an absent service of an area that reported)."""
    return sum((v for v in values if v is not None), Decimal(0))


def percent(values: Values) -> Decimal | None:
    """100 x the first by the second; None where the second is not above 0."""
    part, whole = values
    if part is None or whole is None or whole <= 0:
        return None
    return Decimal(100 * float(part) / float(whole)).quantize(_PRECISION)


def in_kronor(values: Values) -> Decimal | None:
    """An amount per inhabitant times the inhabitants, to the öre."""
    each, people = values
    if each is None or people is None:
        return None
    return (each * people).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Child:
    """One kind of row that others follow from: its fact, SQL of its rows, a condition on `c` of them and parent `p`."""

    fact: str
    rows: str
    condition: str


@dataclass(frozen=True)
class Link:
    """One way in which rows of a fact follow from others: `parent` says which rows, each of `children` gives some.

    `compute` takes the values of the one kind of children, or one value of each kind in their order.
    """

    fact: str
    parent: str
    formula: str
    children: tuple[Child, ...]
    compute: Callable[[Values], Decimal | None]


_COSTS = "(select rowid, * from marts.fct_costs where measure = 'cost_per_inhabitant_sek')"
_SAME = """c.area_code = p.area_code and c.area_level = p.area_level and c.period = p.period
  and c.source_id = p.source_id"""
# The group and domain of a service stand in its series' declaration.
_SERVICES = """(select f.rowid, f.*, v.attributes->>'group_code' as g, v.attributes->>'domain_code' as d
  from marts.fct_costs as f join declared.series as v on v.fact = 'fct_costs' and v.topic_code = f.service_code
  where f.measure = 'cost_per_inhabitant_sek' and f.service_level = 'leaf')"""
_OF_TOTAL = f"""{_SAME} and case p.service_code
  when 'health_care' then c.d = 'health_care'
  when 'health_care_excl_dental_political' then c.d = 'health_care' and c.g not in ('dental_care', 'political')
  when 'primary_care_excl_home_care' then c.g = 'primary_care' and c.service_code <> 'pc_home_health_care'
  else case when c.d = 'health_care' then c.g else c.d end = p.service_code end
  and list_contains(case p.drug_scope
  when 'excl_benefit_drugs' then ['excl_drugs', 'requisition_drugs']
  when 'incl_drugs' then ['excl_drugs', 'requisition_drugs', 'benefit_drugs'] else [p.drug_scope] end, c.drug_scope)"""
_SERVICE = f"{_SAME} and c.drug_scope = p.drug_scope and c.service_code ="
# A region and its county have the same people; of several sources the snapshot, then the newest.
_PEOPLE = """(select rowid, * from marts.fct_population
  where sex = 'total' and age_group = 'total' and value_status = 'normal'
  qualify row_number() over (
    partition by area_code, period_end order by period_type, source_id desc, area_level) = 1)"""

LINKS = (
    Link(
        "fct_costs",
        "measure = 'cost_per_inhabitant_sek' and service_level <> 'leaf'",
        "sum of services",
        (Child("fct_costs", _SERVICES, _OF_TOTAL),),
        plain_sum,
    ),
    Link(
        "fct_costs",
        "measure = 'share_of_total_percent'",
        "100 x primary care / health care without dental and political",
        (
            Child("fct_costs", _COSTS, f"{_SERVICE} p.service_code"),
            Child("fct_costs", _COSTS, f"{_SERVICE} 'health_care_excl_dental_political'"),
        ),
        percent,
    ),
    Link(
        "fct_costs",
        "measure = 'cost_sek'",
        "per inhabitant x inhabitants on 31 December",
        (
            Child("fct_costs", _COSTS, f"{_SERVICE} p.service_code"),
            Child("fct_population", _PEOPLE, "c.area_code = p.area_code and c.period_end = p.period_end"),
        ),
        in_kronor,
    ),
)


def children_of(
    con: duckdb.DuckDBPyConnection, fact: str, rows: list[dict[str, Any]]
) -> dict[int, tuple[Link, list[list[int]]]]:
    """By rowid of each row that is made of other rows: the link, and per kind of child the children's rowids."""
    found: dict[int, tuple[Link, list[list[int]]]] = {}
    ids = [row["rowid"] for row in rows]
    for link in (known for known in LINKS if known.fact == fact):
        parents = f"(select rowid, * from marts.{fact} where rowid in (select unnest(?::bigint[])) and {link.parent})"
        for (rowid,) in con.execute(f"select rowid from {parents}", [ids]).fetchall():
            found[rowid] = (link, [[] for _ in link.children])
        for place, child in enumerate(link.children):
            told = con.execute(
                f"select p.rowid, c.rowid from {parents} as p join {child.rows} as c on {child.condition} order by all",
                [ids],
            ).fetchall()
            for rowid, below in told:
                found[rowid][1][place].append(below)
    return found


def summed_records(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> dict[int, list[Record]]:
    """The records of the county file (women and men, by single year) that each derived row of population adds up."""
    source, layout = "scb_population", "county_age_sex"
    ids = [r["rowid"] for r in rows if r["source_id"] == source and "derived" in r["value_flags"].split("|")]
    found: dict[int, list[Record]] = {rowid: [] for rowid in ids}
    told = con.execute(
        f"""select f.rowid, s.delivery_sha256, s.line, s.column_name
        from marts.fct_population as f join {staging_table(source, layout)} as s
          on s.record_status = 'accepted' and s.mapped and s.period = f.period
          and (f.sex = 'total' or s.sex_code = f.sex)
          and (f.age_group = 'total' or {age_group("s.age")} = f.age_group)
          and case f.area_code when '00' then true when '00X09' then s.area_code <> '09'
            else s.area_code = f.area_code and s.area_level = f.area_level end
        where f.rowid in (select unnest(?::bigint[])) order by all""",
        [ids],
    ).fetchall()
    for rowid, sha256, line, column_name in told:
        found[rowid].append(Record(sha256, source, layout, line, column_name, ("value",)))
    return found
