"""What an owner's nation, or one counted from rows, rests on: how many regions, and whether they make it.

A nation that is computed here from regions carries its coverage from its view. Any other one gets it here, from the
regions of the same indicator, period, sex and age, where any are delivered: an owner may have more than it delivers,
but who reads the regions beside the nation must know that some are not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition

AGGREGATIONS = ("as_published", "pooled_rows", "population_weighted")
# SKR's nation is its regions weighted by population within 0.03 percent; Kolada's N71000, the cost of 20 regions over
# the people of 21, lies 0.5 to 0.7 percent below.
MOST_APART = 0.003
# Fewer regions cannot stand for a nation; what is not known is not judged.
LEAST_REGIONS = 15

_KEY = "indicator_id, definition_version, period, period_type, sex, age_group"


def cover(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """Fill `coverage_n`, `coverage_expected` and the flag `partial_coverage` of nations in temp table `_collected`.

    A region that has no such thing (`not_applicable`) counts as covered up to the definition's share of regions.
    """
    shares = {d.indicator_id: d.not_applicable_share for d in definitions if d.aggregation in AGGREGATIONS}
    if not shares:
        return
    con.execute("create or replace temp table _lacking (indicator_id varchar, most double)")
    con.executemany("insert into _lacking values (?, ?)", list(shares.items()))
    con.execute(
        f"""
        create or replace temp table _covered as
        select {_KEY}, expected,
          count(distinct area_code) filter (where value_status = 'normal')
            + case when lacking <= most * expected then lacking else 0 end as covered
        from (
          select c.*, l.most,
            (select count(distinct area_code) from marts.areas where area_level = 'region' and valid_to is null)
              as expected,
            count(distinct area_code) filter (where value_status = 'not_applicable')
              over (partition by {_KEY}) as lacking
          from _collected as c join _lacking as l using (indicator_id)
          where c.area_level in ('region', 'county')
        ) as regions
        group by {_KEY}, expected, lacking, most
        having covered > 0
        """
    )
    con.execute(
        f"""
        create or replace temp table _collected as
        select c.* replace (
          case when v.expected is null then c.coverage_n else v.covered::integer end as coverage_n,
          case when v.expected is null then c.coverage_expected else v.expected::integer end as coverage_expected,
          case when v.covered < v.expected then {flagged("c.value_flags", "partial_coverage")} else c.value_flags end
            as value_flags)
        from _collected as c
        left join _covered as v on c.area_level = 'nation' and c.value is not null and c.coverage_n is null
          and {" and ".join(f"c.{k} = v.{k}" for k in _KEY.split(", "))}
        """
    )
    con.execute("drop table _lacking; drop table _covered")


def doubt(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """Flag `suspect` an owner's nation in kronor per inhabitant that its regions, weighted by people, do not make."""
    amounts = [d.indicator_id for d in definitions if "per_inhabitant" in d.unit and d.aggregation in AGGREGATIONS]
    if not amounts:
        return
    con.execute(
        f"""
        create or replace temp table _weighted as
        with people as (
          select area_code, year(period_start) as people_year, max(value)::double as people
          from marts.fct_population
          where sex = 'total' and age_group = 'total' and area_level in ('region', 'county') and value > 0
          group by all
        ),
        years as (
          select distinct period, try_cast(left(period, 4) as integer) as year from _collected
          where indicator_id in (select unnest(?::varchar[]))
        ),
        weights as (
          select area_code, period, arg_min(people, abs(people_year - year)) as people
          from people, years where year is not null group by all
        )
        select {_KEY}, sum(c.value::double * w.people) / sum(w.people) as of_parts
        from _collected as c join weights as w using (area_code, period)
        where c.indicator_id in (select unnest(?::varchar[])) and c.value is not null
          and c.area_level in ('region', 'county')
        group by all having count(*) >= {LEAST_REGIONS}
        """,
        [amounts, amounts],
    )
    con.execute(
        f"""
        update _collected as c set value_flags = {flagged("c.value_flags", "suspect")}
        from _weighted as w
        where {" and ".join(f"c.{k} = w.{k}" for k in _KEY.split(", "))} and c.area_level = 'nation'
          and c.value is not null and abs(c.value::double - w.of_parts) > {MOST_APART} * abs(w.of_parts)
        """
    )
    con.execute("drop table _weighted")


def flagged(flags: str, added: str) -> str:
    """SQL: a set of flags, joined by `|`, with one more."""
    return (
        f"array_to_string(list_sort(list_distinct(list_filter(string_split({flags}, '|') || ['{added}'], "
        "x -> x <> ''))), '|')"
    )
