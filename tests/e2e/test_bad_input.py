"""What becomes of bad input: the table of outcomes, one line per input, through the command, on files as owners send them.

Files are the example's own with small edits. Refusals go through `ingest`, rules on records through one whole night.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.bad_input_report import TABLE
from tests.support.built import Built
from tests.support.command import VARDLAGRET, answer, environment, vardlagret

WAITS, COSTS, STAFF = "synthetic_waits.csv", "synthetic_costs.csv", "synthetic_staff.csv"
POPULATION, COUNTIES = "synthetic_population.csv", "synthetic_counties.csv"
BOM = "\ufeff"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Files:
    """The example's files by a short name, as text."""

    folder: Path

    def text(self, name: str) -> str:
        pattern = {
            WAITS: "*vantetider_bup*.csv", COSTS: "*kostnad_per_invanare*.csv", STAFF: "*personal_per*.csv",
            POPULATION: "*folkmangd*.csv", COUNTIES: "synthetic_counties.csv",
        }[name]  # fmt: skip
        return next(self.folder.rglob(pattern)).read_text(encoding="utf-8")

    def workbook(self) -> bytes:
        return next(self.folder.rglob("*.xlsx")).read_bytes()


@pytest.fixture(scope="module")
def files(example_deliveries: Path) -> Files:
    return Files(example_deliveries)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Path:
    """A home that holds one sound delivery."""
    folder = tmp_path_factory.mktemp("bad-input")
    (folder / STAFF).write_text(files.text(STAFF), encoding="utf-8")
    vardlagret(folder / "home", "ingest", folder / STAFF)
    return folder / "home"


def ingest(home: Path, folder: Path, name: str, content: str | bytes, manifest: dict | None = None) -> dict[str, Any]:
    """Hand one file over by name; what became of it, and the exit code."""
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    if manifest is not None:
        file.with_name(f"{name}.manifest.json").write_text(json.dumps(manifest))
    done = vardlagret(home, "ingest", file, "--json", expect=None)
    (told,) = json.loads(done.stdout)["files"]
    return told | {"exit": done.returncode}


def edit(old: str, new: str, count: int = 1) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return change


def lines(change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    return lambda text: "".join(change(text.splitlines(keepends=True)))


REFUSED: dict[str, tuple[str, Callable[[str], str | bytes], str, list[str]]] = {
    "undecodable in every declared encoding": (
        STAFF,
        lambda t: t.encode("utf-16"),
        "F_ENCODING",
        ["line 1", "utf-8", "Ask the owner"],
    ),
    "doubly encoded text": (STAFF, edit("Örebro", "Ã–rebro"), "F_ENCODING", ["line", "'Ã–'", "Ask"]),
    "zero bytes": (STAFF, lambda _: "", "F_EMPTY", ["ask the owner"]),
    "title only": (STAFF, lambda t: t.splitlines()[0] + "\n", "F_EMPTY", ["title of sos_staff", "ask the owner"]),
    "heading missing": (
        COSTS,
        lines(lambda ls: [";".join(x.split(";")[:6]) + "\n" for x in ls]),
        "F_LAYOUT",
        ["skr_costs/pivot", "'Värde' is missing"],
    ),
    "heading renamed": (
        COSTS,
        edit("Underkonto", "Konto"),
        "F_LAYOUT",
        ["skr_costs/pivot", "'Underkonto' is missing", "'Konto' is not declared", "Ask the owner"],
    ),
    "heading duplicated where not declared": (
        COSTS,
        lines(lambda ls: [x.rstrip("\n") + (";Värde\n" if i == 0 else ";1\n") for i, x in enumerate(ls)]),
        "F_LAYOUT",
        ["'Värde' stands 2 times"],
    ),
    "more than 5 percent with another number of fields": (
        COSTS,
        lines(lambda ls: [x if i == 0 or i % 10 else x.rstrip("\n") + ";x\n" for i, x in enumerate(ls)]),
        "F_FIELDS",
        ["records have another number of fields", "(7)"],
    ),
    "footer missing": (WAITS, lines(lambda ls: ls[:-1]), "F_TRUNCATED", ["line", "footer", "ask the owner"]),
    "last record short": (COSTS, lambda t: t.rstrip("\n").rsplit(";", 2)[0], "F_TRUNCATED", ["line", "5 of 7 fields"]),
    "unrecognised file named alone": (
        STAFF,
        lambda _: "a;b\n1;2\n",
        "F_UNKNOWN",
        ["no declared layout", "adding-a-source"],
    ),
}


LINE_OF = {
    "F_ENCODING": "encoding", "F_EMPTY": "empty", "F_LAYOUT": "heading", "F_FIELDS": "fields", "F_TRUNCATED": "truncated",
    "F_UNKNOWN": "unknown",
}  # fmt: skip


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.shows(LINE_OF[told[2]])) for case, told in REFUSED.items()]
)
def test_a_file_is_refused_whole(case: str, files: Files, home: Path, tmp_path: Path) -> None:
    name, change, code, words = REFUSED[case]
    told = ingest(home, tmp_path, name, change(files.text(name)))
    assert told["code"] == code, told
    assert told["outcome"] == ("unrecognised" if code == "F_UNKNOWN" else "refused")
    assert told["exit"] == (1 if code == "F_UNKNOWN" else 3)
    assert told["file_name"] == name
    for word in words:
        assert word in told["message"], told["message"]
    assert (home / "raw" / told["delivery_sha256"][:2] / told["delivery_sha256"]).exists(), "nothing is lost"
    assert not list((home / "cells").rglob(f"{told['delivery_sha256']}*"))


