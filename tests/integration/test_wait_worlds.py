"""The models of waits against the brute force: random contacts over five years of months, every row of the fact."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.prepare import prepare
from tests.oracle.contact_worlds import contacts
from tests.oracle.waits import EXCLUSIONS, INTERVALS, Contact
from tests.support.contact_waits import PHASES, RULES, Judge, disagreements, read_waits, slices, write_contacts


def worlds(count: int) -> list[Contact]:
    """Worlds of four months each, one after the other from January 2020, when waits became comparable."""
    months = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(4 * count)]
    return [c for n in range(count) for c in contacts(n, months=tuple(months[4 * n : 4 * n + 4]))]


def test_the_models_agree_with_the_brute_force(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    found = worlds(15)
    with open_warehouse(home.warehouse) as connection:
        prepare(connection, load_catalogue(), [], home.cells, [])
    write_contacts(home.warehouse, found)
    run_dbt(home.path, "seed")
    run_dbt(home.path, "run", "--select", "+fct_wait_times", "--exclude", "stg_wait_contacts__contacts")
    differing = disagreements(found, read_waits(home.warehouse))
    assert differing == [], f"{len(differing)} rows differ\n" + "\n".join(differing[:10])


@pytest.fixture
def by_plain_sql(tmp_path: Path) -> tuple[Path, list[Contact]]:
    """A warehouse whose fact was made by one plain statement per rule, from three worlds."""
    warehouse, found = tmp_path / "w.duckdb", worlds(3)
    write_contacts(warehouse, found)
    sets = [(name, code) for name, codes in EXCLUSIONS.items() for code in codes]
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            """create schema marts; create table marts.fct_wait_times (period_start date, period_type varchar,
            area_code varchar, contact_type varchar, guarantee_rule varchar, phase varchar, exclusion_set varchar,
            attribution varchar, sex varchar, age_group varchar, measure varchar, wait_interval varchar,
            value decimal(28,12), numerator bigint, denominator bigint, source_id varchar);
            create table left_out (exclusion_set varchar, code varchar);
            create table asked (month date, status varchar, exclusion_set varchar, area varchar, attribution varchar, sex varchar)"""
        )
        con.executemany("insert into left_out values (?, ?)", sets)
        asked = [tuple(vars(s).values()) for s in slices(Judge(found).months)]
        con.execute(f"insert into asked values {', '.join(map(_literal, asked))}")
        for (contact_type, bound), rule in RULES.items():
            con.execute(_sql(contact_type, bound, rule.phase, rule.days, rule.starts))
    return warehouse, found


def _literal(row: tuple) -> str:
    return "(" + ", ".join(f"'{v}'" for v in row) + ")"


def _sql(contact_type: str, bound: str, phase: str, days: int, starts: tuple[str, ...]) -> str:
    stop = "case when status = 'performed' then performed_date else last_day(month) end"
    intervals = " ".join(
        f"when days >= {low} {f'and days <= {high}' if high else ''} then '{name}'"
        for name, (low, high) in INTERVALS.items()
    )
    phases = " ".join(f"when '{s}' then '{p}'" for s, p in PHASES.items())
    return f"""
    insert into marts.fct_wait_times
    with waited as (
      select c.*, {stop} - coalesce({", ".join(starts)}) as days from staging.stg_wait_contacts__contacts as c
      where phase = '{phase}' and guarantee_applies and not acute and coalesce({", ".join(starts)}) is not null
    ),
    held as (
      select a.*, w.days from asked as a join waited as w on w.month = a.month and w.status = a.status
        and a.sex in ('total', w.sex)
        and (a.area = '00' or a.area = case a.attribution when 'provider' then w.provider_region else w.residence_region end)
        and not exists (from left_out as l where l.exclusion_set = a.exclusion_set and l.code = w.deviation_code)
    ),
    counted as (
      select * exclude (days), count(*) as n, count(*) filter (where days <= {days}) as k,
        case when count(*) >= 10 then quantile_cont(days, 0.5) end as median,
        case when count(*) >= 10 then quantile_cont(days, 0.9) end as p90
      from held group by all
    ),
    measured as (
      select * exclude (n, k, median, p90), unnest([
        {{'measure': 'within_percent', 'value': 100.0 * k / n, 'numerator': k, 'denominator': n}},
        {{'measure': 'within_count', 'value': k, 'numerator': null, 'denominator': null}},
        {{'measure': 'total_count', 'value': n, 'numerator': null, 'denominator': null}},
        {{'measure': 'median_days', 'value': median, 'numerator': null, 'denominator': null}},
        {{'measure': 'p90_days', 'value': p90, 'numerator': null, 'denominator': null}}], recursive := true), null as wait_interval
      from counted
      union all by name
      select * exclude (days), 'waiting_count' as measure, case {intervals} end as wait_interval, count(*) as value
      from held where status = 'waiting' group by all
    )
    select month, 'month', area, '{contact_type}', '{bound}', case status {phases} end, exclusion_set, attribution, sex,
      'total', measure, wait_interval, value, numerator, denominator, 'wait_contacts'
    from measured"""


def test_plain_sql_agrees_with_the_brute_force(by_plain_sql: tuple[Path, list[Contact]]) -> None:
    warehouse, found = by_plain_sql
    facts = read_waits(warehouse)
    assert len(facts) > 20_000
    assert disagreements(found, facts) == []


def test_the_harness_sees_changed_and_missing_rows(by_plain_sql: tuple[Path, list[Contact]]) -> None:
    warehouse, found = by_plain_sql
    first = "(select min(rowid) from marts.fct_wait_times where measure = '{}' and value is not null)"
    assert disagreements(found, read_waits(warehouse)) == []
    with duckdb.connect(str(warehouse)) as con:
        con.execute(f"update marts.fct_wait_times set value = value + 0.001 where rowid = {first.format('p90_days')}")
        con.execute(
            f"update marts.fct_wait_times set denominator = 9999 where rowid = {first.format('within_percent')}"
        )
        con.execute(f"delete from marts.fct_wait_times where rowid = {first.format('waiting_count')}")
    differing = disagreements(found, read_waits(warehouse))
    assert len(differing) == 3
    assert sum(line.startswith("missing") for line in differing) == 1


WINDOWED = ("int_waits__days", "int_waits__monthly", "int_waits__deliveries")


def held(warehouse: Path) -> dict[str, tuple]:
    """Rows and an order-free hash of each windowed model."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return {
            name: con.execute(f"select count(*), bit_xor(hash(t)) from intermediate.{name} as t").fetchone() or ()
            for name in WINDOWED
        }


