"""The register deliveries of the small example: same bytes, lawful lines, whole windows, and defects where the key says."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import defaultdict
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

import orchestration.example.register as package
from orchestration.example.country import Country
from orchestration.example.delivery import Defect
from orchestration.example.register.population import SEXES, Population
from orchestration.example.register.scale import scale_of
from orchestration.example.register.schedule import month_number
from orchestration.example.register.targets import BANDS
from orchestration.example.write import ExampleReport, write_example

PERSON = r"\d{12}|\d{8}[A-Z][A-Z0-9]{3}"
DAY, SOME_DAY = r"\d{8}", r"(?:\d{8})?"
START = ["[0-9]{8}", PERSON, r"\d{5}", r"\d{3}", r"\d{2}", r"\d{4}", "[12]", DAY]
LINES = {
    ("VARDTILLFALLEN", 13): [*START, DAY, "[1-3]?", "[12]?", SOME_DAY, "[1-4]?"],
    ("VARDTILLFALLEN", 17): [*START, r"\d{1,3}", "OG|G|S|Ä", "[A-Z]{2}", DAY, "[1-3]?", "[12]?", SOME_DAY, "[1-4]?", "1"],
    ("DIAGNOSER", 5): ["[0-9]{8}", "[1-3]", r"[A-Z]\d{2,3}", "", ""],
    ("ATGARDER", 3): ["[0-9]{8}", "[A-Z]{2}[A-Z0-9]{3}", DAY],
    ("YTTREORSAK", 3): ["[0-9]{8}", "1", r"[VWXY]\d{4}"],
    ("TVANGSVARD", 4): ["[0-9]{8}", "L[PRV][TVM]", DAY, DAY],
}  # fmt: skip
NAME = re.compile(r"PAR_([A-Z]+)_([0-9-]+)_(\d{4}(?:-\d{2})?)(?:_(\d{4}-\d{2})_(\d{4}-\d{2}))?_synthetic\.txt")
BORN, SHORT_ADMITTED, SHORT_OUT = 7, 8, 11


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ExampleReport:
    return write_example(tmp_path_factory.mktemp("registers") / "example", scale=scale_of("small"))


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> ExampleReport:
    """Two years that are sent whole, and months after them, in the longer layout."""
    scale = scale_of("small", "2013-01", "2015-04", times=1, all_parts=True)
    return write_example(tmp_path_factory.mktemp("early") / "example", scale=scale)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()
    }


def _named(path: Path) -> tuple[str, str, str, int, int]:
    """Part, provider, month of reporting, first and last month covered."""
    found = NAME.fullmatch(path.name)
    assert found, path.name
    part, provider, reporting, first, last = found.groups()
    if len(reporting) == 4:
        return part, provider, reporting, month_number(f"{reporting}-01"), month_number(f"{reporting}-12")
    if first:
        return part, provider, reporting, month_number(first), month_number(last)
    sent = month_number(reporting)
    return part, provider, reporting, sent - 3, sent - 1


def _rows(path: Path) -> list[list[str]]:
    return [line.split(";") for line in path.read_text("utf-8").splitlines()]


def _stays(report: ExampleReport) -> list[Path]:
    """Files of stays in the order they were sent."""
    files = (report.target / "register").glob("PAR_VARDTILLFALLEN_*")
    return sorted(files, key=lambda p: (_named(p)[1], _named(p)[2], p.name))


def _month(day: str) -> int:
    return month_number(f"{day[:4]}-{day[4:6]}")


def _planted(report: ExampleReport) -> set[tuple[str, int | None]]:
    return {(d.file, d.line) for d in report.defects}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(report: ExampleReport, tmp_path: Path) -> None:
    again = write_example(tmp_path / "example", scale=scale_of("small"))
    assert _hashes(again.target) == _hashes(report.target)
    assert again.key_path.read_bytes() == report.key_path.read_bytes()
    other = write_example(tmp_path / "other", seed=2, scale=scale_of("small"))
    ours, theirs = _hashes(report.target), _hashes(other.target)
    registers = [path for path in ours if path.startswith(("register/PAR_VARD", "contacts/"))]
    assert len(registers) > 200
    assert all(ours[path] != theirs.get(path) for path in registers)


def test_the_small_example_is_small(report: ExampleReport) -> None:
    assert report.registers
    assert 40_000 < report.registers.stays <= 60_000
    assert report.registers.size < 40_000_000
    assert report.registers.files < 600
    on_disk = [p for folder in ("register", "contacts") for p in (report.target / folder).iterdir()]
    assert len(on_disk) == report.registers.files
    assert sum(p.stat().st_size for p in on_disk) == report.registers.size
    assert sum(p.read_bytes().count(b"\n") for p in on_disk) == sum(report.registers.rows.values())


def test_every_file_says_synthetic_in_its_name(report: ExampleReport) -> None:
    files = [p for folder in ("register", "contacts") for p in (report.target / folder).iterdir()]
    assert {"_synthetic." in p.name for p in files} == {True}


@pytest.mark.parametrize("which", ["report", "early"])
def test_every_line_has_its_layout_and_real_dates_but_the_planted_ones(
    which: str, request: pytest.FixtureRequest
) -> None:
    report = request.getfixturevalue(which)
    planted, seen = _planted(report), set()
    for path in sorted((report.target / "register").iterdir()):
        part, _, reporting, *_ = _named(path)
        fields = 13 if reporting >= "2024-01" else 17
        layout = LINES.get((part, fields)) or next(told for (name, _), told in LINES.items() if name == part)
        pattern = re.compile(";".join(f"(?:{field})" for field in layout))
        days = [i for i, field in enumerate(layout) if field in (DAY, SOME_DAY)]
        content = path.read_bytes()
        assert content.endswith(b"\n")
        assert b"\r" not in content
        for number, line in enumerate(content.decode().splitlines(), start=1):
            assert pattern.fullmatch(line), f"{path.name}:{number} {line}"
            if (f"register/{path.name}", number) not in planted:
                told = [line.split(";")[i] for i in days]
                real = [date.fromisoformat(d) for d in told if d]
                assert real == sorted(real), f"{path.name}:{number} {line}"
        seen.add((part, len(layout)))
    assert seen >= ({("VARDTILLFALLEN", 13)} if which == "report" else set()) | {
        ("VARDTILLFALLEN", 17),
        ("DIAGNOSER", 5),
    }
    assert {part for part, _ in seen} == {part for part, _ in LINES}


def test_a_delivery_holds_the_discharges_of_its_months_and_whoever_is_still_there(report: ExampleReport) -> None:
    open_stays = 0
    for path in _stays(report):
        _, _, reporting, first, last = _named(path)
        shift = 0 if reporting >= "2024-01" else 3
        for row in _rows(path):
            admitted, out = row[SHORT_ADMITTED + shift], row[SHORT_OUT + shift]
            if out:
                assert first <= _month(out) <= last, f"{path.name} {row}"
            else:
                open_stays += 1
                assert row[SHORT_OUT + 1 + shift] == ""
                assert _month(admitted) < month_number(reporting)
    assert open_stays > 1000


def test_every_month_is_sent_three_times_but_for_the_silent_region(report: ExampleReport) -> None:
    times: dict[tuple[str, int], int] = defaultdict(int)
    for path in _stays(report):
        _, provider, _, first, last = _named(path)
        for month in range(first, last + 1):
            times[provider, month] += 1
    months = range(month_number("2022-01"), month_number("2024-12") + 1)
    for provider in ("01", "12", "01801-301"):
        assert [times[provider, m] for m in months] == [3] * 36
    silent = [m for m in months if times["18", m] == 0]
    assert silent == [month_number("2022-10"), month_number("2022-11")]
    assert {"kind": "stops_reporting", "region": "18", "first": "2022-10", "last": "2022-11"}.items() <= next(
        p for p in _patterns(report) if p["kind"] == "stops_reporting" and p["register"] == "patient_register"
    ).items()


def test_years_before_2015_are_one_delivery_each(early: ExampleReport) -> None:
    told = [_named(p)[2] for p in _stays(early) if _named(p)[1] == "12"]
    assert told == ["2013", "2014", "2015-02", "2015-03", "2015-04", "2015-05"]


def test_an_id_is_one_stay_of_one_person_for_ever(report: ExampleReport) -> None:
    owner: dict[tuple[str, str], tuple[str, str]] = {}
    planted = _planted(report)
    for path in _stays(report):
        provider = _named(path)[1]
        for number, row in enumerate(_rows(path), start=1):
            if (f"register/{path.name}", number) not in planted:
                assert owner.setdefault((provider, row[0]), (row[1], row[BORN])) == (row[1], row[BORN])
    assert len(owner) > 50_000


def test_nobody_returns_from_death_and_nobody_could_be_real(report: ExampleReport) -> None:
    last: dict[tuple[str, str], list[str]] = {}
    for path in _stays(report):
        provider, reporting = _named(path)[1:3]
        shift = 0 if reporting >= "2024-01" else 3
        for row in _rows(path):
            if int(row[0]) < 90_000_000:
                last[provider, row[0]] = [
                    row[1],
                    row[SHORT_ADMITTED + shift],
                    *row[SHORT_OUT + shift : SHORT_OUT + 2 + shift],
                ]
    died = {person: out for person, _, out, mode in last.values() if mode == "4"}
    assert len(died) > 300
    assert [p for p, admitted, *_ in last.values() if p in died and admitted > died[p]] == []
    kinds = defaultdict(set)
    for person, *_ in last.values():
        kinds["reserve" if person[8].isalpha() else "coordination" if person[6] > "3" else "personal"].add(person)
    assert {kind for kind, persons in kinds.items() if len(persons) > 20} == {"reserve", "coordination", "personal"}
    digits = [[int(d) for d in person[2:]] for person in kinds["personal"]]
    doubled = ([d * (2 - i % 2) for i, d in enumerate(told)] for told in digits)
    assert all(sum(d // 10 + d % 10 for d in told) % 10 for told in doubled)


def test_every_planted_row_stands_where_the_key_says(report: ExampleReport) -> None:
    key = json.loads(report.key_path.read_text("utf-8"))
    mine = [Defect(**d) for d in key["defects"] if d["file"].startswith(("register/", "contacts/"))]
    assert len(mine) == 6 * 2 + 5 * 2
    for defect in mine:
        lines = (report.target / defect.file).read_text("utf-8").splitlines()
        assert defect.line is not None
        line = lines[defect.line - 1]
        if defect.rule is None:
            assert lines.index(line) < defect.line - 1
        else:
            assert defect.value in line.split(";")
        if defect.rule == "R_CONFLICT":
            same = [other for other in lines if other.split(";")[0] == line.split(";")[0]]
            assert len(same) == len(set(same)) == 2
    rules = [d.rule for d in mine]
    assert {rule: rules.count(rule) for rule in set(rules)} == {
        None: 4, "R_CONFLICT": 8, "R_DATES": 4, "R_DATE": 2, "R_AREA": 4,
    }  # fmt: skip


def _patterns(report: ExampleReport) -> list[dict]:
    return json.loads(report.key_path.read_text("utf-8"))["patterns"]


def _one(report: ExampleReport, kind: str, register: str = "patient_register") -> list[dict]:
    return [p for p in _patterns(report) if p["kind"] == kind and p["register"] == register]


def _sent(report: ExampleReport, region: str, month: str) -> list[dict[str, list[str]]]:
    """A month's stays by id in each delivery that covers it, oldest first; the row without what layouts differ in."""
    told = []
    for path in _stays(report):
        _, provider, reporting, first, last = _named(path)
        if provider == region and first <= month_number(month) <= last:
            shift = 0 if reporting >= "2024-01" else 3
            rows = [[*r[:8], *r[8 + shift : 13 + shift]] for r in _rows(path)]
            told.append({r[0]: r for r in rows if r[SHORT_OUT][:6] == month.replace("-", "") and r[0] < "99000000"})
    return told


