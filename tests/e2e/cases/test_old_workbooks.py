"""Old workbooks (.xls) as owners send them: what a cell shows is what is read, or the record is quarantined."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from orchestration.deliveries.readers import old_workbook as reader
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.catalogue import load_catalogue
from tests.e2e.cases.test_workbooks import DRUG, FOOTER, HEADING
from tests.support.old_workbook import DATE, PERCENT, Cell, Formula, Sheet, Styled, old_workbook
from tests.support.readable import read, refusal

CATALOGUE = load_catalogue()
NAME = "synthetic_statdb.xls"
EXPORTS = Path(__file__).parents[4] / "shared" / "more_deliveries" / "kolada"


def table(values: list[Cell], name: str = "Tabell", hidden: int = 0, month: str = "Maj 2024") -> Sheet:
    regions = ["Riket", "Stockholms län", "Uppsala län", "Skåne län"]
    rows: list[list[Cell]] = [["Läkemedelsstatistik"], list[Cell](HEADING)]
    rows += [[month, DRUG, r, "Båda könen", "0-85+", v] for r, v in zip(regions, values, strict=False)]
    return Sheet(name, [*rows, [FOOTER]], hidden)


def values(folder: Path, content: bytes) -> list[str | None]:
    got = read(folder, content, CATALOGUE, NAME)
    assert got.counted == got.reading.records
    return [row["value"] for row in got.rows]


@pytest.mark.shows("error cell")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (0.41, "0.41"),
        (3.0, "3"),
        (100 / 3, "33.333333333333336"),
        ("0.41", "0.41"),
        ("#DIV/0!", "#DIV/0!"),
        ("#N/A", "#N/A"),
        (Formula(0.55), "0.55"),
        (Formula(0.0), "0"),
        (Formula("#REF!"), "#REF!"),
        (Formula(None), "=(no stored result)"),
        (Formula(0.0, flags=2), "=(no stored result)"),
        (Styled(0.417, PERCENT), "41.7 %"),
        (Styled(45413, DATE), "2024-05-01"),
        (Styled(45413.5, DATE), "2024-05-01T12:00:00"),
        (Styled(-1, DATE), "no date: -1.0"),
        (None, ""),
    ],
)
def test_a_cell_is_read_as_it_is_shown(tmp_path: Path, sent: Cell, shown: str) -> None:
    assert values(tmp_path, old_workbook([table([sent, 1.5])])) == [shown, "1.5"]


def test_the_date_system_of_the_workbook_counts(tmp_path: Path) -> None:
    content = old_workbook([table([Styled(45413 - 1462, DATE)])], since_1904=True)
    assert values(tmp_path, content) == ["2024-05-01"]


@pytest.mark.parametrize("hidden", [1, 2])
def test_hidden_and_other_sheets_are_passed_over(tmp_path: Path, hidden: int) -> None:
    sheets = [table([9.99], "Arkiv", hidden), Sheet("Om statistiken", [["Om"]]), table([1.11])]
    assert values(tmp_path, old_workbook(sheets)) == ["1.11"]


def test_a_merged_number_is_none(tmp_path: Path) -> None:
    sheet = table([1.5, 2.5])
    sheet.merged = [(2, 5, 3, 5)]
    assert values(tmp_path, old_workbook([sheet])) == ["merged: 1.5"] * 2


@pytest.mark.shows("old workbook")
@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (old_workbook([Sheet("Blad1", [["a", "b"], [1.0, 2.0]])]), "F_UNKNOWN", "an old Excel file, .xls; looked at sheet 'Blad1'"),
        (old_workbook([table([1.11], "Ett"), table([2.22], "Två")]), "F_LAYOUT", "'Ett', 'Två'"),
        (old_workbook([table([1.11], hidden=1)]), "F_LAYOUT", "hidden"),
        (old_workbook([Sheet("Blad1", [])]), "F_EMPTY", "'Blad1'"),
        (old_workbook([table([1.11])])[:3000], "F_TRUNCATED", "not whole"),
        (old_workbook([], stream="WordDocument"), "F_UNKNOWN", "old Word document"),
        (old_workbook([], stream="EncryptedPackage"), "F_UNKNOWN", "password"),
        (old_workbook([], stream="Contents"), "F_UNKNOWN", "no workbook"),
    ],
    ids=["unknown", "two fit", "hidden", "empty", "cut", "word", "encrypted", "other"],
)  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes, code: str, word: str) -> None:
    refused = refusal(tmp_path, content, CATALOGUE, NAME)
    assert (refused.code, word in refused.message) == (code, True), refused.message


def test_far_cells_are_weighed_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = old_workbook([table([1.5, 2.5])])
    monkeypatch.setattr(reader, "CELL_LIMIT", 5 * 6)
    assert values(tmp_path, content) == ["1.5", "2.5"]
    monkeypatch.setattr(reader, "CELL_LIMIT", 5 * 6 - 1)
    assert refusal(tmp_path, content, CATALOGUE, NAME).code == "F_BOMB"


def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.xls"
    path.write_bytes(reader.SIGNATURE + bytes(1_000_001))
    reader.weigh(path, 2)
    with pytest.raises(Exception, match="limit 1 MB"):
        reader.weigh(path, 1)


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the real exports are not here")
def test_real_exports_are_read_whole_and_no_layout_takes_them(tmp_path: Path) -> None:
    for file in sorted(EXPORTS.glob("*.xls")):
        (rows,) = reader.sheets_of(file).values()
        assert rows[0][1] == ["Nyckeltal", "Kommun/Landsting", "År", "Visat Värde"]
        assert rows[-1][1][1] == "Övertorneå"
        refused = refusal(tmp_path, file.read_bytes(), CATALOGUE, file.name)
        assert (refused.code, "'Exported from Hypergene'" in refused.message) == ("F_UNKNOWN", True)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_workbook_is_refused_or_read_whole(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    content = bytearray(old_workbook([table([1.5, "#N/A", Formula(0.5)])]))
    for _ in range(draw.randrange(1, 9)):
        content[draw.randrange(512, len(content))] = draw.randrange(256)
    try:
        got = read(tmp_path, bytes(content), CATALOGUE, NAME)
    except FileRefused:
        return
    assert got.counted == got.reading.records
