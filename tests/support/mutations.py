"""One change per expectation that tips it, and it alone, in the sound warehouse of `sound_facts`.

A mutation is one cell of one row; for the number of rows it is the fewest rows taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from expectations.declarations import TABLES
from tests.support.fact_tables import SIGNALS


@dataclass(frozen=True)
class Mutation:
    """Set `column` to the SQL expression `to` in the first row where `where` holds."""

    dataset: str
    expectation: str
    column: str
    to: str
    where: str
    failed_rows: int | None = 1
    # Rules that the same wrong value breaks too: twice the value of a region is far from its history and its peers.
    also: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class Slice(Mutation):
    """Set `column` to `to` in every row where `where` holds, as when a whole column is wrong."""

    def apply(self, warehouse: Path) -> dict[str, int]:
        con = duckdb.connect(str(warehouse))
        changed = con.execute(f"update {TABLES[self.dataset]} as t set {self.column} = {self.to} where {self.where}")
        count = changed.fetchall()[0][0]
        con.close()
        assert count > 0
        return {}


@dataclass(frozen=True)
class Told(Mutation):
    """A month of a provider of region 05 is found to be withheld: `column` is the source, `to` the month."""

    def apply(self, warehouse: Path) -> dict[str, int]:
        con = duckdb.connect(str(warehouse))
        con.execute(
            f"insert into {SIGNALS} values (?, '05', ?, 'repeated_month', 100, 0, 'withhold')", [self.column, self.to]
        )
        con.close()
        return {}


def _remembered(dataset: str, level: float, sex: str = "women", also: tuple[str, ...] = ()) -> list[Mutation]:
    """What the rules with memory share, on the series of `remembered`. `also`: what every change of it breaks."""
    source = "indicator_id" if dataset == "indicator_values" else "source_id"
    of_sex = "" if dataset == "fct_costs" else f" and t.sex = '{sex}'"
    series = f"t.{source} = 'remembered' and t.period = '2014'"
    slice_ = series + of_sex
    cell = f"{slice_} and t.area_code = '05'".replace("t.", "")
    earlier = (f"(select p.value from {TABLES[dataset]} as p where p.{source} = 'remembered' and p.period = '2013' "
               f"and p.area_code = t.area_code{of_sex.replace('t.', 'p.')})")  # fmt: skip
    # What moves a region's people by a percent or two, or the sexes between themselves, is no change of its population.
    steady = tuple(rule for rule in also if rule != "change_in_region")
    found = [
        Mutation(dataset, "cell_jump", "value", "value * 2", cell, 1, also),
        Slice(dataset, "regions_swapped", "value",
              f"round(value * case area_code when '05' then 1.5 / 1.3 else 1.3 / 1.5 end, {0 if level > 1000 else 3})",
              f"{slice_} and t.area_code in ('05', '07')", 2, also),
        Slice(dataset, "slice_jump", "value", "round(value * 0.5, 0)", slice_, 21, also),
        Slice(dataset, "equal_to_earlier", "value", earlier, slice_, 21, ("one_factor", *steady)),
        Slice(dataset, "one_factor", "value", f"round(1.02 * {earlier}, {0 if level > 1000 else 3})", slice_, 21, steady),
        Slice(dataset, "order_of_regions", "value", f"{4 * level} - value", slice_, 21,
              ("cell_jump", "regions_swapped", *also)),
        Mutation(dataset, "zero_of_values", "value", "0", cell, 1, (*also, *(("percent_plausible",) if dataset == "fct_readmissions" else ()))),
    ]  # fmt: skip
    if dataset != "fct_costs":
        found.append(
            Slice(dataset, "sexes_swapped", "value",
                  "round(value * case sex when 'women' then 0.3 else 1 / 0.3 end, 0)",
                  f"{series} and t.sex in ('women', 'men')", 42, ("slice_jump", *steady))
        )  # fmt: skip
    return found


def _second(dataset: str) -> Mutation:
    also = ("percent_of_counts",) if dataset == "fct_readmissions" else ()
    return Mutation(dataset, "sources_agree", "value", "value * 1.03", "source_id = 'second'", 2, also)


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
REMEMBERED = [
    *_remembered("fct_costs", 2000),
    *_remembered("fct_staffing", 100),
    *_remembered("fct_readmissions", 9, also=("percent_of_counts",)),
    *_remembered("fct_wait_times", 20),
    *_remembered("fct_observations", 100),
    *_remembered("fct_population", 100_000, also=("change_in_region",)),
    *_remembered("indicator_values", 100),
    *(_second(d) for d in TABLES if d not in ("indicator_values", "areas")),
    Mutation("fct_costs", "nation_of_weighted_parts", "value", "value * 1.005",
             "service_code = 'somatic_care' and area_code = '00' and period = '2015'"),
    Mutation("fct_observations", "nation_of_weighted_parts", "value", "value * 1.005",
             "topic_code = 'elderly' and area_code = '00' and period = '2015'"),
    Mutation("fct_staffing", "regions_make_nation", "value", "value * 1.2",
             "measure = 'head_count' and sex = 'women' and area_code = '00'", 1, ("women_and_men_make_total",)),
    Mutation("fct_readmissions", "regions_make_nation", "value", "value * 1.2",
             "measure = 'index_stay_count' and sex = 'women' and area_code = '00'", 1, ("women_and_men_make_total",)),
    Mutation("fct_wait_times", "regions_make_nation", "value", "value * 1.2",
             "measure = 'total_count' and sex = 'women' and area_code = '00'", 1, ("women_and_men_make_total",)),
    Mutation("fct_observations", "regions_make_nation", "value", "value * 1.2",
             "topic_code = 'named_doctor_count' and sex = 'women' and area_code = '00'", 1,
             ("women_and_men_make_total",)),
    Mutation("fct_readmissions", "percent_of_counts", "numerator", "numerator + 100", PERCENT),
    Mutation("fct_wait_times", "percent_of_counts", "numerator", "460", PHONE),
    Mutation("fct_wait_times", "volume", "denominator", "denominator * 10", PHONE),
    Mutation("fct_observations", "people_of_listed", "value", "value / 10", "topic_code = 'named_doctor_share'", 2),
    Mutation("fct_population", "ages_make_total", "value", "value + 1", "source_id = 'ages' and age_group = '30'"),
]  # fmt: skip
# What an older rule's own case breaks beside it, now that a value is also judged by its peers and its counts.
ALSO = {
    ("fct_costs", "percent_range"): ("cell_jump",),
    ("fct_costs", "primary_care_range"): ("cell_jump", "nation_of_weighted_parts"),
    ("fct_costs", "jump"): ("cell_jump", "nation_of_weighted_parts"),
    ("fct_staffing", "rate_range"): ("cell_jump",),
    ("fct_staffing", "jump"): ("cell_jump",),
    ("fct_readmissions", "percent_plausible"): ("cell_jump",),
    ("fct_readmissions", "jump"): ("cell_jump",),
    ("fct_readmissions", "percent_range"): ("percent_of_counts",),
    ("fct_readmissions", "total_between_women_and_men"): ("cell_jump", "percent_of_counts"),
    ("fct_readmissions", "nation_within_regions"): ("percent_of_counts",),
    ("fct_wait_times", "percent_range"): ("cell_jump", "sources_agree"),
    ("fct_wait_times", "jump"): ("cell_jump", "sources_agree"),
    ("fct_wait_times", "nation_within_regions"): ("cell_jump",),
    ("fct_wait_times", "p90_not_below_median"): ("cell_jump",),
    ("fct_observations", "percent_range"): ("cell_jump",),
    ("fct_observations", "jump"): ("cell_jump", "sources_agree"),
    ("fct_observations", "amount_not_negative"): ("sources_agree",),
    ("indicator_values", "jump"): ("cell_jump",),
}
WITHHELD = [
    Told("fct_readmissions", "month_withheld", "panel", "2015-06-01", "", None),
    Told("fct_wait_times", "month_withheld", "owner", "2025-08-01", "", None),
    Told("fct_observations", "month_withheld", "owner", "2015-06-01", "", None),
]
MUTATIONS = [*COSTS, *STAFFING, *READMISSIONS, *WAITS, *OBSERVATIONS, *POPULATION, *INDICATORS, *AREAS, *REMEMBERED,
             *WITHHELD]  # fmt: skip
MUTATIONS = [replace(m, also=ALSO.get((m.dataset, m.expectation), m.also)) for m in MUTATIONS]