def test_late_corrections_change_rows_between_the_first_and_the_last_delivery(report: ExampleReport) -> None:
    for p in _one(report, "late_correction"):
        first, second, last = _sent(report, p["region"], p["first"])
        assert second == last
        assert first.keys() == last.keys()
        changed = sum(first[id] != last[id] for id in last)
        without_main = len(_mains(report, p, 2)) - len(_mains(report, p, 0))
        assert changed > 0
        assert without_main > 0
        # Some of those changed had no main diagnosis anyhow.
        assert 0.9 * p["rows"] <= changed + without_main <= p["rows"]
    plain = _sent(report, "01", "2023-03")
    assert plain[0] == plain[1] == plain[2]


def _mains(report: ExampleReport, p: dict, sending: int) -> set[str]:
    """Ids of a month's stays with a main diagnosis in one of its deliveries."""
    months = month_number(p["first"])
    paths = [q for q in _stays(report) if _named(q)[1] == p["region"] and _named(q)[3] <= months <= _named(q)[4]]
    ids = _sent(report, p["region"], p["first"])[sending]
    rows = _rows(paths[sending].with_name(paths[sending].name.replace("VARDTILLFALLEN", "DIAGNOSER")))
    return {r[0] for r in rows if r[1] == "1" and r[0] in ids}


