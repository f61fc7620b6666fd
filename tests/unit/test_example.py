"""The example deliveries: same bytes for a seed, labelled synthetic, defects where the key says, nothing imported."""

from __future__ import annotations

import ast
import csv
import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

import orchestration.example as package
from orchestration.example.draw import Draw
from orchestration.example.write import FILES, MANIFEST, ExampleReport, example_files, write_example

RULES = {"R_NUMBER", "R_AREA", "R_PERIOD", "R_MISSING_MARKER", "R_CONFLICT"}
_MODULES = sorted(Path(package.__path__[0]).glob("*.py"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ExampleReport:
    return write_example(tmp_path_factory.mktemp("home") / "deliveries", seed=1)


def _hashes(seed: int) -> dict[str, str]:
    return {file.path: file.sha256 for file in example_files(seed)}


def test_a_seed_gives_the_same_bytes_in_another_process_with_another_clock_and_hash_seed(report: ExampleReport) -> None:
    code = (
        "import json; from orchestration.example.write import example_files;"
        "print(json.dumps({f.path: f.sha256 for f in example_files(1)}))"
    )
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": ""}
    root = Path(package.__path__[0]).parents[1]
    out = subprocess.run([sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, check=True)
    assert json.loads(out.stdout) == {file.path: file.sha256 for file in report.files}


def test_another_seed_gives_other_values_in_the_same_files() -> None:
    one, two = _hashes(1), _hashes(2)
    assert one.keys() == two.keys()
    # Code lists are facts: they do not depend on the seed.
    same = {path for path in one if one[path] == two[path]}
    lists = ("geography/", "kolada/synthetic_municipality", "kolada/synthetic_kpi", "kolada/synthetic_skr")
    assert same == {path for path in FILES if path.startswith(lists)}


def test_the_constant_list_is_what_is_written(report: ExampleReport) -> None:
    on_disk = {p.relative_to(report.target).as_posix() for p in report.target.rglob("*") if p.is_file()}
    assert on_disk == {*FILES, *(path + MANIFEST for path in FILES)}
    assert tuple(file.path for file in report.files) == FILES


def test_every_file_says_synthetic_in_name_and_manifest(report: ExampleReport) -> None:
    for file in report.files:
        path = report.target / file.path
        content = path.read_bytes()
        assert path.name.startswith("synthetic_")
        assert json.loads(path.with_name(path.name + MANIFEST).read_bytes()) == {
            "schema": "manifest/1",
            "file": path.name,
            "bytes": len(content),
            "sha256": sha256(content).hexdigest(),
            "records": file.records,
            "data_origin": "synthetic",
        }


def test_the_content_says_synthetic_where_the_layout_has_room(report: ExampleReport) -> None:
    exports = {path: report.target / path for path in FILES}
    for path, column in (
        ("varden_i_siffror/synthetic_vardenisiffror_export_2019-03-27.csv", "Register/källa"),
        ("skr/synthetic_halso_och_sjukvardsrapporten_2018_bilaga.csv", "Källa"),
    ):
        rows = csv.DictReader(io.StringIO(exports[path].read_text("utf-8-sig")), delimiter=";")
        assert {row[column].endswith("(syntetiska data)") for row in rows} == {True}
    answer = json.loads(exports["scb/synthetic_TAB6471_data.json"].read_text("utf-8"))
    assert answer["source"] == "SCB (syntetiska data)"
    assert answer["extension"]["px"]["official-statistics"] is False
    book = zipfile.ZipFile(exports["socialstyrelsen/synthetic_Statistikdatabasen_2025-allergy.xlsx"])
    assert "Syntetiska data" in book.read("docProps/core.xml").decode()


def test_records_are_rows_or_values_counted_otherwise(report: ExampleReport) -> None:
    records = {file.path.rsplit("/", 1)[-1]: file.records for file in report.files}
    pivot = (report.target / "skr/synthetic_kostnad_per_invanare_per_specialitet.csv").read_text("utf-8-sig")
    assert records["synthetic_kostnad_per_invanare_per_specialitet.csv"] == pivot.count("\n") - 1
    waits = (report.target / "socialstyrelsen/synthetic_vantetider_bup_2026-08-24.csv").read_text("utf-8")
    assert records["synthetic_vantetider_bup_2026-08-24.csv"] == 12 * (waits.count("\n") - 4)
    assert records["synthetic_regionenkat_2025_fast_lakarkontakt.csv"] == 3 * 22
    assert records["synthetic_folkmangd_lan_kommun_2018.csv"] == 3 * (1 + 21 + 290)
    assert records["synthetic_TAB6471_data.json"] == 21 * 11 * 3 * 4
    kolada = (report.target / "kolada/synthetic_data_municipalities.json").read_text("utf-8")
    assert records["synthetic_data_municipalities.json"] == kolada.count('"gender"')


def test_every_defect_stands_where_the_key_says(report: ExampleReport) -> None:
    key = json.loads(report.key_path.read_text("utf-8"))
    assert key["schema"] == "example_key/1"
    assert 6 <= len(key["defects"]) <= 11
    assert {d["rule"] for d in key["defects"]} == {*RULES, None}
    for defect in key["defects"]:
        assert set(defect) == {"file", "line", "column", "value", "rule", "outcome"}
        text = (report.target / defect["file"]).read_text("utf-8-sig")
        if defect["line"] is None:
            items = json.loads(text)["values"]
            assert sum(item[defect["column"]] == defect["value"] for item in items) == 1
            continue
        lines = text.splitlines()
        if defect["outcome"] == "duplicate":
            assert lines.count(lines[defect["line"] - 1]) == 2
            assert lines.index(lines[defect["line"] - 1]) < defect["line"] - 1
        else:
            assert lines[defect["line"] - 1].split(";")[_position(lines, defect["column"])] == defect["value"]


def _position(lines: list[str], column: str) -> int:
    """The field of a column, in a file with one heading row, a title before it, or years above months."""
    if column == "2026 Mars":
        return next(
            i for i, c in enumerate(zip(lines[1].split(";"), lines[2].split(";"), strict=True)) if c == ("2026", "Mars")
        )
    heading = next(line.split(";") for line in lines[:3] if column in line.split(";"))
    return heading.index(column)


def test_a_conflict_is_one_key_with_two_values(report: ExampleReport) -> None:
    conflicts = [d for d in report.defects if d.rule == "R_CONFLICT"]
    lines = (report.target / conflicts[0].file).read_text("utf-8-sig").splitlines()
    rows = [lines[d.line - 1].split(";") for d in conflicts if d.line]
    assert len(rows) == 2
    assert rows[0][:13] == rows[1][:13]
    assert rows[0][13] != rows[1][13]


def test_planted_defects_are_the_only_such_ones(report: ExampleReport) -> None:
    """The lawful traps hold no decimal point, underscore or undeclared marker."""
    path = report.target / "skr/synthetic_kostnad_per_invanare_per_specialitet.csv"
    values = [row[-1] for row in csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";")][1:]
    assert [value for value in values if "." in value] == ["52.3170912"]
    texts = b"".join((report.target / path).read_bytes() for path in FILES if path.endswith(".csv"))
    assert texts.count(b";..;") == 1
    assert texts.count(b"1_000") == 1


def test_the_key_lies_outside_the_deliveries(report: ExampleReport) -> None:
    assert report.key_path == report.target.with_name("deliveries-key.json")
    with pytest.raises(ValueError, match="inside the deliveries"):
        write_example(report.target, key_path=report.target / "key.json")


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    stranger = tmp_path / "deliveries" / "export.csv"
    stranger.parent.mkdir()
    stranger.write_text("a;b\n")
    with pytest.raises(FileExistsError, match=r"export\.csv is no file of the example"):
        write_example(tmp_path / "deliveries")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["export.csv"]


def test_writing_again_changes_nothing_and_another_seed_writes_over(tmp_path: Path) -> None:
    first = write_example(tmp_path / "d", 1)
    assert write_example(tmp_path / "d", 1) == first
    assert write_example(tmp_path / "d", 2).files != first.files


@pytest.mark.parametrize("module", _MODULES, ids=lambda path: path.stem)
def test_the_writers_import_the_standard_library_and_themselves_only(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}: relative import"
            names = [node.module or ""]
        for name in names:
            ours = name == "orchestration.example" or name.startswith("orchestration.example.")
            assert ours or name.split(".")[0] in sys.stdlib_module_names, f"{module.name} imports {name}"


def test_a_draw_depends_on_its_key_only() -> None:
    draw = Draw(1, "scope")
    assert draw.unit("a", 1) == Draw(1, "scope").unit("a", 1)
    assert (
        len({draw.unit("a", 1), draw.unit("a", 2), Draw(2, "scope").unit("a", 1), Draw(1, "other").unit("a", 1)}) == 4
    )
    assert {draw.whole(3, 5, i) for i in range(200)} == {3, 4, 5}
