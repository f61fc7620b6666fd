"""Facts counted from persons' rows, counted again: from the row-level tables below the fact, by other SQL.

Only a number comes back, and it is compared, not shown: a row-level source's cells and small counts stay hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

# Below this no count of persons' rows is told (the strictest rule of an indicator on row-level sources).
LEAST_TOLD = 5
_INTERVALS = {
    "0-30": (0, 30), "31-60": (31, 60), "61-90": (61, 90), "91-120": (91, 120), "121-180": (121, 180),
    "181-365": (181, 365), "366+": (366, None),
}  # fmt: skip


def told(count: int) -> int | None:
    """A count that may be told: None for 1 to 4."""
    return None if 0 < count < LEAST_TOLD else count


def recounted(con: duckdb.DuckDBPyConnection, fact: str, row: dict[str, Any]) -> tuple[str, Any] | None:
    """What the row's value was counted from, and the value counted again; None where this fact has no such count."""
    if fact == "fct_readmissions":
        return "index stays and readmissions, from int_readmissions__index", _readmissions(con, row)
    if fact == "fct_wait_times":
        return "contacts by days waited, from int_waits__contacts", _waits(con, row)
    if fact == "fct_observations" and row["topic_code"] == "avoidable_stays_20":
        return "avoidable stays, from int_avoidable__stays, by people, from fct_population", _avoidable(con, row)
    if fact == "fct_observations" and row["topic_code"] == "reserve_numbers":
        return "stays and those with a reserve number, from int_stays__stays", _reserve_numbers(con, row)
    return None


def excluded_stays(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Stays of the nation that are no index of the row's method in its year, by reason; counts of 1 to 4 are null."""
    where, given = _residents(row)
    rows = con.execute(
        f"""select exclusion_reason, count(*) from intermediate.int_readmissions__index
        where method_code = ? and source_id = ? and year(index_discharge) = ? and not eligible {where}
        group by 1 order by 1""",
        [row["method_code"], row["source_id"], int(row["period"]), *given],
    ).fetchall()
    return [{"reason": reason, "count": told(count)} for reason, count in rows]


def _residents(row: dict[str, Any]) -> tuple[str, list[str]]:
    """SQL for the area and sex of a row over rows of persons."""
    where, given = "", []
    column = {"region": "residence_region", "municipality": "residence_municipality"}.get(row["area_level"])
    if column:
        where, given = f" and {column} = ?", [row["area_code"]]
    if row["sex"] != "total":
        where, given = f"{where} and sex = ?", [*given, row["sex"]]
    return where, given


def _readmissions(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> Any:
    where, given = _residents(row)
    counted = con.execute(
        f"""select count(*) filter (year(index_discharge) = ?),
          coalesce(sum(readmission_count) filter (year(case when year_of = 'readmission' and readmitted
            then readmission_admission else index_discharge end) = ?), 0)
        from intermediate.int_readmissions__index where method_code = ? and source_id = ? and eligible {where}""",
        [int(row["period"]), int(row["period"]), row["method_code"], row["source_id"], *given],
    ).fetchone()
    stays, returns = counted or (0, 0)
    if row["measure"] == "readmission_percent":
        return 100 * float(returns) / stays if stays else None
    return returns if row["measure"] == "readmission_count" else stays


def _waits(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> Any:
    what = {
        "within_percent": "100.0 * count(*) filter (wait_days <= bound_days)::double / count(*)",
        "within_count": "count(*) filter (wait_days <= bound_days)",
        "median_days": "quantile_cont(wait_days::double, 0.5)",
        "p90_days": "quantile_cont(wait_days::double, 0.9)",
    }.get(row["measure"], "count(*)")
    where, given = "", []
    if row["area_level"] == "region":
        where, given = f" and {row['attribution']}_region = ?", [row["area_code"]]
    if row["sex"] != "total":
        where, given = f"{where} and sex = ?", [*given, row["sex"]]
    if row["wait_interval"]:
        low, high = _INTERVALS[row["wait_interval"]]
        where += f" and wait_days >= {low}" + (f" and wait_days <= {high}" if high is not None else "")
    counted = con.execute(
        f"""select {what} from intermediate.int_waits__contacts
        where guarantee_applies and not acute and wait_days is not null and month = ? and service_code = ?
          and contact_type = ? and phase = ? and guarantee_rule = ? and guarantee_version = ?
          and deviation_code in (select deviation_code from seeds.seed_wait_exclusions
            where exclusion_set = ? and counted) {where}""",
        [row["period_start"], *(row[c] for c in ("service_code", "contact_type", "phase", "guarantee_rule",
         "guarantee_version", "exclusion_set")), *given],
    ).fetchone()  # fmt: skip
    return counted[0] if counted else None


def _avoidable(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> Any:
    """Stays, crude rate, or the rate standardised to the weights of the seed, by bands of five years."""
    sexes = ["women", "men"] if row["sex"] == "total" else [row["sex"]]
    given = [int(row["period"]), row["area_code"], row["area_code"], sexes]
    # The nation is the regions that deliver and whose people are known.
    regions = """select distinct provider_region from intermediate.int_stays__delivered
      where source_id = 'patient_register' and year(month) = $1 and (provider_region = $2 or $3 = '00')
        and provider_region in (select left(area_code, 2) from marts.fct_population where period = $1::varchar
          and source_id = 'scb_population' and area_level = 'municipality' and age_group = '90+')"""
    stays = f"""select age_from, count(*) as n from intermediate.int_avoidable__stays
      where source_id = 'patient_register' and year = $1 and residence_region in ({regions})
        and sex in (select unnest($4))
      group by age_from"""
    if row["measure"] == "avoidable_stay_count":
        counted = con.execute(f"select coalesce(sum(n), 0) from ({stays})", given).fetchone()
        return counted[0] if counted else None
    people = f"""select w.age_from, any_value(w.weight)::double as weight, sum(p.value)::double as people
      from marts.fct_population as p join seeds.seed_standard_populations as w
        on w.standard_id = 'esp2013' and w.age_group = p.age_group and w.age_from >= 20
      where p.source_id = 'scb_population' and p.area_level = 'municipality' and p.period = $1::varchar
        and p.value_status = 'normal' and left(p.area_code, 2) in ({regions}) and p.sex in (select unnest($4))
      group by w.age_from"""
    rate = (
        "100000 * sum(coalesce(n, 0)) / sum(people)"
        if row["measure"] == "avoidable_stays_per_100000"
        else "100000 * sum(weight * coalesce(n, 0) / people) filter (people > 0) / sum(weight) filter (people > 0)"
    )
    counted = con.execute(
        f"select {rate} from ({people}) as p left join ({stays}) as s using (age_from)", given
    ).fetchone()
    return counted[0] if counted else None


def _reserve_numbers(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> Any:
    what = {
        "stay_count": "count(*)",
        "reserve_number_stay_count": "count(*) filter (not followable)",
    }.get(row["measure"], "100.0 * count(*) filter (not followable)::double / count(*)")
    counted = con.execute(
        f"""select {what} from intermediate.int_stays__stays
        where source_id = 'patient_register' and year(discharge_date) = ? and (provider_region = ? or ? = '00')""",
        [int(row["period"]), row["area_code"], row["area_code"]],
    ).fetchone()
    return counted[0] if counted else None
