"""Disclosure control on the waits counted from contacts, on rows as a release holds them."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.releases.contact_waits import SOURCE, hide_contact_waits

UNIT = {
    "period": "2024-05", "service_code": "primary_care", "contact_type": "assessment", "phase": "completed",
    "guarantee_rule": "days_3", "guarantee_version": "0-3-90-90", "attribution": "provider", "area_code": "01",
    "sex": "total", "exclusion_set": "pvv_mov",
}  # fmt: skip


@pytest.fixture
def release() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    texts = ", ".join(f"{name} varchar" for name in UNIT)
    con.execute(
        f"""create table release_fct_wait_times ({texts}, wait_interval varchar, measure varchar,
        value decimal(28,12), numerator bigint, denominator bigint, value_status varchar, source_id varchar);
        create table release_indicator_values (indicator_id varchar, area_code varchar, sex varchar, period varchar,
        period_type varchar, value_status varchar)"""
    )
    return con


def add(con: duckdb.DuckDBPyConnection, within: int, beyond: int, intervals: dict[str, int] | None = None, **more: str) -> None:  # fmt: skip
    """The rows of one cell: share, counts, median, and who waits by interval."""
    unit, n = {**UNIT, **more}, within + beyond
    rows = [(None, "within_percent", 100 * within / n, within, n), (None, "within_count", within, None, None),
            (None, "total_count", n, None, None), (None, "median_days", 2, None, n)]  # fmt: skip
    rows += [(name, "waiting_count", count, None, None) for name, count in (intervals or {}).items()]
    for row in rows:
        con.execute(
            f"insert into release_fct_wait_times values ({', '.join('?' * (len(unit) + 7))})",
            [*unit.values(), *row, "normal", SOURCE],
        )


def add_areas(con: duckdb.DuckDBPyConnection, counts: dict[str, tuple[int, int]], **more: str) -> None:
    for area, (within, beyond) in counts.items():
        add(con, within, beyond, **{"area_code": area, **more})
    whole = [sum(c) for c in zip(*counts.values(), strict=True)]
    for attribution in ("provider", "residence"):
        add(con, *whole, **{"area_code": "00", "attribution": attribution, **more})


def hidden(con: duckdb.DuckDBPyConnection, *columns: str) -> set[tuple]:
    return set(
        con.execute(
            f"select {', '.join(columns)} from release_fct_wait_times where value_status <> 'normal'"
        ).fetchall()
    )


def test_a_small_rest_hides_share_counts_and_median_and_another_region(release: duckdb.DuckDBPyConnection) -> None:
    add_areas(release, {"01": (90, 30), "12": (50, 20), "18": (40, 3)})
    assert hide_contact_waits(release, 5, [], {}) == 8
    assert hidden(release, "area_code", "value_status") == {("18", "suppressed_small_n"), ("12", "suppressed_secondary")}  # fmt: skip
    row = release.execute(
        "select count(value), count(numerator), count(denominator) from release_fct_wait_times where area_code = '18'"
    )
    assert row.fetchone() == (0, 0, 0)


def test_nothing_small_hides_nothing(release: duckdb.DuckDBPyConnection) -> None:
    add_areas(release, {"01": (90, 30), "12": (50, 20), "18": (40, 0)})
    assert hide_contact_waits(release, 5, [], {}) == 0


def test_sets_that_differ_by_few_are_not_both_shown_and_the_headline_stays(release: duckdb.DuckDBPyConnection) -> None:
    add(release, 78, 10)
    add(release, 79, 13, exclusion_set="pvv")
    add(release, 86, 19, exclusion_set="none")
    hide_contact_waits(release, 5, [], {})
    assert hidden(release, "exclusion_set", "value_status") == {("pvv", "suppressed_secondary")}


def test_an_interval_with_few_takes_others_of_the_same_side_of_the_bound_along(
    release: duckdb.DuckDBPyConnection,
) -> None:
    waiting = {"contact_type": "operation", "guarantee_rule": "days_90", "phase": "waiting"}
    add(release, 60, 40, {"0-30": 30, "31-60": 20, "61-90": 10, "91-120": 25, "121-180": 11, "366+": 4}, **waiting)
    hide_contact_waits(release, 5, [], {})
    assert hidden(release, "wait_interval") == {("366+",), ("121-180",)}


def test_the_nation_is_hidden_under_both_attributions(release: duckdb.DuckDBPyConnection) -> None:
    add_areas(release, {"01": (3, 90)})
    hide_contact_waits(release, 5, [], {})
    assert hidden(release, "area_code", "attribution") == {("01", "provider"), ("00", "provider"), ("00", "residence")}


def test_a_month_does_not_follow_from_its_year_nor_a_hidden_year_from_its_months(
    release: duckdb.DuckDBPyConnection,
) -> None:
    for month, beyond in (("2024-01", 20), ("2024-02", 3), ("2024-03", 9)):
        add(release, 50, beyond, period=month)
    hide_contact_waits(release, 5, [], {})
    assert hidden(release, "period") == {("2024-02",), ("2024-03",)}
    add(release, 50, 20, period="2023-01", sex="women")
    release.execute("insert into release_indicator_values values ('i', '01', 'women', '2023', 'year', 'suppressed_small_n')")  # fmt: skip
    hide_contact_waits(release, 5, ["i"], {})
    assert ("2023-01",) in hidden(release, "period")


def test_what_the_previous_release_hid_stays_hidden(release: duckdb.DuckDBPyConnection) -> None:
    add_areas(release, {"01": (90, 30), "12": (50, 20), "18": (40, 30)})
    release.execute(
        "create table before as select * replace ('suppressed_secondary' as value_status) from release_fct_wait_times "
        "where area_code = '12'"
    )
    hide_contact_waits(release, 5, [], {"fct_wait_times": "before"})
    assert ("12",) in hidden(release, "area_code")
    assert len(hidden(release, "area_code")) == 2
