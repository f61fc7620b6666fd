"""The patient register's text files: read by position, months by the name, person ids only as keyed pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from orchestration.deliveries import pseudonyms
from orchestration.deliveries.readers import bulk
from orchestration.sources.catalogue import load_catalogue
from tests.support.readable import Read, read, refusal

CATALOGUE = load_catalogue()
SECRET = bytes(range(32))
STAYS = "PAR_VARDTILLFALLEN_18_2024-05_synthetic.txt"
PERSON, COORDINATION, RESERVE = "194503121234", "194503721234", "19450312R1X7"


def stay(stay_id: str, person: str = PERSON, discharged: str = "20240214", mode: str = "3") -> str:
    return f"{stay_id};{person};55010;101;18;1880;1;19450312;20240210;3;2;{discharged};{mode}"


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pseudonyms.Key:
    file = tmp_path / "key"
    file.write_text(SECRET.hex() + "\n")
    monkeypatch.setenv(pseudonyms.KEY_FILE, str(file))
    return pseudonyms.Key(SECRET)


@pytest.fixture(params=["rows", "bulk"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(bulk, "LEAST_BYTES", 0 if request.param == "bulk" else 1 << 40)
    return request.param


def lines(*stays: str) -> str:
    return "".join(f"{s}\n" for s in stays)


def test_person_ids_become_keyed_pseudonyms(tmp_path: Path, key: pseudonyms.Key, reader: str) -> None:
    got = read(
        tmp_path / "d",
        lines(*(stay(str(i), p) for i, p in enumerate([PERSON, COORDINATION, RESERVE, "123", "", PERSON]))),
        CATALOGUE,
        STAYS,
    )
    assert got.name == "patient_register/stays_2024"
    expected = hmac.new(SECRET, PERSON.encode(), hashlib.sha256).hexdigest()[:32]
    assert [r["person_id"] for r in got.rows] == [
        *(key.pseudonym(p) for p in (PERSON, COORDINATION, RESERVE, "123")),
        "",
        expected,
    ]
    assert [r["person_id_kind"] for r in got.rows] == ["personal", "coordination", "reserve", None, None, "personal"]
    assert {r["person_id_key"] for r in got.rows} == {key.key_id}
    for person in (PERSON, COORDINATION, RESERVE):
        assert person.encode() not in got.cells
    assert SECRET.hex() not in got.cells.decode("latin-1")
    assert SECRET not in got.cells


def test_months_open_stays_and_lines(tmp_path: Path, key: pseudonyms.Key, reader: str) -> None:
    content = lines(
        *(stay(str(i)) for i in range(60)), stay("open", discharged="", mode=""), stay("late", discharged="20240501")
    )
    got = read(tmp_path / "d", content, CATALOGUE, STAYS)
    scope = "patient_register/stays/18"
    assert {period: n for (_, period), n in got.reading.coverage.items()} == {
        "2024-02": 60, "2024-03": 0, "2024-04": 0, "open": 1, "outside 2024-05": 1,
    }  # fmt: skip
    assert {s for s, _ in got.reading.coverage} == {scope}
    assert [r["line"] for r in got.rows] == list(range(1, 63))
    assert got.counted == 62


def test_without_a_key_the_file_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.delenv(pseudonyms.KEY_FILE, raising=False)
    found = refusal(tmp_path / "d", lines(stay("1")), CATALOGUE, STAYS)
    assert found.code == "F_KEY"
    assert pseudonyms.KEY_FILE in found.message
    assert PERSON not in found.message
    assert not list((tmp_path / "d").glob("*.parquet"))


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("ab" * 31)
    monkeypatch.setenv(pseudonyms.KEY_FILE, str(tmp_path / "key"))
    with pytest.raises(ValueError, match="31 bytes"):
        pseudonyms.current_key()


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_the_pseudonym_in_sql_is_the_same(length: int) -> None:
    import duckdb

    key = pseudonyms.Key(bytes(i * 7 % 256 for i in range(length)))
    for text in (PERSON, "", "åäö", "x" * 500):
        (found,) = duckdb.execute(f"select {key.in_sql('?::varchar')}", [text]).fetchone() or (None,)
        assert found == key.pseudonym(text) == hmac.new(key.secret, text.encode(), "sha256").hexdigest()[:32]


def test_two_keys_give_two_pseudonyms() -> None:
    one, other = pseudonyms.Key(SECRET), pseudonyms.Key(bytes(reversed(SECRET)))
    assert one.pseudonym(PERSON) != other.pseudonym(PERSON)
    assert one.key_id != other.key_id


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("PAR_VARDTILLFALLEN_18_2013_synthetic.txt", "stays_2013"),
        ("PAR_VARDTILLFALLEN_51012-301_2019-04.txt", "stays_2013"),
        ("PAR_DIAGNOSER_18_2024-05.txt", "diagnoses"),
        ("PAR_YTTREORSAK_18_2024-05_2024-01_2024-01.txt", "external_causes"),
    ],
)
def test_the_name_tells_the_layout_and_the_fields_must_fit(
    name: str, layout: str, tmp_path: Path, key: pseudonyms.Key
) -> None:
    wide = "1;194503121234;55010;101;18;1880;1;19450312;79;G;SE;20130210;3;2;20130214;3;1"
    record = {
        "stays_2013": wide.replace("2013", "2019") if "2019" in name else wide,
        "diagnoses": "1;1;I500;;",
        "external_causes": "1;1;W010",
    }[layout]
    if "2019-04" in name:
        record = record.replace("20190210", "20190110").replace("20190214", "20190114")
    got: Read = read(tmp_path / "d", lines(record), CATALOGUE, name)
    assert got.name == f"patient_register/{layout}"
    found = refusal(tmp_path / "e", lines(record + ";1"), CATALOGUE, name)
    assert found.code == "F_LAYOUT"
    assert layout in found.message


def test_a_file_of_text_without_such_a_name_is_not_taken_for_stays(tmp_path: Path) -> None:
    assert refusal(tmp_path / "d", lines(stay("1")), CATALOGUE, "stays.txt").code == "F_UNKNOWN"


def test_a_month_told_in_both_layouts_has_one_scope(tmp_path: Path, key: pseudonyms.Key, reader: str) -> None:
    """Else a month sent in the old layout and sent again in the new one would be counted twice."""
    old = "1;194503121234;55010;101;18;1880;1;19450312;78;G;SE;20231010;3;2;20231014;3;1"
    before = read(tmp_path / "old", lines(old), CATALOGUE, "PAR_VARDTILLFALLEN_18_2023-12.txt")
    after = read(
        tmp_path / "new", lines(stay("1", discharged="20231014")), CATALOGUE, "PAR_VARDTILLFALLEN_18_2024-01.txt"
    )
    assert (before.name, after.name) == ("patient_register/stays_2013", "patient_register/stays_2024")
    both = before.reading.coverage.keys() & after.reading.coverage.keys()
    assert both == {("patient_register/stays/18", p) for p in ("2023-10", "2023-11", "open")}
