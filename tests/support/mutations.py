"""One change per expectation that tips it, and it alone, in the sound warehouse of `sound_facts`.

A mutation is one cell of one row; for the number of rows it is the fewest rows taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from expectations.declarations import TABLES


@dataclass(frozen=True)
class Mutation:
    """Set `column` to the SQL expression `to` in the first row where `where` holds."""

    dataset: str
    expectation: str
    column: str
    to: str
    where: str
    failed_rows: int | None = 1

    def apply(self, warehouse: Path) -> dict[str, int]:
        """Change the warehouse; give the history under which it is judged."""
        table = TABLES[self.dataset]
        con = duckdb.connect(str(warehouse))
        found = con.execute(f"select min(rowid) from {table} where {self.where}").fetchone()
        assert found is not None
        assert found[0] is not None, f"no row where {self.where}"
        before = con.execute(f"select {self.column} from {table} where rowid = {found[0]}").fetchall()
        con.execute(f"update {table} set {self.column} = {self.to} where rowid = {found[0]}")
        after = con.execute(f"select {self.column} from {table} where rowid = {found[0]}").fetchall()
        con.close()
        assert len(after) == 1
        assert after != before
        return {}


@dataclass(frozen=True)
class Removal(Mutation):
    """Take rows away. With `history`, the last accepted count is twice what the sound table holds."""

    history: bool = False

    def apply(self, warehouse: Path) -> dict[str, int]:
        table = TABLES[self.dataset]
        con = duckdb.connect(str(warehouse))
        rows = con.execute(f"select count(*) from {table}").fetchall()[0][0]
        gone = con.execute(f"delete from {table} where {self.where}").fetchall()[0][0]
        con.close()
        assert gone == 1 if self.history else gone > 0
        return {self.dataset: 2 * rows} if self.history else {}


def _emptied(dataset: str, where: str = "true") -> Mutation:
    return Removal(dataset, "row_count", "", "", where, None)


def _halved(dataset: str, where: str) -> Mutation:
    return Removal(dataset, "row_count_history", "", "", where, None, history=True)


def _fact(dataset: str, quiet: str, source: str = "source_id") -> list[Mutation]:
    """What every fact's suite shares. `quiet` names a row of the owner in a period with 21 regions."""
    return [
        _emptied(dataset),
        _halved(dataset, f"{source} = 'sparse' and area_code = '0101'"),
        Mutation(dataset, "missing_share", "value", "null", f"{source} = 'sparse' and value is not null", 10),
        Mutation(dataset, "area_known", "area_code", "'9999'", f"{source} = 'sparse' and value is not null"),
        Mutation(dataset, "regions_at_most_21", "area_code", "'02'", quiet, None),
        Mutation(dataset, "regions_kept", "value", "null", f"{source} = 'panel' and period = '2016'", 6),
    ]