def test_the_union_of_windows_is_the_full_build_and_a_window_replaces_nothing_else(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    found = worlds(3)
    with open_warehouse(home.warehouse) as connection:
        prepare(connection, load_catalogue(), [], home.cells, [])
    write_contacts(home.warehouse, found)

    def run(*arguments: str) -> dict[str, tuple]:
        run_dbt(home.path, "run", "--select", "int_waits__contacts", *WINDOWED, *arguments)
        return held(home.warehouse)

    def window(start: str, end: str) -> tuple[str, str]:
        return "--vars", f"{{window_start: {start}, window_end: {end}}}"

    run_dbt(home.path, "seed")
    full = run()
    with duckdb.connect(str(home.warehouse)) as con:
        for name in WINDOWED:
            con.execute(f"truncate intermediate.{name}")
    for limits in (("2020-01-01", "2020-03-01"), ("2020-03-01", "2020-11-01"), ("2020-11-01", "2021-01-01")):
        windowed = run(*window(*limits))
    assert windowed == full
    # The owner withdraws contacts of May; only May is built anew, though June has changed too.
    kept = [c for c in found if c.month != date(2020, 5, 1) or c.sex == "men"]
    write_contacts(home.warehouse, [c for c in kept if c.month != date(2020, 6, 1)])
    windowed = run(*window("2020-05-01", "2020-06-01"))
    write_contacts(home.warehouse, kept)
    assert windowed != full
    assert windowed == run()