def test_withdrawn_stays_are_in_the_first_delivery_only(report: ExampleReport) -> None:
    (p,) = _one(report, "withdrawn")
    first, second, last = _sent(report, p["region"], p["first"])
    assert len(first.keys() - last.keys()) == p["rows"] > 5
    assert second == last
    assert last.keys() <= first.keys()


def test_a_spike_doubles_a_month_under_new_ids(report: ExampleReport) -> None:
    (p,) = _one(report, "volume_spike")
    *_, last = _sent(report, p["region"], p["first"])
    new = {id for id in last if id >= "90000000"}
    assert len(new) == p["rows"] == len(last) - len(new)


def test_a_new_system_loses_the_planned_flag_from_a_month_on(report: ExampleReport) -> None:
    (p,) = _one(report, "planned_missing")

    def missing(month: str) -> float:
        *_, last = _sent(report, p["region"], month)
        return sum(row[10] == "" for row in last.values()) / len(last)

    assert missing("2023-06") < 0.03
    assert missing(p["first"]) > 0.25
    assert missing(p["last"]) > 0.25


def test_contacts_have_their_heading_and_belong_to_their_month(report: ExampleReport) -> None:
    planted, months = _planted(report), defaultdict(set)
    for path in sorted((report.target / "contacts").iterdir()):
        region, month = path.name.split("_")[2:4]
        months[region].add(month)
        lines = path.read_text("utf-8").splitlines()
        assert lines[0] == (
            "contact_id;contact_sought_date;referral_date;decision_date;booked_date;performed_date;guarantee_applies;acute;"
            "phase;profession;contact_form;provider_region;unit;residence_region;deviation_code;status;sex;age"
        )
        ids = set()
        for number, line in enumerate(lines[1:], start=2):
            if (f"contacts/{path.name}", number) in planted:
                continue
            row = dict(zip(lines[0].split(";"), line.split(";"), strict=True))
            ids.add(row["contact_id"])
            assert row["provider_region"] == region
            assert (row["performed_date"][:7] == month) == (row["status"] == "performed")
            assert (row["performed_date"] == "") == (row["status"] == "waiting")
            known = [
                row[c] for c in ("contact_sought_date", "referral_date", "decision_date", "performed_date") if row[c]
            ]
            assert row["contact_sought_date"] == min(known)
            assert max(known)[:7] <= month
            assert [date.fromisoformat(d) for d in known]
        assert len(ids) == len(lines) - 1 - sum(file.endswith(path.name) for file, _ in planted)
    assert {region: len(told) for region, told in months.items()} == {"01": 36, "12": 36, "18": 35}
    assert "2022-05" not in months["18"]


