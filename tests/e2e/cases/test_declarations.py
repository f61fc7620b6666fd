"""What a declaration says happens, or the declaration is refused: phases, ages, measures, zeros, units, keys and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.built import rows
from tests.support.kolada_answers import kolada_answer
from tests.support.redeclared import copy_of_code, redeclare, run

WAITING = (
    "{service_code: specialised_care, contact_type: any, phase: waiting, guarantee_rule: days_90, "
    "guarantee_version: 0-3-90-90, exclusion_set: unknown, attribution: provider}"
)
MORE = f"""      - {{key: [N79221], fact: fct_wait_times, topic_code: waiting_90d, unit: percent, attributes: {WAITING}}}
      - {{key: [N79240], fact: fct_wait_times, topic_code: waiting_median, unit: days, attributes: {WAITING}}}
      - {{key: [N79999], fact: fct_wait_times, topic_code: waiting_p90, unit: days, attributes: {{measure: p90_days, {WAITING[1:]}}}
      - {{key: [N01938], fact: fct_population, topic_code: people_65, unit: persons, attributes: {{age_group: 65+}}}}
      - {{key: [N20016], fact: fct_observations, topic_code: elderly_care_reference_cost, unit: SEK_per_inhabitant,
         zero: not_reported, attributes: {{break_from: 2023, age_group: 65+}}}}
      - {{key: [N20043], fact: fct_observations, topic_code: elderly_care_cost, unit: SEK_per_inhabitant}}
"""
BEFORE = "      - {key: [U79133], fact: fct_observations"
REGIONS = [f"00{code}" for code in ("00", "01", "03", "04", "05", "06", "07", "08", "09", "10")]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_code(tmp_path_factory.mktemp("code") / "copy")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of code that declares more series of Kolada, with a synthetic value of each by area and year."""
    folder = tmp_path_factory.mktemp("declared")
    code, home, sent = copy_of_code(folder / "code"), folder / "home", folder / "sent"
    redeclare(code, "kolada", BEFORE, MORE + BEFORE)
    sent.mkdir()
    levels = {"N79221": 62.0, "N79222": 81.0, "N79240": 71.0, "N79999": 190.0, "N01938": 200_000.0}
    for kpi, level in levels.items():
        values = {(kpi, a, y): level + n for n, a in enumerate(REGIONS) for y in (2022, 2023)}
        kolada_answer(sent / f"synthetic_{kpi}.json", values)
    costs = {("N20016", a, y): 11_000.0 + 10 * n for n, a in enumerate(("0114", "0180", "0380")) for y in (2022, 2023)}
    zeros = {("N20016", "0580", 2022): 0.0, ("N20043", "0580", 2022): 0.0, ("N20043", "0580", 2023): 12_000.0}
    kolada_answer(sent / "synthetic_costs.json", costs)
    kolada_answer(sent / "synthetic_zeros.json", zeros)
    run(code, home, "ingest", sent)
    run(code, home, "nightly", expect=None)
    return home


def test_those_who_wait_are_not_those_who_were_seen(built: Path) -> None:
    told = rows(
        built,
        """select phase, measure, count(*), min(value)::int from marts.fct_wait_times
           where source_id = 'kolada' and unit = 'percent' group by all order by all""",
    )
    assert told == [("completed", "within_percent", 20, 81), ("waiting", "within_percent", 20, 62)]
    seen = rows(built, "select count(*), min(value)::int from indicators.ind_first_contact_90d_kolada")
    assert seen == [(20, 81)], "the indicator of contacts that took place has none of those waiting"


def test_a_declared_measure_is_not_that_of_its_unit(built: Path) -> None:
    told = rows(
        built,
        """select phase, measure, count(*), min(value)::int from marts.fct_wait_times
           where source_id = 'kolada' and unit = 'days' group by all order by all""",
    )
    assert told == [("waiting", "median_days", 20, 71), ("waiting", "p90_days", 20, 190)]


def test_people_of_an_age_are_not_all_people(built: Path) -> None:
    told = rows(built, "select distinct age_group from marts.fct_population where source_id = 'kolada'")
    assert told == [("65+",)]
    assert rows(built, "select count(*) from intermediate.int_population__denominators") == [(0,)]


def test_a_zero_that_its_series_declares_is_missing_and_says_so(built: Path) -> None:
    told = rows(
        built,
        """select topic_code, period, value::int, value_status, value_flags, age_group from marts.fct_observations
           where area_code = '0580' order by all""",
    )
    assert told == [
        ("elderly_care_cost", "2022", 0, "normal", "", "total"),
        ("elderly_care_cost", "2023", 12000, "normal", "", "total"),
        ("elderly_care_reference_cost", "2022", None, "not_reported", "placeholder_removed", "65+"),
    ]


def test_a_declared_break_reaches_every_fact(built: Path) -> None:
    told = rows(
        built,
        """select period, value_flags, count(*) from marts.fct_observations
           where topic_code = 'elderly_care_reference_cost' and value is not null group by all order by all""",
    )
    assert told == [("2022", "", 3), ("2023", "break", 3)]


REFUSED = {
    "misspelt": (
        "kolada", "topic_code: assessment_3d\n        unit: percent", "topic_code: assessment_3d\n        unit: hours",
        ["kolada.yml", "N79173", "unit hours", "percent"],
    ),
    "unknown attribute": (
        "kolada", "phase: completed, guarantee_rule: days_3,", "phase: completed, fase: waiting, guarantee_rule: days_3,",
        ["kolada.yml", "N79173", "attribute fase", "phase"],
    ),
    "unknown value": (
        "skr_hsr", "phase: completed", "phase: ongoing", ["skr_hsr.yml", "'ongoing'", "completed, waiting"],
    ),
    "missing phase": (
        "varden_i_siffror", "contact_type: phone, phase: completed,", "contact_type: phone,",
        ["varden_i_siffror.yml", "attribute phase is missing"],
    ),
    "an attribute that a column gives": (
        "sos_bup_waits", "contact_type: first_visit,", "contact_type: first_visit, phase: waiting,",
        ["sos_bup_waits.yml", "attribute phase is not read"],
    ),
    "a unit that another is published as": (
        "skr_costs", "unit: SEK_per_inhabitant", "unit: SEK", ["skr_costs.yml", "unit SEK", "SEK_per_inhabitant"],
    ),
    "a series that no model reads": (
        "kolada", "key: [N20014], fact: fct_observations", "key: [N20014], fact: fct_costs",
        ["kolada.yml", "N20014", "no model of fct_costs reads stg_kolada__data"],
    ),
    "a key that the fact cannot hold": (
        "kolada", "    key: [gender]\n", "    key: [gender, count]\n", ["kolada.yml", "key column count"],
    ),
    "a layout without series": (
        "sos_region_survey",
        "    series:", "    outside: []\n    key: []\n  - layout_id: other\n    description: d\n    family: delimited\n"
        "    delimiter: ','\n    columns: [{name: region}, {name: year}]\n    period: {columns: [year], formats: [year]}\n"
        "    areas: [{column: region, system: region_name}]\n    series_columns: []\n    series: []\n    selection: []\n"
        "    key: []\n    extracted_at: {}\n#",
        ["sos_region_survey.yml", "layout other", "stg_sos_region_survey__other"],
    ),
    "one key twice": (
        "kolada", "key: [N03703]", "key: [N03702]", ["kolada.yml", "N03702", "declared twice"],
    ),
    "a zero of no number": (
        "kolada", "zero: missing_at_source", "zero: {status: missing_at_source}", ["kolada.yml", "status is no number column"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_happen_is_refused_with_place_and_rule(name: str, code: Path, tmp_path: Path) -> None:
    source, old, new, words = REFUSED[name]
    path = code / "orchestration" / "sources" / f"{source}.yml"
    sound = path.read_text(encoding="utf-8")
    try:
        if name == "a layout without series":
            head = sound[: sound.index("    series:")]
            path.write_text(head + new, encoding="utf-8")
        else:
            redeclare(code, source, old, new)
        told = run(code, tmp_path / "home", "ingest", tmp_path, expect=1).stderr
    finally:
        path.write_text(sound, encoding="utf-8")
    assert "vardlagret: " in told
    assert [w for w in words if w not in told] == [], told


def test_doctor_names_the_declaration_that_is_at_fault(code: Path, tmp_path: Path) -> None:
    path = code / "orchestration" / "sources" / "kolada.yml"
    sound = path.read_text(encoding="utf-8")
    well = run(code, tmp_path / "home", "doctor", expect=None)
    assert "each series read by a model" in well.stdout + well.stderr
    try:
        redeclare(code, "kolada", "phase: completed", "phase: seen")
        told = run(code, tmp_path / "home", "doctor", expect=1)
    finally:
        path.write_text(sound, encoding="utf-8")
    assert "attribute phase is 'seen'" in told.stdout + told.stderr


def test_sound_declarations_are_read(code: Path, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    run(code, tmp_path / "home", "ingest", tmp_path / "sent")
