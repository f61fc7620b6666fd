"""The tables in the pages on the example country and the register are what the warehouse and the release say.

The first was computed from the delivered files by SQL that shares nothing with the models (`--calibration`).
"""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from orchestration.settings import REPOSITORY
from tests.support.built import Built
from tests.support.command import latest

DOCS = REPOSITORY / "docs"
Row = tuple[int, int, str]  # events, of, the value as printed

READMISSIONS = """
    select readmission_count, index_stay_count, 100.0 * readmission_count / index_stay_count
    from intermediate.int_readmissions__yearly
    where source_id = 'patient_register' and sex = 'total' and method_code = ? and area_code = ? and year = ?
      and area_level <> 'municipality'"""
AVOIDABLE = """
    select stays, people, standardised_rate from intermediate.int_avoidable__rates
    where sex = ? and area_code = ? and year = ?"""
ASSESSMENT = """
    select sum(within_count), sum(total_count), 100.0 * sum(within_count) / sum(total_count)
    from intermediate.int_waits__monthly
    where contact_type = 'assessment' and guarantee_rule = 'days_3' and phase = 'completed' and exclusion_set = 'pvv_mov'
      and attribution = 'provider' and sex = ? and area_code = ? and year(month) = ?"""
RANK = """
    select area_rank, area_count from intermediate.int_readmissions__ranks
    where source_id = 'patient_register' and method_code = ? and area_code = ? and year = ?"""
