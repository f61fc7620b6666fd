"""Equal bytes are one delivery, but where the name says who sent them or which months they cover; no byte may be lawful."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.support.command import answer, vardlagret

if TYPE_CHECKING:
    from pathlib import Path

ONE = "1;LPT;20240304;\n"
CARE = "PAR_TVANGSVARD_{}_synthetic.txt"
SENDERS = [
    "51012-301_2024-06_2024-03_2024-03",
    "51012-301_2024-07_2024-04_2024-04",
    "51018-302_2024-06_2024-03_2024-03",
]


def ingest(folder: Path, files: dict[str, str], *options: str, expect: int | None = 0) -> list[dict]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return answer(folder / "home", "ingest", *(folder / name for name in files), *options, expect=expect)["files"]


def care(senders: list[str], text: str) -> dict[str, str]:
    return {CARE.format(sender): text for sender in senders}


def covered(home: Path) -> dict[tuple[str, str], int]:
    with sqlite3.connect(home / "ledger.sqlite") as ledger:
        rows = ledger.execute("select scope_key, period_key, records from coverage").fetchall()
    return {(scope.rpartition("/")[2], period): n for scope, period, n in rows}


def months(senders: list[str]) -> set[tuple[str, str]]:
    return {(provider, sending) for provider, _, sending in (s.partition("_") for s in senders)}


def test_equal_bytes_of_two_senders_or_two_months_are_deliveries_of_their_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = ingest(tmp_path, care(SENDERS, ONE))
    assert [f["outcome"] for f in first] == ["loaded"] * 3
    ids = {f["delivery_sha256"] for f in first}
    assert len(ids) == 3
    assert covered(home) == dict.fromkeys(months(SENDERS), 1)
    kept = [home / "raw" / sha256[:2] / sha256 for sha256 in ids]
    assert {p.read_text() for p in kept} == {ONE}
    assert len({p.stat().st_ino for p in kept}) == 1, "the bytes are stored once"

    again = ingest(tmp_path, care(SENDERS, ONE))
    assert [f["outcome"] for f in again] == ["duplicate"] * 3
    assert {f["delivery_sha256"] for f in again} == ids
    assert answer(home, "doctor", "--rebuild-ledger")["differences"] == {}


def test_one_of_two_is_removed_alone_and_the_other_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    files = ingest(tmp_path, care(SENDERS[:2], ONE))
    purged, left = (f["delivery_sha256"] for f in reversed(files))
    told = answer(home, "delivery", "purge", purged, "--by", "Ada", "--reason", "sent in error", "--yes")
    assert [twin["delivery_sha256"] for twin in told["same_bytes"]] == [left]
    assert (home / "raw" / left[:2] / left).read_text() == ONE
    assert not (home / "raw" / purged[:2] / purged).exists()
    codes = {f["file_name"]: f["code"] for f in ingest(tmp_path, care(SENDERS[:2], ONE), expect=3)}
    assert codes == {files[0]["file_name"]: None, files[1]["file_name"]: "F_PURGED"}


def test_diagnoses_sent_again_with_a_corrected_month_are_a_sending_of_their_own(tmp_path: Path) -> None:
    text = "700000;1;I509;;\n700001;1;E110;;\n"
    names = ["01_2024-06_2024-03_2024-03", "01_2024-07_2024-03_2024-03"]
    files = ingest(tmp_path, {f"PAR_DIAGNOSER_{name}_synthetic.txt": text for name in names})
    assert [f["outcome"] for f in files] == ["loaded", "loaded"]
    assert covered(tmp_path / "home") == dict.fromkeys(months(names), 2)


def test_a_manifest_names_the_bytes_and_not_the_delivery(tmp_path: Path) -> None:
    first, second = care(SENDERS[:2], ONE)
    sha256 = ingest(tmp_path, {first: ONE})[0]["delivery_sha256"]
    (tmp_path / f"{second}.manifest.json").write_text(json.dumps({"sha256": sha256, "records": 1}))
    (told,) = ingest(tmp_path, {second: ONE})
    assert (told["outcome"], told["delivery_sha256"] == sha256) == ("loaded", False)


def test_a_table_whose_name_alone_says_the_year_is_not_of_two_years(tmp_path: Path) -> None:
    text = "lan_code;region;q35_andel_procent\n01;Stockholm;71,5\n"
    names = [f"synthetic_regionenkat_{year}_fast_lakarkontakt.csv" for year in (2024, 2025)]
    first, second = ingest(tmp_path, dict.fromkeys(names, text), expect=3)
    assert (first["outcome"], second["code"]) == ("loaded", "F_PERIOD")


@pytest.mark.parametrize("nothing", ["", "\n", "\ufeff"], ids=["no byte", "an empty line", "a mark alone"])
def test_a_lawfully_empty_sending_covers_its_months_with_no_record(tmp_path: Path, nothing: str) -> None:
    files = ingest(tmp_path, care(SENDERS, nothing))
    assert [(f["outcome"], f["records"]) for f in files] == [("loaded", 0)] * 3
    assert covered(tmp_path / "home") == dict.fromkeys(months(SENDERS), 0)
    assert [f["outcome"] for f in ingest(tmp_path, care(SENDERS, nothing))] == ["duplicate"] * 3


def test_an_empty_file_is_refused_where_its_owner_always_has_cases(tmp_path: Path) -> None:
    stays, diagnoses = (
        f"PAR_{part}_01_2024-06_2024-03_2024-03_synthetic.txt" for part in ("VARDTILLFALLEN", "DIAGNOSER")
    )
    files = ingest(tmp_path, {stays: "", diagnoses: "", **care(SENDERS[:1], "")}, expect=3)
    assert {f["code"] for f in files if f["outcome"] == "refused"} == {"F_EMPTY"}
    listed = answer(tmp_path / "home", "quarantine", "list")["items"]
    assert {item["file"] for item in listed} == {stays, diagnoses}, "no empty file hides another"


def test_a_date_given_by_hand_is_one_of_the_calendar(tmp_path: Path) -> None:
    file = tmp_path / CARE.format(SENDERS[0])
    file.write_text(ONE)
    given = ("ingest", file, "--reason", "exported then", "--as-of")
    assert "is no date" in vardlagret(tmp_path / "home", *given, "2024-13-01", expect=2).stderr
    vardlagret(tmp_path / "home", *given, "2024-07-01T00:30:00+02:00")
    with sqlite3.connect(tmp_path / "home" / "ledger.sqlite") as ledger:
        assert ledger.execute("select extracted_at from receipts").fetchall() == [("2024-06-30T22:30:00",)]
