"""Whole nights through the command: the example's planted defects, nothing new, a revision, a withdrawn row."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.settings import DBT_PROJECT
from orchestration.sources.catalogue import load_catalogue
from tests.support.built import Built
from tests.support.command import answer, latest, vardlagret


def fact(home: Path, name: str, where: str, column: str = "value") -> list:
    """Values of a fact in the latest release."""
    path = home / "releases" / latest(home)["release"] / "data" / f"{name}.parquet"
    with duckdb.connect() as connection:
        return [
            r[0] for r in connection.execute(f"select {column} from read_parquet('{path}') where {where}").fetchall()
        ]


def checksums(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_planted_defect_is_found_and_nothing_else(example_home: Built, example_deliveries: Path) -> None:
    key = json.loads(example_deliveries.with_name(f"{example_deliveries.name}-key.json").read_text())["defects"]
    # The registers count as soon as a declaration reads them.
    sources = {"register": "patient_register", "contacts": "wait_contacts"}
    declared = {None, *(source.source_id for source in load_catalogue().sources)}
    key = [d for d in key if sources.get(d["file"].split("/")[0]) in declared]
    planted = {(Path(d["file"]).name, d["line"], d["rule"]) for d in key if d["outcome"] == "quarantined" and d["line"]}
    connection = sqlite3.connect(example_home.home / "ledger.sqlite")
    found = set(connection.execute("select file, line, code from quarantine").fetchall())
    assert {f for f in found if not f[0].endswith(".json")} == planted
    in_json = {(Path(d["file"]).name, d["rule"]) for d in key if d["outcome"] == "quarantined" and not d["line"]}
    assert {(f, code) for f, _, code in found if f.endswith(".json")} == in_json


def test_every_record_of_every_delivery_is_accounted_for(example_home: Built, real_warehouse: Built) -> None:
    for built in (example_home, real_warehouse):
        totals = answer(built.home, "quarantine", "list")["totals"]
        assert totals["records_raw"] == totals["accepted"] + totals["quarantined"] + totals["duplicate"] > 0


def test_only_series_that_a_declaration_leaves_out_count_as_unmapped(example_home: Built) -> None:
    with sqlite3.connect(example_home.home / "ledger.sqlite") as connection:
        unmapped = dict(
            connection.execute("select source_id, sum(unmapped) from records group by source_id").fetchall()
        )
    assert unmapped["kolada"] > 0
    # Row-level registers and code lists declare no series.
    assert (unmapped["patient_register"], unmapped["scb_geography"]) == (0, 0)


def test_quarantine_shows_line_text_and_rule(example_home: Built) -> None:
    items = answer(example_home.home, "quarantine", "list", "--source", "skr_costs")["items"]
    number = next(i for i in items if i["code"] == "R_NUMBER")
    shown = answer(example_home.home, "quarantine", "show", number["delivery_sha256"][:12], "--code", "R_NUMBER")
    (row,) = shown["rows"]
    assert row["line"] == number["first_line"]
    assert "." in row["value"]
    assert row["rule"] == "R_NUMBER"


def test_the_four_domains_have_municipal_facts_in_the_example(example_home: Built) -> None:
    for name in ("fct_costs", "fct_staffing", "fct_readmissions", "fct_wait_times"):
        assert (
            len(set(fact(example_home.home, name, "area_level = 'municipality' and value is not null", "area_code")))
            >= 10
        )


def test_synthetic_data_says_so(example_home: Built) -> None:
    assert json.loads((example_home.home / "home.json").read_text())["origin"] == "synthetic"
    folder = example_home.home / "releases" / latest(example_home.home)["release"]
    assert "SYNTHETIC" in json.loads((folder / "datapackage.json").read_text())["description"]
    assert set(fact(example_home.home, "indicator_values", "true", "data_origin")) == {"synthetic"}


def test_a_release_says_each_switch_of_each_method_and_the_codes_of_each_set(example_home: Built) -> None:
    folder = example_home.home / "releases" / latest(example_home.home)["release"]
    told = json.loads((folder / "datapackage.json").read_text())["methods"]
    for name, seed in (("readmission_methods", "seed_readmission_methods"), ("diagnosis_sets", "seed_diagnosis_sets")):
        with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
            rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
        said = [
            {k: None if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items()}
            for row in told[name]
        ]
        assert sorted(said, key=str) == sorted(rows, key=str)
    published = fact(example_home.home, "fct_readmissions", "source_id = 'patient_register'", "method_code")
    assert set(published) <= {row["method_code"] for row in told["readmission_methods"]}


def test_nothing_new_publishes_nothing(example_home: Built, example_deliveries: Path, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    before = checksums(home / "releases")
    again = answer(home, "nightly", "--deliveries", example_deliveries)
    assert (again["exit"], again["release"], again["nothing_new"]) == (0, None, True)
    assert [s["name"] for s in again["stages"]] == ["take_in", "verify"]
    assert checksums(home / "releases") == before


def test_a_damaged_release_is_told_even_on_a_night_with_nothing_new(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    file = home / "releases" / latest(home)["release"] / "data" / "fct_costs.csv"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"net", b"nEt", 1))
    done = answer(home, "nightly", expect=1)
    assert "fct_costs.csv was changed" in done["error"]
    assert vardlagret(home, "release", "verify", expect=1)


def test_a_changed_cell_is_a_revision_and_a_withdrawn_row_is_gone(
    example_home: Built, example_deliveries: Path, tmp_path: Path
) -> None:
    home = example_home.copy(tmp_path / "home")
    first = latest(home)
    untouched = checksums(home / "releases" / first["release"])
    source = example_deliveries / "skr" / "synthetic_kostnad_per_invanare_per_specialitet.csv"
    lines = source.read_bytes().split(b"\r\n")
    nursing = "Sjuksköterskevård inkl. jourverksamhet;Nettokostnad exkl läkemedel;2017;Dalarna;".encode()
    maternal = "Mödrahälsovård;Nettokostnad exkl läkemedel;2017;Dalarna;".encode()
    (place,) = [i for i, line in enumerate(lines) if nursing in line]
    (gone,) = [i for i, line in enumerate(lines) if maternal in line]
    lines[place] = lines[place].rsplit(b";", 1)[0] + b";1234,5678"
    del lines[gone]
    revised = tmp_path / "synthetic_kostnad_rattad.csv"
    revised.write_bytes(b"\r\n".join(lines))

    taken = answer(home, "ingest", revised)
    assert (taken["loaded"], taken["refused"]) == (1, 0)
    waits = answer(home, "nightly", expect=3)
    assert {(w["reason_code"], w["period"]) for w in waits["withheld"]} == {("vanished", "2017")}
    where = "area_code = '20' and area_level = 'region' and period = '2017' and drug_scope = 'excl_drugs' and measure = 'cost_per_inhabitant_sek'"
    maternal_care = f"{where} and service_code = 'pc_maternal_health'"
    assert fact(home, "fct_costs", maternal_care, "value_status") == ["normal"], "what vanished waits for a name"
    night = answer(
        home, "release", "publish", "--accept", "vanished", "--by", "Anna", "--reason", "the owner withdrew the row"
    )
    assert night["release"] not in (None, waits["release"], first["release"])
    assert [str(v) for v in fact(home, "fct_costs", f"{where} and service_code = 'pc_nursing'")] == [
        "1234.567800000000"
    ]
    assert fact(home, "fct_costs", maternal_care, "value_status") == ["not_reported"]
    assert checksums(home / "releases" / first["release"]) == untouched
    # The owner's revision, as the two releases tell it.
    told = answer(home, "release", "diff", first["release"], night["release"], "--area", "20", "--limit", "0")
    assert (told["older"], told["newer"], told["same_content"]) == (first["release"], night["release"], False)
    changed = [c for c in told["changes"] if c["table"] == "fct_costs" and c["key"]["service_code"] == "pc_nursing"
               and c["key"]["measure"] == "cost_per_inhabitant_sek" and c["kind"] == "changed"]  # fmt: skip
    assert {(c["new_value"], c["unit"]) for c in changed} == {("1234.5678", "SEK_per_inhabitant")}
    for change in changed:
        assert Decimal(change["new_value"]) - Decimal(change["old_value"]) == Decimal(change["difference"])
    gone = [c for c in told["changes"] if c["key"].get("service_code") == "pc_maternal_health"]
    assert {(c["kind"], c["new_status"], c["new_value"]) for c in gone} == {("status", "not_reported", None)}
    assert {c["key"]["area_code"] for c in told["changes"]} == {"20"}
    assert [d["source_id"] for d in told["deliveries"]] == ["skr_costs"]
    assert not [c for c in told["changes"] if c["table"] not in ("fct_costs", "indicator_values")]
    listed = answer(home, "release", "list")
    assert [r["id"] for r in listed["releases"]] == [first["release"], waits["release"], night["release"]]
    assert listed["latest"] == night["release"]

    # The owner retracts: the first file again, later. Its content is that of the first release again.
    manifest = source.with_name(source.name + ".manifest.json")
    for file in (source, manifest):
        shutil.copy(file, tmp_path / file.name)
    assert answer(home, "ingest", tmp_path / source.name)["loaded"] == 1
    waits = answer(home, "nightly", expect=3)
    assert {(w["name"], w["reason_code"]) for w in waits["withheld"]} == {("fct_costs", "moved")}
    answer(home, "release", "publish", "--accept", "moved", "--by", "Anna", "--reason", "the owner retracts")
    assert latest(home)["content_sha256"] == first["content_sha256"]
    assert latest(home)["release"] != first["release"]
    assert answer(home, "release", "diff", first["release"], "latest")["same_content"]
    back = answer(home, "release", "diff", "--area", "20", "--limit", "0")
    assert {c["old_value"] for c in back["changes"] if c["key"].get("service_code") == "pc_nursing"} >= {"1234.5678"}
    assert "release diff" in vardlagret(home, "release", "diff", "--help").stdout
    assert "there is no release 1999-01-01.1" in vardlagret(home, "release", "diff", "1999-01-01.1", expect=1).stderr
    damaged = home / "releases" / first["release"] / "data" / "fct_costs.csv"
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-9])
    assert "is damaged" in vardlagret(home, "release", "diff", first["release"], "latest", expect=1).stderr


def test_a_second_run_is_turned_away_while_one_holds_the_home(example_home: Built, tmp_path: Path) -> None:
    from orchestration.home import Home
    from orchestration.ledger.lock import hold

    home = example_home.copy(tmp_path / "home")
    with hold(Home(home), run_id="another", who="test"):
        done = vardlagret(home, "nightly", expect=5)
        assert "another" in done.stderr
        assert vardlagret(home, "status").returncode == 0


def test_status_and_doctor_of_a_sound_home(example_home: Built) -> None:
    status = answer(example_home.home, "status")
    assert status["publish"]["state"] == "yes"
    assert {f["verdict"] for f in status["facts"]} <= {"passed", "warned"}
    assert answer(example_home.home, "doctor")["ok"]