QUERIES = {
    "readmissions": (READMISSIONS, "socialstyrelsen"),
    "avoidable stays": (AVOIDABLE, "total"),
    "avoidable stays, men": (AVOIDABLE, "men"),
    "assessment in 3 days": (ASSESSMENT, "total"),
}


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a line that begins so."""
    text = (DOCS / page).read_text(encoding="utf-8")
    lines = text[text.index(f"\n{heading}") :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


@pytest.fixture(scope="module")
def warehouse(example_home: Built) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(example_home.warehouse), read_only=True)


def said(warehouse: duckdb.DuckDBPyConnection, query: str, kind: str, area: str, year: int) -> Row:
    rows = warehouse.execute(query, [kind, area, year]).fetchall()
    assert len(rows) == 1, (kind, area, year, rows)
    ((events, of, value),) = rows
    return int(events), int(of), f"{value:.2f}"


def test_the_warehouse_says_what_the_calibration_says(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = table("example-country.md", "Small, seed 1, 2024")
    assert {(r[0], r[1]) for r in rows} == {(name, area) for name in QUERIES for area in ("00", "01", "12", "18")}
    for indicator, area, year, computed, _, _, events, of, _ in rows:
        query, kind = QUERIES[indicator]
        assert said(warehouse, query, kind, area, int(year)) == (int(events), int(of), computed), (indicator, area)


def test_four_methods_on_the_same_stays(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = table("register.md", "The same stays of the example country")
    methods = ("socialstyrelsen", "all_cause", "nhs", "cihi_like")
    assert [r[0] for r in rows] == ["01", "12", "18"]
    for area, *cells in rows:
        for method, cell in zip(methods, cells, strict=True):
            found = re.fullmatch(r"([\d.]+) \((\d+) of (\d+)\), rank (\d+)", cell)
            assert found, cell
            value, events, of, rank = found.groups()
            assert said(warehouse, READMISSIONS, method, area, 2023) == (int(events), int(of), value), (area, method)
            assert warehouse.execute(RANK, [method, area, 2023]).fetchall() == [(int(rank), len(rows))], (area, method)


def test_what_the_release_shows_is_the_same(example_home: Built) -> None:
    """Regions that disclosure control hides have no value; the others have that of the page."""
    data = example_home.home / "releases" / latest(example_home.home)["release"] / "data"
    indicators = {
        "readmissions": "readmissions_register_30d", "avoidable stays": "avoidable_stays_register",
        "assessment in 3 days": "assessment_3d_register",
    }  # fmt: skip
    shown = 0
    for indicator, area, year, computed, *_ in table("example-country.md", "Small, seed 1, 2024"):
        if indicator not in indicators:
            continue
        rows = duckdb.execute(
            f"""select value, value_status from '{data}/indicator_values.parquet'
            where indicator_id = ? and area_code = ? and period = ? and sex = 'total' and age_group in ('total', '20+', '65+')
              and area_level in ('nation', 'region')""",
            [indicators[indicator], area, year],
        ).fetchall()
        assert len(rows) <= 1, (indicator, area, rows)
        for value, status in rows:
            assert (value is None) == (status != "normal")
            if value is not None:
                assert value.quantize(Decimal("0.01")) == Decimal(computed), (indicator, area)
                shown += 1
    assert shown >= 6


def test_the_number_with_each_deviation_code_is_read_from_the_sets_as_the_page_says(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    (sql,) = re.findall(r"```sql\n(.*?)```", (DOCS / "waits.md").read_text(encoding="utf-8"), re.S)
    told = warehouse.execute(
        f"""with told as ({sql.replace("from fct_wait_times", "from marts.fct_wait_times")})
        select period, contact_type, phase, sum(n_no_code), sum(n_pvv), sum(n_mov), sum(n_sov) from told
        where area_code = '12' and attribution = 'provider' and sex = 'total' group by all order by all"""
    ).fetchall()
    counted = warehouse.execute(
        """select strftime(month, '%Y-%m'), contact_type, phase,
          coalesce(sum(n) filter (deviation_code = 'none'), 0), coalesce(sum(n) filter (deviation_code = 'PvV'), 0),
          coalesce(sum(n) filter (deviation_code = 'MoV'), 0), coalesce(sum(n) filter (deviation_code = 'SoV'), 0)
        from intermediate.int_waits__days where provider_region = '12' group by all order by all"""
    ).fetchall()
    assert told == counted
    assert all(sum(row[at] for row in counted) > 0 for at in (4, 5, 6))


def test_the_constant_panel_is_of_the_regions_that_sent_every_month(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Örebro stops in May 2022: the panel's nation is Stockholm and Skåne, each with its own values, Örebro with none."""
    text = (DOCS / "waits.md").read_text(encoding="utf-8")
    found = re.search(
        r"([\d.]+), ([\d.]+),\n([\d.]+) percent for 2022 to 2024, beside ([\d.]+), ([\d.]+), ([\d.]+) for", text
    )
    assert found
    of_panel, of_all = found.groups()[:3], found.groups()[3:]
    years = ("2022", "2023", "2024")

    def shown(view: str, area: str) -> dict[str, str]:
        rows = warehouse.execute(
            f"select period, value from indicators.{view} where area_code = ? and sex = 'total' and area_level <> 'municipality'",
            [area],
        ).fetchall()
        return {period: f"{value:.2f}" for period, value in rows if period in years and value is not None}

    assert shown("ind_assessment_3d_register_panel", "00") == dict(zip(years, of_panel, strict=True))
    assert shown("ind_assessment_3d_register", "00") == dict(zip(years, of_all, strict=True))
    assert "2022" in shown("ind_assessment_3d_register", "18")
    for indicator in ("assessment_3d", "first_visit_90d", "operation_90d"):
        whole, panel = f"ind_{indicator}_register", f"ind_{indicator}_register_panel"
        assert shown(panel, "18") == {}
        for area in ("01", "12"):
            assert shown(panel, area) == shown(whole, area) != {}
        assert shown(panel, "00").keys() == set(years)
        assert shown(panel, "00")["2022"] != shown(whole, "00")["2022"], "the nation is another without Örebro"
    by_hand = warehouse.execute(
        ASSESSMENT.replace("area_code = ?", "area_code in (?, '12')"), ["total", "01", 2023]
    ).fetchone()
    assert by_hand is not None
    assert f"{by_hand[2]:.2f}" == of_panel[1]
