"""Answers of an owner's API: what a newer one replaces and withdraws, why a value is missing, and which one is newer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.support.command import answer
from tests.support.kolada_answers import kolada_answer

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = ["0001", "0003", "0004", "0005", "0006"]
CALLS, READMITTED, VISITS = "N79179", "U79092", "N79224"


def population(folder: Path, name: str, values: dict[str, Any], month: str, updated: str, status: Any = None) -> Path:
    """Synthetic inhabitants of 0 to 9 years by region in one month, as PxWeb answers."""
    codes = {"Region": list(values), "Alder": ["0-9"], "Kon": ["TotSa"], "ContentsCode": ["000007SF"], "Tid": [month]}
    document = {
        "version": "2.0", "class": "dataset", "label": "synthetic", "source": "SCB", "updated": updated,
        "id": list(codes), "size": [len(c) for c in codes.values()],
        "dimension": {n: {"category": {"index": {c: i for i, c in enumerate(told)}}} for n, told in codes.items()},
        "value": list(values.values()), "extension": {"px": {"tableid": "TAB6471"}},
    } | ({"status": status} if status else {})  # fmt: skip
    (folder / f"synthetic_{name}.json").write_text(json.dumps(document))
    return folder / f"synthetic_{name}.json"


def statuses(path: Path, words: dict[str, str]) -> Path:
    """One answer in which each region's value is missing, with the owner's word for why, beside nine that have one."""
    kolada_answer(path, {(READMITTED, f"00{n:02}", 2018): 12.5 for n in range(4, 13) if n != 9 and n != 11})
    document = json.loads(path.read_text())
    document["values"] += [
        {"kpi": READMITTED, "municipality": area, "period": 2018,
         "values": [{"gender": "T", "count": 1, "status": word, "value": None, "isdeleted": False}]}
        for area, word in words.items()
    ]  # fmt: skip
    path.write_text(json.dumps(document | {"count": len(document["values"])}))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")

    def take(*files: Path, options: tuple[str, ...] = ()) -> None:
        answer(folder / "home", "ingest", *files, *options)

    def kolada(name: str, values: dict[tuple[str, str, int], float | None]) -> Path:
        return kolada_answer(folder / f"synthetic_{name}.json", values)

    year = {(CALLS, area, 2024): 80.0 + n for n, area in enumerate(REGIONS)}
    year |= {(READMITTED, area, 2024): 9.0 for area in REGIONS}
    revised = {key: value + 0.2 for key, value in year.items() if key[0] == CALLS}
    take(
        kolada("1_visits", {(VISITS, "0001", 2021): 50.0, (VISITS, "0003", 2021): 60.0, (VISITS, "0004", 2021): 70.0}),
        kolada("2_visits", {(VISITS, "0001", 2021): 51.0, (VISITS, "0003", 2021): 61.0}),
        kolada("3_year", year),
        kolada("4_year_after", revised | {(kpi, area, 2025): value + 1 for (kpi, area, _), value in year.items()}),
        kolada("5_one_region", {(CALLS, "0001", 2024): 99.0}),
        statuses(folder / "synthetic_6_status.json", {"0001": "Missing", "0003": "Private", "0013": "Hidden"}),
        population(folder, "7_status", {"01": 9, "03": None, "04": None, "05": None, "06": None}, "2025M03",
                   "2025-04-10T06:00:00Z", {"1": "..", "2": "-", "3": ".", "4": "z"}),
        population(folder, "8_newer", {"01": 222}, "2025M02", "2025-03-01T06:00:00Z"),
        population(folder, "9_older", {"01": 111}, "2025M02", "2025-03-01T07:30:00+02:00"),
        population(folder, "9_west", {"01": 444}, "2025M01", "2025-02-01T22:00:00-05:00"),
        population(folder, "9_west_older", {"01": 333}, "2025M01", "2025-02-02T02:00:00Z"),
        population(folder, "9_whole", {"03": 666}, "2024M12", "2025-03-01T06:00:00Z"),
    )  # fmt: skip
    by_hand = ("--as-of", "2025-03-01T07:30:00+02:00", "--reason", "exported before the other")
    take(population(folder, "9_by_hand", {"03": 555}, "2024M12", "2025-03-09T06:00:00Z"), options=by_hand)
    answer(folder / "home", "nightly", expect=None)
    return folder / "home"


def facts(home: Path, fact: str, where: str) -> dict[str, tuple[float | None, str]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        rows = warehouse.execute(
            f"select area_code, value::double, value_status from marts.{fact} where area_level in ('region', 'county') and {where}"
        ).fetchall()
    assert len(rows) == len({area for area, _, _ in rows})
    return {area: (value, status) for area, value, status in rows}


def quarantined(home: Path, file: str) -> dict[str, int]:
    items = answer(home, "quarantine", "list")["items"]
    return {item["code"]: item["count"] for item in items if item["file"] == f"synthetic_{file}.json"}


def test_a_newer_answer_replaces_and_withdraws_what_was_asked_for_again(home: Path) -> None:
    found = facts(home, "fct_wait_times", "source_id = 'kolada' and period = '2021'")
    assert found == {"01": (51.0, "normal"), "03": (61.0, "normal")}, "04 was withdrawn"
    assert quarantined(home, "1_visits") == quarantined(home, "2_visits") == {}


def test_a_year_added_and_a_year_revised_replace_each_other_key_by_key(home: Path) -> None:
    calls = "source_id = 'kolada' and contact_type = 'phone' and period = '{}'"
    before, after = (facts(home, "fct_wait_times", calls.format(year)) for year in (2024, 2025))
    codes = [area[2:] for area in REGIONS]
    assert {a: v for a, (v, _) in before.items()} == pytest.approx(
        {area: 80.2 + n for n, area in enumerate(codes)} | {"01": 99.0}
    ), "one region asked for alone is revised, and erases no other"
    assert {a: v for a, (v, _) in after.items()} == {area: 81.0 + n for n, area in enumerate(codes)}
    kept = facts(home, "fct_readmissions", "source_id = 'kolada' and period = '2024'")
    assert {a: v for a, (v, _) in kept.items()} == dict.fromkeys(codes, 9.0), "what was not asked for again stays"
    assert quarantined(home, "3_year") == quarantined(home, "4_year_after") == {}


def test_each_reason_why_kolada_has_no_value_is_told_apart(home: Path) -> None:
    found = facts(home, "fct_readmissions", "source_id = 'kolada' and period = '2018'")
    assert found["01"] == (None, "missing_at_source")
    assert found["03"] == (None, "suppressed_small_n")
    assert "13" not in found
    assert quarantined(home, "6_status") == {"R_MISSING_MARKER": 1}, "a word that nobody declared"


def test_each_symbol_of_scb_for_no_value_is_told_apart_and_none_is_zero(home: Path) -> None:
    found = facts(home, "fct_population", "period = '2025-03'")
    assert found == {
        "01": (9.0, "normal"),
        "03": (None, "missing_at_source"),
        "04": (None, "not_applicable"),
        "05": (None, "not_applicable"),
    }
    assert quarantined(home, "7_status") == {"R_MISSING_MARKER": 1}


def test_moments_are_compared_as_instants_wherever_they_are_told(home: Path) -> None:
    newest = {"2025-02": ("01", 222.0), "2025-01": ("01", 444.0), "2024-12": ("03", 666.0)}
    for month, (area, value) in newest.items():
        assert facts(home, "fct_population", f"period = '{month}'") == {area: (value, "normal")}