def test_who_waits_at_a_months_end_is_performed_later_or_still_waits(report: ExampleReport) -> None:
    def ids(month: str, status: str) -> set[str]:
        path = report.target / f"contacts/vantetider_kontakter_01_{month}_synthetic.csv"
        return {row[0] for row in _rows(path) if row[15] == status}

    waiting = ids("2024-01", "waiting")
    assert len(waiting) > 50
    assert waiting <= ids("2024-02", "performed") | ids("2024-02", "waiting")
    assert not ids("2024-01", "performed") & waiting


def test_population_by_municipality_and_age_is_the_countrys(report: ExampleReport) -> None:
    answer = json.loads((report.target / "scb/synthetic_population_municipality_age.json").read_bytes())
    assert answer["size"] == [71, 19, 2, 1, 3]
    country = Country(1)
    people = Population(country, ("18",), (2018,), 1)
    whole = sum(country.people("18", 2018, sex) for sex in SEXES)
    assert people.bands.sum() == whole
    assert sum(answer["value"]) == sum(
        country.people(code, year, sex) // 10
        for code in answer["dimension"]["Region"]["category"]["index"]
        for year in (2022, 2023, 2024)
        for sex in SEXES
    )
    assert list(answer["dimension"]["Alder"]["category"]["index"]) == list(BANDS)


def test_the_key_of_pseudonyms_follows_from_the_seed(report: ExampleReport, early: ExampleReport) -> None:
    key = (report.target / ".synthetic-pseudonym.key").read_text()
    assert re.fullmatch(r"[0-9a-f]{64}\n", key)
    assert key == (early.target / ".synthetic-pseudonym.key").read_text()


def test_an_example_is_written_over_and_others_files_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "example"
    write_example(target, scale=scale_of("small", "2023-01", "2024-12"))
    write_example(target, scale=scale_of("small", "2024-07", "2024-12"))
    fresh = write_example(tmp_path / "fresh", scale=scale_of("small", "2024-07", "2024-12"))
    assert _hashes(target) == _hashes(fresh.target)
    plain = write_example(target)
    assert _hashes(target) == _hashes(write_example(tmp_path / "plain").target)
    assert plain.registers is None
    stranger = target / "register" / "PAR_VARDTILLFALLEN_01_2024-05.txt"
    stranger.write_text("1\n")
    with pytest.raises(FileExistsError, match=r"2024-05\.txt is no file of the example"):
        write_example(target, scale=scale_of("small"))


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2012-12", "2024-12", "no range"), ("2024-02", "2024-01", "no range"), ("2024-13", "2024-12", "is no month"),
        ("2014-02", "2024-12", "whole"), ("2013-01", "2014-06", "whole"), ("2024", "2024-12", "is no month"),
    ],
)  # fmt: skip
def test_months_that_cannot_be_are_refused(first: str, last: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        scale_of("small", first, last)


def test_the_writers_import_numpy_and_themselves_only() -> None:
    for module in sorted(Path(package.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                allowed = {"numpy", *(["duckdb"] if module.stem == "calibration" else [])} | sys.stdlib_module_names
                assert name.startswith("orchestration.example") or name.split(".")[0] in allowed, (
                    f"{module.name}: {name}"
                )