LOADED: dict[str, Callable[[str], str | bytes]] = {
    "byte order mark": lambda t: BOM + t.removeprefix(BOM),
    "carriage returns": lambda t: t.replace("\n", "\r\n"),
    "no final newline after a footer": lambda t: t.rstrip("\n"),
    "declared column in another position": lambda t: t,
}


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.shows("position" if "position" in c else "harmless")) for c in LOADED]
)
def test_harmless_differences_give_the_same_records(case: str, files: Files, tmp_path: Path) -> None:
    name = COUNTIES if "position" in case else WAITS
    plain = files.text(name)
    changed = LOADED[case](plain)
    if "position" in case:
        changed = "".join(",".join(reversed(line.split(","))) + "\n" for line in plain.splitlines())
    cells = []
    for place, content in (("plain", plain), ("changed", changed)):
        (tmp_path / place).mkdir()
        told = ingest(tmp_path / place / "home", tmp_path / place, name, content)
        assert (told["outcome"], told["exit"]) == ("loaded", 0)
        (file,) = (tmp_path / place / "home" / "cells").rglob("*.parquet")
        cells.append(sorted(duckdb.sql(f"select * exclude (line) from '{file}'").fetchall(), key=str))
    assert cells[0] == cells[1]


@pytest.mark.shows("cut")
def test_a_cut_at_a_records_end_is_told_against_the_delivery_before_and_refused_with_a_manifest(
    files: Files, tmp_path: Path
) -> None:
    home, whole = tmp_path / "home", files.text(COSTS)
    records = whole.count("\n") - 1
    cut = "".join(whole.splitlines(keepends=True)[: -records // 3])
    manifest = ingest(home, tmp_path, "synthetic_told.csv", cut, {"records": records, "data_origin": "synthetic"})
    assert (manifest["outcome"], manifest["code"], manifest["exit"]) == ("refused", "F_MANIFEST", 3)
    assert f"records {records}" in manifest["message"]
    assert ingest(home, tmp_path, COSTS, whole)["outcome"] == "loaded"
    told = ingest(home, tmp_path, "synthetic_cut.csv", cut)
    assert (told["outcome"], told["code"], told["exit"]) == ("loaded", "W_SHRUNK", 0)
    assert "the delivery before held" in told["message"]
    assert "ask the owner" in told["message"]
    light = {s["source_id"]: s for s in answer(home, "status", expect=None)["sources"]}["skr_costs"]
    assert (light["light"], light["warned_last"]) == ("amber", 1)
    assert ingest(home, tmp_path, COSTS, whole)["code"] is None
    light = {s["source_id"]: s for s in answer(home, "status", expect=None)["sources"]}["skr_costs"]
    assert light["warned_last"] == 0


@pytest.mark.shows("other period")
def test_content_of_another_period_than_the_manifest_or_the_name_says(files: Files, tmp_path: Path) -> None:
    home, text = tmp_path / "home", files.text(STAFF)
    told = ingest(home, tmp_path, STAFF, text, {"periods": ["2017"], "data_origin": "synthetic"})
    assert (told["outcome"], told["code"], told["exit"]) == ("refused", "F_PERIOD", 3)
    assert "manifest says 2017" in told["message"]
    assert "2016" in told["message"]
    for periods in (["2016"], {"from": "2016", "to": "2016"}):
        assert ingest(home, tmp_path, STAFF, text, {"periods": periods, "data_origin": "synthetic"})["code"] is None
    survey = next(files.folder.rglob("*regionenkat*.csv")).read_text()
    assert ingest(home, tmp_path, "synthetic_regionenkat_2025_fast_lakarkontakt.csv", survey)["outcome"] == "loaded"
    other = ingest(home, tmp_path, "synthetic_regionenkat_2024_fast_lakarkontakt.csv", survey)
    assert (other["outcome"], other["code"]) == ("refused", "F_PERIOD")
    assert "2025" in other["message"]


@pytest.mark.shows("twice")
def test_the_same_file_twice_is_a_duplicate(files: Files, home: Path, tmp_path: Path) -> None:
    told = ingest(home, tmp_path, STAFF, files.text(STAFF))
    assert (told["outcome"], told["exit"]) == ("duplicate", 0)


@pytest.mark.shows("bomb")
def test_a_workbook_that_unpacks_too_far_is_refused_at_once_and_in_little_memory(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "synthetic_bomb.xlsx"
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(1200):
            sheet.write(b" " * 1_000_000)
    child = (
        "import resource,subprocess,sys; r = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
        " used = resource.getrusage(resource.RUSAGE_CHILDREN); print(r.stdout, used.ru_maxrss, used.ru_utime, r.returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", child, str(VARDLAGRET), "--home", str(home), "ingest", str(file), "--json"],
        capture_output=True, text=True, check=True, env=environment(),
    )  # fmt: skip
    text, peak, computed, code = done.stdout.rsplit(" ", 3)
    (told,) = json.loads(text)["files"]
    assert (told["outcome"], told["code"], int(code)) == ("refused", "F_BOMB", 3)
    assert "1200 MB" in told["message"]
    assert int(peak) < 500_000, "kilobytes"
    assert float(computed) < 10, "seconds of the processor's, however busy it is"


@pytest.mark.parametrize("name", ["odd\nname.csv", "turned\u202ename.csv", "back\\slash.csv"])
@pytest.mark.shows("name")
def test_a_name_that_leads_elsewhere_is_refused(name: str, files: Files, home: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text(files.text(STAFF) + "\n")
    before = {p for p in home.rglob("*") if p.is_file() and "ledger" not in p.name and p.name != "journal.jsonl"}
    done = vardlagret(home, "ingest", tmp_path / name, "--json", expect=3)
    (told,) = json.loads(done.stdout)["files"]
    assert (told["outcome"], told["code"], told["delivery_sha256"]) == ("refused", "F_NAME", None)
    assert "rename the file" in told["message"]
    after = {p for p in home.rglob("*") if p.is_file() and "ledger" not in p.name and p.name != "journal.jsonl"}
    assert after == before


@pytest.mark.shows("name")
def test_a_link_and_an_archive_that_names_paths_are_refused(files: Files, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(files.text(STAFF))
    (tmp_path / "link.csv").symlink_to(tmp_path / "file.csv")
    (told,) = answer(home, "ingest", tmp_path / "link.csv", expect=3)["files"]
    assert (told["code"], "hand over the file itself" in told["message"]) == ("F_NAME", True)
    with zipfile.ZipFile(tmp_path / "synthetic_path.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("../../outside.txt", "x")
    (told,) = answer(home, "ingest", tmp_path / "synthetic_path.xlsx", expect=3)["files"]
    assert told["code"] == "F_NAME"
    assert not (tmp_path.parent / "outside.txt").exists()


@pytest.mark.shows("origin")
def test_another_origin_is_refused_alone_and_listed_in_a_folder(files: Files, home: Path, tmp_path: Path) -> None:
    real = files.text(COSTS).replace("122,0704869", "122,0704868")
    told = ingest(home, tmp_path, "costs.csv", real)
    assert (told["outcome"], told["code"], told["exit"]) == ("refused", "F_ORIGIN", 3)
    assert "another home" in told["message"]
    (told,) = answer(home, "ingest", tmp_path, expect=0)["files"]
    assert (told["outcome"], told["code"]) == ("refused", "F_ORIGIN")
    other = tmp_path / "real-home"
    assert ingest(other, tmp_path, "costs.csv", real)["outcome"] == "loaded"
    assert ingest(other, tmp_path, COSTS, files.text(COSTS))["code"] == "F_ORIGIN"


@pytest.mark.shows("unknown")
def test_an_unrecognised_file_in_a_folder_is_listed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of ours\n")
    (told,) = answer(home, "ingest", tmp_path, expect=0)["files"]
    assert (told["outcome"], told["code"]) == ("unrecognised", "F_UNKNOWN")


# --- rules on records: one night over a copy of the example, in which these records were changed --------------------
COST_EDITS = {
    # what is written in the last field of a row -> its rule
    "decimal point in a comma column": ("12.7", "R_NUMBER"),
    "underscore between digits": ("1_000", "R_NUMBER"),
    "a date where a number belongs": ("2024-01-01", "R_NUMBER"),
    "a blank not between groups of three": ("1 04 98", "R_NUMBER"),
    "undeclared marker ..": ("..", "R_MISSING_MARKER"),
    "undeclared marker X": ("X", "R_MISSING_MARKER"),
    "undeclared marker N": ("N", "R_MISSING_MARKER"),
    "undeclared marker UNK": ("UNK", "R_MISSING_MARKER"),
}
# How the first three rows of the population file write their thousands; None: a blank not between groups of three.
THOUSANDS = {"thin space": "\u2009", "narrow no-break space": "\u202f", "no-break space": "\u00a0", "elsewhere": None}
OTHER_EDITS = (
    "too few fields",
    "too many fields",
    "impossible period",
    "unknown area",
    "same key, equal",
    "same key, different",
)


@dataclass(frozen=True)
class Night:
    home: Path
    places: dict[str, tuple[str, int]]  # case -> file, line
    listed: dict[tuple[str, str], dict[str, Any]]

    def rows(self, code: str, file: str) -> list[dict[str, Any]]:
        item = self.listed[file, code]
        return answer(self.home, "quarantine", "show", item["delivery_sha256"][:16], "--code", code, "--all")["rows"]


@pytest.fixture(scope="module")
def night(example_home: Built, files: Files, tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("records")
    home = example_home.copy(folder / "home")
    deliveries = folder / "deliveries"
    deliveries.mkdir()
    places: dict[str, tuple[str, int]] = {}
    rows = files.text(COSTS).splitlines()
    at = 40
    for case, (text, _) in COST_EDITS.items():
        rows[at] = rows[at].rsplit(";", 1)[0] + f";{text}"
        places[case] = (COSTS, at + 1)
        at += 3
    rows[at] = rows[at].rsplit(";", 1)[0]
    places["too few fields"] = (COSTS, at + 1)
    rows[at + 1] += ";9"
    places["too many fields"] = (COSTS, at + 2)
    parts = rows[at + 2].split(";")
    rows[at + 2] = ";".join([*parts[:4], "20177", *parts[5:]])
    places["impossible period"] = (COSTS, at + 3)
    parts = rows[at + 3].split(";")
    rows[at + 3] = ";".join([*parts[:5], "Atlantis", parts[6]])
    places["unknown area"] = (COSTS, at + 4)
    rows.insert(at + 6, rows[at + 5])
    places["same key, equal"] = (COSTS, at + 7)
    rows.insert(at + 9, rows[at + 8].rsplit(";", 1)[0] + ";1,5")
    places["same key, different"] = (COSTS, at + 9)
    (deliveries / COSTS).write_text("\n".join(rows) + "\n", encoding="utf-8")

    staff = files.text(STAFF).splitlines()
    staff[5] = staff[5].rsplit(";", 1)[0] + ";1,5E2"
    places["undeclared exponent"] = (STAFF, 6)
    (deliveries / STAFF).write_text("\n".join(staff) + "\n", encoding="utf-8")

    people = files.text(POPULATION).split("\n")
    at = next(i for i, row in enumerate(people) if row.startswith("Riket;;Båda könen;"))
    for case, blank in THOUSANDS.items():
        parts = people[at].split(";")
        groups = parts[3].split()
        parts[3] = blank.join(groups) if blank else f"{groups[0]}{groups[1][:1]} {groups[1][1:]}{groups[2]}"
        people[at] = ";".join(parts)
        places[case] = (POPULATION, at + 1)
        at += 1
    (deliveries / POPULATION).write_text("\n".join(people), encoding="utf-8")

    done = vardlagret(home, "nightly", "--deliveries", deliveries, expect=None)
    assert done.returncode in (0, 3, 4), done.stderr
    assert answer(home, "reconcile")["ok"], "raw = accepted + quarantined + duplicate"
    items = answer(home, "quarantine", "list")["items"]
    return Night(home, places, {(i["file"], i["code"]): i for i in items if i["file"] in (COSTS, STAFF, POPULATION)})


@pytest.mark.shows("thousands")
def test_every_kind_of_blank_groups_thousands_and_only_between_threes(night: Night) -> None:
    with duckdb.connect(str(night.home / "warehouse.duckdb"), read_only=True) as warehouse:
        read = dict(
            warehouse.execute(
                "select line, value_value from staging.stg_scb_population__county_municipality "
                "where file = ? and record_status = 'accepted' and value is not null",
                [POPULATION],
            ).fetchall()
        )
        texts = dict(
            warehouse.execute(
                "select line, value from staging.stg_scb_population__county_municipality where file = ?", [POPULATION]
            ).fetchall()
        )
    for case, blank in THOUSANDS.items():
        line = night.places[case][1]
        if blank:
            assert blank in texts[line]
            assert read[line] == int(texts[line].replace(blank, ""))
        else:
            assert line not in read
            (row,) = [r for r in night.rows("R_NUMBER", POPULATION) if r["line"] == line]
            assert row["value"] == texts[line]


def shown_by(case: str) -> str:
    return "marker" if "marker" in case else "thousands" if "blank" in case else "number"


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.shows(shown_by(c))) for c in [*COST_EDITS, "undeclared exponent"]]
)
def test_a_text_that_is_no_number_is_quarantined(case: str, night: Night) -> None:
    file, line = night.places[case]
    text, code = COST_EDITS.get(case, ("1,5E2", "R_NUMBER"))
    (row,) = [r for r in night.rows(code, file) if r["line"] == line]
    assert (row["column"], row["value"], row["rule"]) == ("value", text, code)
    item = night.listed[file, code]
    assert item["next_command"].startswith("vardlagret")
    assert item["message"]


@pytest.mark.parametrize(
    ("case", "code", "value"),
    [
        pytest.param("too few fields", "R_FIELDS", None, marks=pytest.mark.shows("fields")),
        pytest.param("too many fields", "R_FIELDS", None, marks=pytest.mark.shows("fields")),
        pytest.param("impossible period", "R_PERIOD", "20177", marks=pytest.mark.shows("period")),
        pytest.param("unknown area", "R_AREA", "Atlantis", marks=pytest.mark.shows("area")),
    ],
)
def test_a_record_that_fits_nowhere_is_quarantined(case: str, code: str, value: str | None, night: Night) -> None:
    file, line = night.places[case]
    found = [r for r in night.rows(code, file) if r["line"] == line]
    assert found
    assert {r["rule"] for r in found} == {code}
    if value is not None:
        assert value in {str(r["value"]) for r in found} | {str(r["column"]) for r in found}


@pytest.mark.shows("period")
def test_a_thirteenth_month_above_a_column_refuses_the_file(home: Path, tmp_path: Path, files: Files) -> None:
    """Every twelfth record of the sheet would be of no month: more than may break a rule."""
    told = ingest(home, tmp_path, WAITS, files.text(WAITS).replace("Juli", "Undecember"))
    assert (told["outcome"], told["code"]) == ("refused", "F_RULES")
    assert "R_PERIOD" in told["message"]


@pytest.mark.shows("key")
def test_equal_records_of_one_key_are_one_and_different_ones_are_both_refused(night: Night) -> None:
    file, line = night.places["same key, different"]
    assert {r["line"] for r in night.rows("R_CONFLICT", file)} == {line, line + 1}
    with duckdb.connect(str(night.home / "warehouse.duckdb"), read_only=True) as warehouse:
        status = warehouse.execute(
            "select line, record_status from staging.stg_skr_costs__pivot where file = ? and record_status = 'duplicate'",
            [file],
        ).fetchall()
    assert status == [(night.places["same key, equal"][1], "duplicate")]


@pytest.mark.shows("totals")
@pytest.mark.shows("missing")
@pytest.mark.shows("thousands")
def test_totals_missing_markers_and_thousands_are_read_as_declared(example_home: Built) -> None:
    with duckdb.connect(str(example_home.warehouse), read_only=True) as warehouse:

        def one(query: str) -> tuple:
            found = warehouse.execute(query).fetchone()
            assert found is not None
            return found

        assert one(
            "select count(*) > 0 from staging.stg_skr_costs__pivot where region = 'Riket' and area_code = '00' and record_status = 'accepted'"
        )[0]
        assert one(
            "select min(value_status), max(value_value) from staging.stg_sos_bup_waits__median_by_month where trim(value) = 'N'"
        ) == ("not_reported", None)
        grouped = one(
            "select count(*), count(value_value) from staging.stg_scb_population__county_municipality where regexp_matches(value, '\\d[ \\x{00A0}\\x{2009}\\x{202F}]\\d{3}')"
        )
        assert grouped[0] == grouped[1] > 0


def test_a_record_of_a_row_level_source_shows_its_shape_only(tmp_path: Path) -> None:
    """The patient register is personal: what a person reads of a refused record is digits as 9 and letters as a."""
    home, folder = tmp_path / "home", tmp_path / "d"
    folder.mkdir()
    (tmp_path / "key").write_text("ab" * 32)
    person = "194503121234"
    # As many sound records that those which break rules stay below the ceiling.
    sound = "".join(f"{n};{person};55010;101;18;1880;1;19450312;20240210;3;2;20240214;3\n" for n in range(5, 65))
    (folder / "PAR_VARDTILLFALLEN_18_2024-05_synthetic.txt").write_text(
        f"1;{person};55010;101;18;1880;1;19450312;20240210;3;2;20240214;3\n"
        f"2;{person};55010;101;18;9999;1;19450312;20240210;3;2;20240214;3\n"
        f"3;{person[:-1]};55010;101;18;1880;1;19450312;20240210;3;2;20240214;3\n"
        f"4;{person};55010;101;18;1880;1;19450312;20240220;3;2;20240214;3\n" + sound
    )

    def run(*arguments: object, expect: int | None = 0) -> str:
        done = subprocess.run(
            [str(VARDLAGRET), "--home", str(home), *map(str, arguments)], capture_output=True, text=True, check=False,
            env=environment() | {"VARDLAGRET_PSEUDONYM_KEY_FILE": str(tmp_path / "key")},
        )  # fmt: skip
        assert expect is None or done.returncode == expect, done.stderr
        return done.stdout + done.stderr

    printed = run("nightly", "--deliveries", folder, expect=None)
    listed = json.loads(run("quarantine", "list", "--json"))
    assert {i["code"] for i in listed["items"]} == {"R_AREA", "R_PATTERN", "R_DATES"}
    sha256 = listed["items"][0]["delivery_sha256"]
    shown = run("quarantine", "show", sha256[:16], "--all")
    run("quarantine", "export", tmp_path / "owner.csv", "--source", "patient_register")
    everything = printed + shown + (tmp_path / "owner.csv").read_text(encoding="utf-8-sig")
    rows = json.loads(run("quarantine", "show", sha256[:16], "--all", "--json"))["rows"]
    assert {r["shape"] for r in rows if r["rule"] == "R_AREA"} == {"9999"}
    assert all("value" not in r for r in rows)
    for secret in (person, person[:-1], "20240220"):
        assert secret not in everything
    for folder_name in ("logs", "docs", "dagster", "releases", "quarantine"):
        for path in (home / folder_name).rglob("*"):
            if path.is_file():
                assert person.encode() not in path.read_bytes(), path
    assert person.encode() not in (home / "ledger.sqlite").read_bytes()
    assert person.encode() not in (home / "warehouse.duckdb").read_bytes()


def test_every_line_of_the_table_is_shown() -> None:
    """By the modules that `make bad-input` runs."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nbad-input:")[2].partition("\n\n")[0]
    shown = set()
    for name in re.findall(r"tests/\S+(?=\.py)", recipe):
        module = importlib.import_module(name.replace("/", "."))
        for thing in vars(module).values():
            for mark in getattr(thing, "pytestmark", []):
                values = mark.args[1] if mark.name == "parametrize" else ()
                marks = [m for value in values for m in getattr(value, "marks", ())] + [mark]
                shown |= {m.args[0] for m in marks if m.name == "shows"}
    assert shown == TABLE.keys()
