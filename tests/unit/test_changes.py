"""Months that really changed: cells against cells, and the months that stays of the same person reach."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Source
from orchestration.warehouse.changes import Changes, compare
from orchestration.warehouse.held import Held

SOURCE = next(s for s in load_catalogue().sources if s.source_id == "patient_register")
STAYS, DIAGNOSES = "stays_2024", "diagnoses"
Stay = tuple[str, str, str, str]  # stay, person, admission, discharge


def cells_file(folder: Path, source: Source, layout_id: str, sha256: str, rows: list[dict[str, str]]) -> None:
    """Cells as the reader writes them, for the columns that are given; the others are empty."""
    layout = source.layout(layout_id)
    names = ["scope_key", "period_key", "fields_fault", *layout.cell_names]
    target = folder / source.source_id / layout_id / f"{sha256}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} varchar" for name in names)
        connection.execute(f"create table cells (line bigint, column_name varchar, {columns})")
        marks = ", ".join("?" for _ in range(len(names) + 2))
        for number, row in enumerate(rows, start=1):
            connection.execute(
                f"insert into cells values ({marks})", [number, None, *(row.get(name) for name in names)]
            )
        connection.execute(f"copy cells to '{target}' (format parquet)")


class Register:
    """One provider's sendings: stays and their diagnoses, written as cells, and what they are current for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(
        self,
        sending: str,
        months: list[str],
        stays: list[Stay],
        diagnoses: dict[str, str] | None = None,
        open_: bool = False,
    ) -> list[Held]:
        scope = {STAYS: "patient_register/stays/12", DIAGNOSES: "patient_register/diagnoses/12"}
        sha = {layout: f"{layout}-{sending}" for layout in (STAYS, DIAGNOSES)}
        rows = [
            {
                "scope_key": scope[STAYS],
                "period_key": f"{out[:4]}-{out[4:6]}" if out else "open",
                "provider_code": "12",
                "reporting": sending,
                "stay_id": stay,
                "person_id": person,
                "admission_date": into,
                "discharge_date": out,
            }
            for stay, person, into, out in stays
        ]
        cells_file(self.folder, SOURCE, STAYS, sha[STAYS], rows)
        coded = [
            {
                "scope_key": scope[DIAGNOSES],
                "period_key": sending,
                "provider_code": "12",
                "reporting": sending,
                "stay_id": stay,
                "position": "1",
                "code": code,
            }
            for stay, code in (diagnoses or {}).items()
        ]
        cells_file(self.folder, SOURCE, DIAGNOSES, sha[DIAGNOSES], coded)
        held = [
            Held("patient_register", STAYS, scope[STAYS], m, sha[STAYS], "r")
            for m in [*months, *(["open"] if open_ else [])]
        ]
        return [*held, Held("patient_register", DIAGNOSES, scope[DIAGNOSES], sending, sha[DIAGNOSES], "r")]

    def compare(
        self, before: list[Held], after: list[Held], history: list[Held] | None = None, days: int = 30
    ) -> Changes:
        dated = [h for h in (history or after) if h.layout_id == STAYS]
        return compare(SOURCE, before, after, self.folder, history=dated, look_ahead_days=days)


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path)


JANUARY, FEBRUARY, MARCH = (
    ("a", "p1", "20240105", "20240109"),
    ("b", "p2", "20240201", "20240203"),
    ("c", "p1", "20240310", "20240312"),
)
MONTHS = ["2024-01", "2024-02", "2024-03"]


def test_the_same_rows_sent_again_change_nothing(register: Register) -> None:
    before = register.send("2024-04", MONTHS, [JANUARY, FEBRUARY, MARCH], {"a": "J44", "c": "I50"})
    after = register.send("2024-05", MONTHS, [MARCH, JANUARY, FEBRUARY], {"c": "I50", "a": "J44"})
    found = register.compare(before, after)
    assert (found.months, found.reached, found.everything) == (set(), set(), False)


@pytest.mark.parametrize(
    "stays",
    [
        [JANUARY, ("b", "p2", "20240201", "20240204"), MARCH],  # a value
        [JANUARY, MARCH],  # withdrawn
        [JANUARY, FEBRUARY, FEBRUARY, MARCH],  # twice
        [JANUARY, FEBRUARY, ("d", "p9", "20240214", "20240215"), MARCH],  # added
    ],
)
def test_only_the_month_whose_rows_differ_has_changed(register: Register, stays: list[Stay]) -> None:
    before = register.send("2024-04", MONTHS, [JANUARY, FEBRUARY, MARCH])
    found = register.compare(before, register.send("2024-05", MONTHS, stays))
    assert found.months == {"2024-02"}


def test_a_changed_date_changes_both_months(register: Register) -> None:
    before = register.send("2024-04", MONTHS, [JANUARY, FEBRUARY, MARCH])
    moved = ("b", "p2", "20240201", "20240301")
    found = register.compare(before, register.send("2024-05", MONTHS, [JANUARY, moved, MARCH]))
    assert found.months == {"2024-02", "2024-03"}


def test_a_changed_diagnosis_changes_the_month_of_its_stay(register: Register) -> None:
    stays = [JANUARY, FEBRUARY, MARCH]
    before = register.send("2024-04", MONTHS, stays, {"a": "J44", "b": "I50"})
    after = register.send("2024-05", MONTHS, stays, {"a": "J44", "b": "I51"})
    assert register.compare(before, after).months == {"2024-02"}


