"""`explain` through the command: from a value to the raw line, equal, different, hidden, not found, and held."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.explain.indicators import ending_of
from orchestration.explain.records import BY_NAME, columns_of, fits, layouts_of
from orchestration.indicators.catalogue import load_definitions
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.reconcile import staging_table
from tests.real import needs_deliveries
from tests.support.built import Built
from tests.support.command import answer, latest, vardlagret

NURSES = ("nurses_per_100000", "area_code=25", "area_level=county", "period=2016")


def test_a_published_value_is_followed_to_its_line_in_the_raw_file(
    example_home: Built, example_deliveries: Path
) -> None:
    told = answer(example_home.home, "explain", *NURSES)
    (file,) = (example_deliveries / "socialstyrelsen").glob("*personal*2016*.csv")
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    (number,) = [n for n, line in enumerate(lines, start=1) if line.startswith("Sjuksköterska;Norrbottens län;")]
    (cell,) = told["cells"]
    assert (cell["file"], cell["line"], cell["column"]) == (file.name, number, "2016")
    assert (cell["raw_line"], cell["text"]) == (lines[number - 1], lines[number - 1].rsplit(";", 1)[1])
    assert told["value"] == cell["text"]
    (delivery,) = told["deliveries"]
    assert (delivery["delivery_sha256"], delivery["bytes_are_sound"], delivery["records_differing"]) == (
        cell["delivery_sha256"], True, 0,
    )  # fmt: skip
    (fact,) = told["facts"]
    assert (fact["fact"], fact["value"], fact["delivery_sha256"]) == (
        "fct_staffing", cell["text"], cell["delivery_sha256"],
    )  # fmt: skip
    assert told["equal"]
    assert told["hidden_because"] is None
    assert told["release"] == latest(example_home.home)["release"]
    named = {"indicator_id", "definition_version", "area_code", "area_level", "period", "sex", "release", "value",
             "value_status", "value_flags", "ci", "numerator", "denominator", "formula", "facts", "cells", "corrections",
             "exclusions", "checks", "hidden_because", "code_version"}  # fmt: skip
    assert named <= told.keys()
    in_words = vardlagret(example_home.home, "explain", *NURSES).stderr
    assert f"raw: {lines[number - 1]}" in in_words
    assert in_words.strip().endswith("EQUAL: the raw bytes give this value")


def test_what_is_made_of_others_lists_them_each_with_its_cells(example_home: Built) -> None:
    told = answer(example_home.home, "explain", "primary_care_share_of_cost", "area_code=20", "period=2015")
    assert told["formula"].startswith("share_of_whole")
    assert {f["key"]["service_code"] for f in told["facts"]} == {"primary_care", "health_care_excl_dental_political"}
    leaves = [link for link in told["chain"] if link["how"] == "record"]
    totals = [link for link in told["chain"] if link["how"] == "rows"]
    assert len(totals) == 2
    assert {len(link["inputs"]) for link in totals}
    assert all(link["equal"] for link in told["chain"])
    assert len(told["cells"]) == len(leaves) > 20
    assert told["equal"]


def test_people_are_summed_over_the_cells_of_the_county_file(example_home: Built) -> None:
    told = answer(
        example_home.home, "explain", "fct_population", "area_code=20", "area_level=county", "period=2015",
        "sex=total", "age_group=total",
    )  # fmt: skip
    assert len(told["cells"]) > 100
    assert sum(int(c["text"]) for c in told["cells"]) == int(told["value"])
    assert told["equal"]


def test_of_rows_of_persons_only_counts_are_told_and_of_a_hidden_value_nothing(example_home: Built) -> None:
    home = example_home.home
    data = home / "releases" / latest(home)["release"] / "data"
    chosen = {}
    with duckdb.connect() as con:
        for status in ("normal", "suppressed_small_n"):
            rows = con.execute(
                f"""select {", ".join(BY_NAME["fct_wait_times"].key)} from read_parquet('{data}/fct_wait_times.parquet')
                where source_id = 'wait_contacts' and area_level = 'region' and attribution = 'provider'
                  and measure = 'within_percent' and value_status = '{status}' order by all limit 1"""
            ).fetchone()
            chosen[status] = [
                f"{c}={'' if v is None else v}" for c, v in zip(BY_NAME["fct_wait_times"].key, rows, strict=True)
            ]
    shown = answer(home, "explain", "fct_wait_times", *chosen["normal"])
    assert shown["equal"]
    assert shown["value"] is not None
    assert shown["cells"].keys() == {"count", "personal"}
    assert shown["cells"]["personal"] is True
    hidden = answer(home, "explain", "fct_wait_times", *chosen["suppressed_small_n"])
    assert hidden["equal"], "it is compared all the same"
    assert (hidden["value"], hidden["hidden_because"]["reason_code"]) == (None, "suppressed_small_n")
    steps = hidden["comparisons"] + [c for link in hidden["chain"] for c in link["comparisons"]]
    assert steps
    assert all(c["found"] is None and c["expected"] is None for c in steps)
    with duckdb.connect(str(example_home.warehouse), read_only=True) as con:
        ids = con.execute("select distinct contact_id from cells.wait_contacts__contacts").fetchall()
    text = json.dumps([shown, hidden])
    assert [i for (i,) in ids if f'"{i}"' in text] == []


@needs_deliveries
def test_a_corrected_cell_shows_the_owner_s_text_and_the_correction(real_warehouse: Built) -> None:
    key = ("fct_observations", "topic_code=named_doctor_count")
    told = answer(real_warehouse.home, "explain", *key, "area_code=08")
    (cell,), (correction,) = told["cells"], told["corrections"]
    assert (told["value"], cell["text"], cell["raw_line"]) == ("179000", "179", "08;Kalmar;73;179;90")
    assert correction["correction_id"] == cell["correction_id"] == "named_doctor_2025_kalmar"
    assert told["equal"]
    excluded = answer(real_warehouse.home, "explain", *key, "area_code=21")
    assert (excluded["value"], excluded["value_status"], excluded["cells"][0]["text"]) == (None, "excluded", "38")
    assert excluded["equal"]


def test_a_changed_warehouse_and_changed_bytes_are_told_as_different(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    before = answer(home, "explain", *NURSES)
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute(
            "update marts.fct_staffing set value = value + 1 where area_code = '25' and profession_code = 'nurse' "
            "and ownership = 'all' and industry = 'all'"
        )
    told = answer(home, "explain", *NURSES, expect=1)
    (link,) = told["chain"]
    wrong = [c for c in link["comparisons"] if not c["equal"]]
    assert [(c["found"], c["expected"]) for c in wrong] == [(str(int(before["value"]) + 1), before["value"])]
    assert not told["equal"]
    assert "DIFFERENT" in vardlagret(home, "explain", *NURSES, expect=1).stderr

    sha256 = before["cells"][0]["delivery_sha256"]
    raw = home / "raw" / sha256[:2] / sha256
    raw.chmod(0o600)
    content = raw.read_bytes()
    line = before["cells"][0]["raw_line"].encode()
    raw.write_bytes(content.replace(line, line.replace(before["value"].encode(), b"77"), 1))
    told = answer(home, "explain", *NURSES, expect=1)
    (delivery,) = told["deliveries"]
    assert (delivery["bytes_are_sound"], delivery["records_differing"]) == (False, 2)
    assert [(c["text"], c["equal"]) for c in told["cells"]] == [("77", False)]


def test_what_is_not_found_names_candidates_and_a_held_home_turns_away(example_home: Built, tmp_path: Path) -> None:
    home = example_home.home
    several = answer(home, "explain", "nurses_per_100000", "area_level=county", expect=1)
    assert "add area_code=" in several["error"]
    assert {"area_code": "25"}.items() <= several["candidates"][-1].items() or len(several["candidates"]) == 20
    none = answer(home, "explain", "nurses_per_100000", "area_code=25", "period=1999", expect=1)
    assert {"period": "2016"} in none["candidates"]
    unknown = answer(home, "explain", "nurses", "period=2016", expect=1)
    assert "nurses_per_100000" in unknown["candidates"]
    assert vardlagret(home, "explain", "nurses_per_100000", "period", expect=2)
    from orchestration.home import Home
    from orchestration.ledger.lock import hold

    with hold(Home(home), run_id="another", who="test"):
        assert "another" in vardlagret(home, "explain", *NURSES, expect=5).stderr


def test_every_row_that_an_owner_gives_is_exactly_one_record(example_home: Built) -> None:
    """Rows that are made of others, or of no record, say so in their flags or status."""
    catalogue = load_catalogue()
    seen = set()
    with duckdb.connect(str(example_home.warehouse), read_only=True) as con:
        for fact in BY_NAME:
            for source in (s for s in catalogue.sources if not s.personal):
                union = " union all ".join(
                    f"select f.rowid as r from marts.{fact} as f join {staging_table(source.source_id, layout.layout_id)} as s "
                    f"on {fits(fact, layout, columns_of(con, source.source_id, layout.layout_id))}"
                    for layout in layouts_of(catalogue, fact, source.source_id)
                )
                if not union:
                    continue
                rows = con.execute(
                    f"""select f.value_flags, f.value_status, coalesce(n.n, 0), count(*) from marts.{fact} as f
                    left join (select r, count(*) as n from ({union}) group by r) as n on n.r = f.rowid
                    where f.source_id = ? group by all""",
                    [source.source_id],
                ).fetchall()
                for flags, status, fitting, _ in rows:
                    made = "derived" in flags or (fact == "fct_costs" and status in ("not_applicable", "excluded"))
                    assert fitting == (0 if made else 1), (fact, source.source_id, flags, status, fitting)
                    seen.add(fact)
    assert seen == set(BY_NAME)


@pytest.mark.parametrize("definition", load_definitions(), ids=lambda d: d.indicator_id)
def test_the_formula_of_every_indicator_can_be_computed_again(definition) -> None:
    assert ending_of(definition)


def _rows_of_persons(home: Path, fact: str, where: str) -> list[list[str]]:
    """The key of one published row of every measure counted from persons' rows, and area level and sex, of the newest period."""
    data = home / "releases" / latest(home)["release"] / "data"
    with duckdb.connect() as con:
        rows = con.execute(
            f"""select {", ".join(BY_NAME[fact].key)} from read_parquet('{data}/{fact}.parquet')
            where source_id = 'patient_register' and value_status = 'normal' and area_level in ('nation', 'region') and {where}
            qualify row_number() over (partition by measure, area_level, sex order by period desc, area_code) = 1"""
        ).fetchall()
    return [[f"{c}={'' if v is None else v}" for c, v in zip(BY_NAME[fact].key, row, strict=True)] for row in rows]