LEAF = "service_code = 'pc_general_practice' and area_code = '05' and period = '2015'"
COSTS = [
    *_fact("fct_costs", LEAF),
    Mutation("fct_costs", "percent_range", "value", "146", "unit = 'percent' and area_code = '05' and period = '2015'"),
    Mutation("fct_costs", "per_inhabitant_range", "value", "-10001", LEAF),
    Mutation("fct_costs", "primary_care_range", "value", "1499",
             "service_code = 'primary_care' and unit <> 'percent' and area_code = '05'"),
    Mutation("fct_costs", "jump", "value", "value * 10", "service_code = 'somatic_care' and area_code = '05'"),
    Mutation("fct_costs", "leaf_jump_beyond_peers", "value", "value * 10", LEAF),
    Mutation("fct_costs", "nation_within_regions", "value", "value + 100",
             "service_code = 'pc_general_practice' and area_code = '00' and period = '2015'"),
]  # fmt: skip
STAFFING = [
    *_fact("fct_staffing", "profession_code = 'nurse' and area_code = '05' and period = '2016'"),
    Mutation("fct_staffing", "percent_range", "value", "146",
             "unit = 'percent' and sex = 'women' and area_code = '05'"),
    Mutation("fct_staffing", "rate_range", "value", "5001", "profession_code = 'nurse' and area_code = '05'"),
    Mutation("fct_staffing", "staff_not_negative", "value", "-1", "source_id = 'sparse' and value is not null"),
    Mutation("fct_staffing", "jump", "value", "value * 10", "profession_code = 'physician' and area_code = '05'", 2),
    Mutation("fct_staffing", "total_between_women_and_men", "value", "57",
             "unit = 'percent' and sex = 'total' and area_code = '05'"),
    Mutation("fct_staffing", "women_and_men_make_total", "value", "value + 11",
             "measure = 'head_count' and sex = 'total' and area_code = '05'"),
    Mutation("fct_staffing", "nation_within_regions", "value", "value + 100",
             "profession_code = 'nurse' and area_code = '00' and period = '2016'"),
]  # fmt: skip
PERCENT = "measure = 'readmission_percent' and area_code = '05' and period = '2015'"
STAYS = "measure = 'index_stay_count' and area_code = '05'"
READMISSIONS = [
    *_fact("fct_readmissions", f"{PERCENT} and sex = 'men'"),
    Mutation("fct_readmissions", "percent_range", "value", "146", "area_level = 'municipality' and denominator = 7"),
    Mutation("fct_readmissions", "percent_plausible", "value", "41",
             "source_id = 'panel' and area_code = '01' and period = '2016'"),
    Mutation("fct_readmissions", "stays_not_negative", "value", "-1", "measure = 'readmission_count'"),
    Mutation("fct_readmissions", "jump", "value", "value / 10", "source_id = 'panel' and area_code = '01'", 2),
    Mutation("fct_readmissions", "index_stays_jump", "value", "value * 5",
             "measure = 'index_stay_count' and area_level = 'municipality' and period = '2015'"),
    Mutation("fct_readmissions", "total_between_women_and_men", "value", "14", f"{PERCENT} and sex = 'total'"),
    Mutation("fct_readmissions", "women_and_men_make_total", "value", "value + 11", f"{STAYS} and sex = 'total'"),
    Mutation("fct_readmissions", "nation_within_regions", "value", "value + 1",
             "area_code = '00' and period = '2015' and sex = 'total'"),
    Mutation("fct_readmissions", "value_within_interval", "ci_high", "9", PERCENT),
]  # fmt: skip
PHONE = (
    "contact_type = 'phone' and unit = 'percent' and source_id = 'owner' and area_code = '05' and period = '2025-08'"
)
WAITS = [
    *_fact("fct_wait_times", PHONE),
    Mutation("fct_wait_times", "percent_range", "value", "146", PHONE),
    Mutation("fct_wait_times", "days_range", "value", "-1",
             "measure = 'median_days' and service_code = 'bup_queue' and area_code = '05'"),
    Mutation("fct_wait_times", "contacts_not_negative", "value", "-1", "measure = 'within_count' and area_code = '05'"),
    Mutation("fct_wait_times", "jump", "value", "value / 10", PHONE),
    Mutation("fct_wait_times", "total_between_women_and_men", "value", "64",
             "contact_type = 'assessment' and unit = 'percent' and sex = 'total' and area_code = '05'"),
    Mutation("fct_wait_times", "women_and_men_make_total", "value", "value + 11",
             "measure = 'total_count' and contact_type = 'assessment' and sex = 'total' and area_code = '05'"),
    Mutation("fct_wait_times", "nation_within_regions", "value", "60",
             "contact_type = 'phone' and unit = 'percent' and area_code = '00' and period = '2025-08'"),
    Mutation("fct_wait_times", "within_not_beyond_total", "value", "1200",
             "measure = 'within_count' and area_code = '05'"),
    Mutation("fct_wait_times", "p90_not_below_median", "value", "15", "measure = 'p90_days' and area_code = '05'"),
    Mutation("fct_wait_times", "intervals_make_total", "value", "value + 1", "wait_interval = '61-90'"),
    Mutation("fct_wait_times", "counted_present", "value", "null",
             "source_id = 'wait_contacts' and measure = 'total_count'"),
]  # fmt: skip
TRUST = "topic_code = 'trust' and source_id = 'owner' and area_code = '05' and period = '2015'"
OBSERVATIONS = [
    *_fact("fct_observations", "topic_code = 'drugs' and area_code = '05' and period = '2015'"),
    Mutation("fct_observations", "percent_range", "value", "146", f"{TRUST} and sex = 'women'"),
    Mutation("fct_observations", "amount_not_negative", "value", "-1",
             "topic_code = 'drugs' and area_code = '05' and period = '2015'"),
    Mutation("fct_observations", "jump", "value", "value * 10",
             "topic_code = 'drugs' and area_code = '05' and period = '2015'"),
    Mutation("fct_observations", "total_between_women_and_men", "value", "836",
             "topic_code = 'care_days' and area_code = '05' and period = '2014' and sex = 'total'"),
    Mutation("fct_observations", "women_and_men_make_total", "value", "value - 3",
             "area_code = '0112' and sex = 'total'"),
    Mutation("fct_observations", "nation_within_regions", "value", "value + 5",
             "topic_code = 'drugs' and area_code = '00' and period = '2015'"),
]  # fmt: skip
CELL = "source_id = 'owner' and area_code = '05' and period = '2006' and age_group = '0-9'"
POPULATION = [
    *_fact("fct_population", f"{CELL} and sex = 'men'"),
    Mutation("fct_population", "population_not_negative", "value", "-1", "age_group = '100+' and value = 3"),
    Mutation("fct_population", "population_whole", "value", "2.5", "age_group = '100+' and value = 3"),
    Mutation("fct_population", "jump", "value", "value * 10",
             "age_group = '65+' and area_code = '0112' and period = '2006'"),
    Mutation("fct_population", "women_and_men_make_total", "value", "value + 1", f"{CELL} and sex = 'women'"),
    Mutation("fct_population", "women_and_men_make_total_with_noise", "value", "value - 3",
             "noise = 'ckm' and area_code = '10' and age_group = '0-9' and sex = 'total'"),
    Mutation("fct_population", "nation_sums_regions", "value", "value + 2",
             "area_code = '00' and age_group = '65+'"),
    Mutation("fct_population", "change_in_region", "value", "value * 1.031",
             "source_id = 'panel' and area_code = '01' and period = '2016'"),
]  # fmt: skip
VALUE = "indicator_id = 'phone' and area_code = '05' and period = '2015' and sex = 'total'"
FOLLOWED = "indicator_id = 'followed' and area_code = '03'"
INDICATORS = [
    *_fact("indicator_values", "indicator_id = 'phone' and area_code = '05' and period = '2015' and sex = 'men'",
           "indicator_id"),
    Mutation("indicator_values", "percent_range", "value", "146", "indicator_id = 'sparse' and value is not null"),
    Mutation("indicator_values", "jump", "value", "value / 10",
             "indicator_id = 'cost' and area_code = '05' and period = '2015'"),
    Mutation("indicator_values", "total_between_women_and_men", "value", "557",
             "indicator_id = 'avoidable' and area_code = '05' and period = '2014' and sex = 'total'"),
    Mutation("indicator_values", "women_and_men_make_total", "value", "value + 11",
             "indicator_id = 'listed' and area_code = '05' and sex = 'total'"),
    Mutation("indicator_values", "nation_within_regions", "value", "value + 100",
             "indicator_id = 'cost' and area_code = '00' and period = '2015'"),
    Mutation("indicator_values", "value_within_interval", "ci_low", "60", VALUE),
    Mutation("indicator_values", "hidden_shows_nothing", "ci_low", "1", "indicator_id = 'hidden'"),
    Mutation("indicator_values", "partial_coverage_said", "value_flags", "'derived'", "indicator_id = 'survey'"),
    Mutation("indicator_values", "coverage_not_beyond_expected", "coverage_n", "22", VALUE),
    Mutation("indicator_values", "change_is_difference", "change_abs", "change_abs + 1", FOLLOWED),
    Mutation("indicator_values", "change_size", "change_pct", "301", FOLLOWED),
    Mutation("indicator_values", "one_origin", "data_origin", "'real'", VALUE, None),
]  # fmt: skip
AREAS = [
    _emptied("areas", "area_code in ('02', '00X09') or valid_to = date '1951-12-31'"),
    _halved("areas", "area_code = '02'"),
    Mutation("areas", "regions_today", "valid_to", "date '2020-01-01'",
             "area_code = '05' and area_level = 'region' and valid_to is null",
             None),
    Mutation("areas", "counties_today", "valid_to", "date '2020-01-01'", "area_code = '05' and area_level = 'county'",
             None),
    Mutation("areas", "municipalities_today", "valid_to", "date '2020-01-01'", "area_code = '0501'", None),
    Mutation("areas", "code_within_county", "parent_code", "'06'", "area_code = '0501'"),
    Mutation("areas", "parent_known", "parent_code", "'99'", "area_code = '05' and area_level = 'region'"),
    Mutation("areas", "successor_known", "successor_code", "'99'", "area_code = '02'"),
    Mutation("areas", "ends_after_start", "valid_from", "date '1970-01-01'", "area_code = '02'"),
    Mutation("areas", "no_overlap", "valid_to", "date '1952-06-30'", "valid_to = date '1951-12-31'"),
    Mutation("areas", "named", "name_sv", "null", "area_code = '0501'"),
]  # fmt: skip
MUTATIONS = [*COSTS, *STAFFING, *READMISSIONS, *WAITS, *OBSERVATIONS, *POPULATION, *INDICATORS, *AREAS]