def test_a_diagnosis_of_no_stay_changes_nothing(register: Register) -> None:
    before = register.send("2024-04", MONTHS, [JANUARY], {"a": "J44"})
    after = register.send("2024-05", MONTHS, [JANUARY], {"a": "J44", "unknown": "I50"})
    assert register.compare(before, after).months == set()


def test_a_month_first_said_to_be_empty_has_changed(register: Register) -> None:
    before = register.send("2024-03", MONTHS[:2], [JANUARY, FEBRUARY])
    after = register.send("2024-04", MONTHS, [JANUARY, FEBRUARY])
    assert register.compare(before, after).months == {"2024-03"}


def test_cells_that_are_gone_count_as_changed(register: Register) -> None:
    before = register.send("2024-04", MONTHS, [JANUARY, FEBRUARY, MARCH])
    after = register.send("2024-05", MONTHS, [JANUARY, FEBRUARY, MARCH])
    (register.folder / "patient_register" / STAYS / f"{before[0].delivery_sha256}.parquet").unlink()
    assert register.compare(before, after).months == set(MONTHS)


def reached(register: Register, others: list[Stay], old: Stay, new: Stay, days: int = 30) -> set[str]:
    """Months reached when one stay is corrected and the person's other stays are delivered elsewhere."""
    months = sorted({f"{s[3][:4]}-{s[3][4:6]}" for s in others if s[3]})
    history = register.send("2024-12", months, others, open_=True)
    before, after = (register.send(name, ["2024-03"], [stay]) for name, stay in (("2025-01", old), ("2025-02", new)))
    found = register.compare(before, after, [*history, *after], days)
    assert found.months == {"2024-03"}
    return found.reached - {"2024-03"}


MARCH_LONG = ("m", "p1", "20231220", "20240312")


@pytest.mark.parametrize(
    ("discharged", "months"),
    [("20231120", {"2023-11"}), ("20231119", set()), ("20231219", {"2023-12"}), ("20231031", set())],
)
def test_follow_up_reaches_a_stay_that_began_long_before_its_month(
    register: Register, discharged: str, months: set[str]
) -> None:
    """Admitted on 20 December and discharged in March: 20 November is 30 days before, 19 November 31."""
    index = ("i", "p1", discharged[:6] + "01", discharged)
    corrected = (*MARCH_LONG[:3], "20240313")
    assert reached(register, [index], MARCH_LONG, corrected) == months


@pytest.mark.parametrize(
    ("admitted", "months"),
    [("20240331", {"2024-04"}), ("20240401", {"2024-04"}), ("20240402", set())],
)
def test_an_episode_that_crosses_the_month_end_reaches_the_next(
    register: Register, admitted: str, months: set[str]
) -> None:
    """Discharged on 31 March: a transfer may have one day between, 1 April; 2 April is another episode."""
    stay = ("m", "p1", "20240328", "20240331")
    follows = ("n", "p1", admitted, "20240410")
    assert reached(register, [follows], stay, ("m", "p1", "20240329", "20240331")) == months


def test_a_chain_of_three_over_three_months_is_followed_to_its_ends(register: Register) -> None:
    stay = ("m", "p1", "20240301", "20240331")
    others = [
        ("l", "p1", "20240115", "20240229"),
        ("n", "p1", "20240331", "20240430"),
        ("o", "p1", "20240501", "20240502"),
    ]
    assert reached(register, others, stay, ("m", "p1", "20240229", "20240331")) == {"2024-02", "2024-04", "2024-05"}


def test_other_persons_reach_nothing(register: Register) -> None:
    stay = ("m", "p1", "20240328", "20240331")
    other = ("n", "p2", "20240331", "20240410")
    assert reached(register, [other], stay, ("m", "p1", "20240329", "20240331")) == set()


def test_an_open_stay_reaches_back_by_its_admission(register: Register) -> None:
    index = ("i", "p1", "20240201", "20240220")
    history = register.send("2024-04", ["2024-02"], [index])
    before = register.send("2024-05", ["2024-03"], [], open_=True)
    after = register.send("2024-06", ["2024-03"], [("o", "p1", "20240310", "")], open_=True)
    found = register.compare(before, after, [*history, *after])
    assert (found.months, found.reached) == ({"open"}, {"2024-02"})


CONTACTS = next(s for s in load_catalogue().sources if s.source_id == "wait_contacts")


def contacts(folder: Path, month: str, sha256: str, sought: list[str]) -> Held:
    """One region's contacts of a month, as the file of that month holds them."""
    (layout,) = CONTACTS.layouts
    scope = f"wait_contacts/{layout.layout_id}/12"
    rows = [
        {
            "scope_key": scope,
            "period_key": month,
            "region": "12",
            "month": month,
            "contact_id": f"{n}",
            "contact_sought_date": day,
        }
        for n, day in enumerate(sought)
    ]
    cells_file(folder, CONTACTS, layout.layout_id, sha256, rows)
    return Held("wait_contacts", layout.layout_id, scope, month, sha256, "r")


@pytest.mark.parametrize(("day", "months"), [("2024-05-02", set()), ("2024-05-03", {"2024-05"})])
def test_a_file_of_contacts_is_of_the_month_it_names(tmp_path: Path, day: str, months: set[str]) -> None:
    other = contacts(tmp_path, "2024-04", "other", ["2024-04-02"])
    before = contacts(tmp_path, "2024-05", "before", ["2024-05-02", "2024-05-04"])
    after = contacts(tmp_path, "2024-05", "after", [day, "2024-05-04"])
    found = compare(CONTACTS, [other, before], [other, after], tmp_path)
    assert (found.months, found.reached, found.everything) == (months, set(), False)