@pytest.mark.parametrize(
    ("fact", "where", "measures", "below"),
    [
        ("fct_readmissions", "method_code = 'nhs'", {"readmission_percent", "index_stay_count", "readmission_count"},
         "delete from intermediate.int_episodes__spells where rowid % 3 = 0"),
        ("fct_observations", "topic_code = 'avoidable_stays_20'",
         {"avoidable_stay_count", "avoidable_stays_per_100000", "avoidable_stays_esp2013_per_100000"},
         "delete from intermediate.int_avoidable__stays where rowid % 3 = 0"),
        ("fct_observations", "topic_code = 'reserve_numbers'",
         {"stay_count", "reserve_number_stay_count", "reserve_number_percent"},
         "delete from intermediate.int_stays__stays where rowid % 3 = 0"),
    ],
)  # fmt: skip
def test_every_measure_of_stays_is_counted_again_and_a_difference_is_told(
    example_home: Built, tmp_path: Path, fact: str, where: str, measures: set[str], below: str
) -> None:
    chosen = _rows_of_persons(example_home.home, fact, where)
    assert {next(k for k in key if k.startswith("measure="))[8:] for key in chosen} == measures
    for key in chosen[:: max(1, len(chosen) // 3)]:
        told = answer(example_home.home, "explain", fact, *key)
        assert told["equal"], key
        assert told["cells"]["personal"] is True
    home = example_home.copy(tmp_path / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute(below)
    assert answer(home, "explain", fact, *chosen[0], expect=1)["equal"] is False
