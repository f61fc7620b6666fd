"""The published tables as declared in code, against the contract's own words, and what happens to a table that differs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.releases.content import ContractBroken, check_tables
from orchestration.releases.contract import FACTS, TABLES, WITHHELD, Table
from tests.support.fact_tables import COLUMNS, SHARED, TAIL
from tests.support.small_release import small

BY_NAME = {table.name: table for table in TABLES}
IN_WAREHOUSE = [table for table in TABLES if table is not WITHHELD]
# As the contract lists them; the facts and `areas` are written down a second time in tests/support/fact_tables.py.
PUBLISHED = {
    "indicators": "indicator_id, definition_version, domain, status, name_sv, name_en, purpose_sv, purpose_en, unit, "
    "direction, numerator_sv, numerator_en, denominator_sv, denominator_en, denominator_kind, population_sv, "
    "exclusions_sv, method, ci_method, aggregation, reference_period, area_levels, sexes, age_groups, "
    "disclosure_rule, quality_grade, source_ids, companions, definition_sha256",
    "sources": "source_id, name_sv, name_en, owner, licence, rhythm, supersedes, data_origin, newest_delivery_sha256, "
    "newest_extracted_at, newest_period, deliveries_current, records_raw, records_accepted, records_quarantined, "
    "records_duplicate",
    "withheld": "scope, name, definition_version, source_id, area_level, period, action, carried_from_release, "
    "reason_code, reason_sv, reason_en, checks, since_release",
    "corrections": "correction_id, source_id, delivery_sha256, file, line, column_name, wrong_value, right_value, "
    "value_status_after, reason, evidence, decided_by, decided_on",
    "lineage": "lineage_id, delivery_sha256, role",
}


def listed(columns: str) -> list[tuple[str, str]]:
    """`a VARCHAR, b DECIMAL(28,12)` as pairs."""
    return [(name, kind) for name, kind in (pair.split(" ", 1) for pair in columns.split(", "))]


@pytest.mark.parametrize("relation", COLUMNS)
def test_facts_indicator_values_and_areas_have_the_contracts_columns_and_types(relation: str):
    assert list(BY_NAME[relation.split(".")[1]].columns) == listed(COLUMNS[relation])


@pytest.mark.parametrize("name", PUBLISHED)
def test_reference_tables_have_the_contracts_columns(name: str):
    assert BY_NAME[name].names == PUBLISHED[name].split(", ")


def test_every_published_table_is_among_these():
    assert set(BY_NAME) == {relation.split(".")[1] for relation in COLUMNS} | set(PUBLISHED)


@pytest.mark.parametrize("table", FACTS, ids=lambda t: t.name)
def test_a_fact_begins_with_the_shared_key_and_ends_with_the_shared_tail(table: Table):
    shared, tail = listed(SHARED), listed(TAIL)
    assert list(table.columns[: len(shared)]) == shared
    assert list(table.columns[-len(tail) :]) == tail
    assert {"area_code", "area_level", "period", "measure", "source_id"} <= set(table.key)
    assert not {"value", "value_status", "value_flags", "denominator", "delivery_sha256"} & set(table.key)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_a_key_consists_of_the_tables_own_columns_in_their_order(table: Table):
    assert len(set(table.names)) == len(table.names)
    assert [name for name in table.names if name in table.key] == list(table.key)


def test_the_key_of_an_indicator_value_is_its_first_eight_columns_without_the_period_type():
    values = BY_NAME["indicator_values"]
    assert list(values.key) == [name for name in values.names[:8] if name != "period_type"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with small(tmp_path_factory.mktemp("contract")).warehouse() as con:
        yield con


@pytest.fixture
def warehouse(sound: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse whose tables may be altered: what a test does is undone."""
    check_tables(sound)
    sound.execute("begin")
    yield sound
    sound.execute("rollback")


@pytest.mark.parametrize("table", IN_WAREHOUSE, ids=lambda t: t.name)
def test_any_table_with_a_column_too_few_and_one_too_many_is_named_with_both(
    warehouse: duckdb.DuckDBPyConnection, table: Table
):
    last = table.names[-1]
    warehouse.execute(f"alter table {table.relation} rename column {last} to another")
    with pytest.raises(ContractBroken, match=rf"{table.relation}: missing \['{last}'\].*contract \['another'\]"):
        check_tables(warehouse)


@pytest.mark.parametrize("table", [t for t in IN_WAREHOUSE if t not in FACTS], ids=lambda t: t.name)
def test_any_table_with_a_key_that_stands_twice_is_named(warehouse: duckdb.DuckDBPyConnection, table: Table):
    """Nulls in a key are equal to each other: an area without end, a profession without sex. A fact's slice with such a
    key is withheld by the gate, and the rest published (tests/unit/test_gate.py)."""
    warehouse.execute(f"delete from {table.relation}")
    warehouse.execute(f"insert into {table.relation} select {', '.join('null' for _ in table.names)} from range(2)")
    with pytest.raises(ContractBroken, match=rf"{table.relation}: 1 keys stand more than once"):
        check_tables(warehouse)


@pytest.mark.parametrize("table", IN_WAREHOUSE, ids=lambda t: t.name)
def test_any_table_that_was_not_built_is_named(warehouse: duckdb.DuckDBPyConnection, table: Table):
    warehouse.execute(f"drop table {table.relation}")
    with pytest.raises(ContractBroken, match=f"{table.relation} is not in the warehouse; run the whole nightly"):
        check_tables(warehouse)


def test_columns_may_stand_in_another_order(tmp_path: Path):
    """The release orders them: a model that lists them otherwise breaks nobody."""
    house = small(tmp_path / "releases")
    with house.warehouse() as con:
        names = ", ".join(reversed(BY_NAME["fct_costs"].names))
        con.execute(f"create table turned as select {names} from marts.fct_costs; drop table marts.fct_costs")
        con.execute("create table marts.fct_costs as from turned")
        check_tables(con)
