"""The planner over real deliveries and a real ledger: which months are due, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.deliveries.take_in import take_in
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.planning.plan import Asked, FactPlan, Plan
from orchestration.planning.planner import Planner
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse import built_months
from orchestration.warehouse.monthly import Manifest
from orchestration.warehouse.windows import OPEN, months_between

KEY = Path(__file__).parents[1] / "support" / "synthetic-pseudonym.key"
YEAR = months_between("2024-01", "2024-12")
FACT = "fct_stays"


def manifest(code: str = "one", codes: str = "one", look_ahead_days: int = 30) -> Manifest:
    """A monthly fact over stays and diagnoses, as dbt would tell of it."""

    def node(
        name: str, reads: list[str], days: int | None, kind: str = "model", checksum: str = "same"
    ) -> dict[str, Any]:
        meta = {} if days is None else {"window": {"column": "month", "look_ahead_days": days}}
        return {
            "name": name, "alias": name, "schema": "s", "resource_type": kind, "checksum": {"checksum": checksum},
            "tags": ["monthly"] if meta else [], "config": {"meta": meta}, "depends_on": {"nodes": reads, "macros": []},
        }  # fmt: skip

    layouts = {n: {"name": f"patient_register__{n}", "source_name": "cells"} for n in ("stays_2024", "diagnoses")}
    nodes = {
        "stg": node("stg", [*layouts], 0),
        "codes": node("codes", [], None, "seed", codes),
        "int": node("int", ["stg", "codes"], look_ahead_days, checksum=code),
        FACT: node(FACT, ["int"], None),
    }
    return Manifest.of({"nodes": nodes, "macros": {}, "sources": layouts})


class House:
    """A home with a register of one provider: 2024, one stay a month, each of another person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(folder / "home").create_or_open()
        self.ledger = Ledger.open(self.home.ledger)
        self.home.warehouse.touch()
        self.sent = 0
        self.stays = {month: [self.stay(month)] for month in YEAR}

    @staticmethod
    def stay(month: str, person: str = "", into: str = "10", out: str = "12", mode: str = "3") -> str:
        number = month.replace("-", "")
        person = person or f"19500101{number[2:]}"
        return f"{number}{into};{person};12001;101;12;1280;1;19500101;{number}{into};3;2;{number}{out};{mode}"

    def send(self, sending: str, months: tuple[str, ...] = YEAR, open_stays: tuple[str, ...] = ()) -> None:
        """Hand over the months' stays, each with a main diagnosis; in bytes of their own, since one file has one name."""
        name = f"12_{sending}_{months[0]}_{months[-1]}_synthetic.txt"
        lines = [line for m in months for line in self.stays[m]] + list(open_stays)
        stays, codes = self.folder / f"PAR_VARDTILLFALLEN_{name}", self.folder / f"PAR_DIAGNOSER_{name}"
        lines = lines[:: -1 if self.sent % 2 else 1]
        end = "" if self.sent // 2 % 2 else "\n"
        self.sent += 1
        stays.write_text("\n".join(lines) + end)
        codes.write_text("\n".join(f"{line.split(';')[0]};1;J449;;" for line in lines) + end)
        taken = take_in(self.home, self.ledger, load_catalogue(), [stays, codes], via="ingest", named=True)
        assert taken.loaded == 2, taken.files

    def planner(self, told: Manifest | None = None, generation: str | None = "this") -> Planner:
        return Planner(self.home, self.ledger, load_catalogue(), told or manifest(), generation)

    def plan(self, told: Manifest | None = None, asked: Asked = Asked(), generation: str | None = "this") -> FactPlan:
        (only,) = self.planner(told, generation).plan(asked).facts
        return only

    def reasons(self, told: Manifest | None = None, asked: Asked = Asked()) -> dict[str, set[str]]:
        return {m: {r["code"] for r in found} for m, found in self.plan(told, asked).due.items()}

    def build(self, only: tuple[str, ...] | None = None, told: Manifest | None = None) -> None:
        """Say that months were built from what is current."""
        plans = self.planner(told)
        (fact,) = plans.manifest.facts
        built = {(FACT, m): b for m, b in plans.built(fact).items() if only is None or m in only}
        self.ledger.end_batch(self.ledger.start_batch("run", [FACT], built), built)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("VARDLAGRET_PSEUDONYM_KEY_FILE", str(KEY))
    house = House(tmp_path)
    house.send("2025-01")
    yield house
    house.ledger.close()


@pytest.fixture
def built(house: House) -> House:
    house.build()
    assert house.reasons() == {}
    return house


def test_what_was_never_built_is_missing_and_all_of_it_is_one_full_build(house: House) -> None:
    assert house.reasons() == {month: {"missing"} for month in (*YEAR, OPEN)}
    assert house.plan().whole


def test_a_home_without_such_deliveries_builds_its_tables_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert (house.plan().due.keys(), house.plan().whole) == ({OPEN}, True)
    house.build()
    assert house.reasons() == {}


def test_a_corrected_month_is_due_with_the_months_whose_follow_up_reaches_it(built: House) -> None:
    built.stays["2024-05"] = [built.stay("2024-05", mode="2")]
    built.send("2025-02", ("2024-05",))
    assert built.reasons() == {"2024-05": {"revision"}, "2024-04": {"look_ahead"}}
    (reason,) = built.plan().due["2024-05"]
    assert "2024-05_2024-05" in reason["detail"]
    assert reason["delivery_sha256"] in {d.delivery_sha256 for d in built.ledger.current_deliveries()}


def test_a_model_without_look_ahead_rebuilds_the_month_alone(house: House) -> None:
    told = manifest(look_ahead_days=0)
    house.build(told=told)
    house.stays["2024-05"] = []
    house.send("2025-02", ("2024-04", "2024-05"))
    assert house.reasons(told) == {"2024-05": {"revision"}}


def test_three_months_sent_again_rebuild_the_one_that_differs(built: House) -> None:
    built.stays["2024-07"] = [built.stay("2024-07", out="13")]
    built.send("2025-02", ("2024-05", "2024-06", "2024-07"))
    assert built.reasons() == {"2024-07": {"revision"}, "2024-06": {"look_ahead"}}
    assert built.plan().provenance == {"2024-05", OPEN}


def test_the_same_rows_sent_three_times_rebuild_nothing(built: House) -> None:
    for sending in ("2025-02", "2025-03", "2025-04"):
        built.send(sending, ("2024-05", "2024-06"))
    assert built.reasons() == {}
    assert built.plan().provenance == {"2024-05", "2024-06", OPEN}


def test_what_was_open_in_a_corrected_old_month_is_not_open_again(built: House) -> None:
    ended = built.stays["2024-06"][0]
    still = ended.rsplit(";", 2)[0] + ";;"
    built.send("2025-02", ("2024-05",), open_stays=(still,))
    assert set(built.reasons()) <= {"2024-05"}
    built.send("2025-02", ("2024-04", "2024-05"), open_stays=(still,))
    assert OPEN not in built.reasons()
    held = {d.file_name for d in built.ledger.current_deliveries() for _, period in d.coverage if period == OPEN}
    assert held == {"PAR_VARDTILLFALLEN_12_2025-01_2024-01_2024-12_synthetic.txt"}


def test_a_new_open_stay_is_due_with_the_months_it_reaches_back_to(built: House) -> None:
    """Admitted on 5 April: the person's stay that ended on 12 March lies 24 days before."""
    person = built.stays["2024-03"][0].split(";")[1]
    still = f"open1;{person};12001;101;12;1280;1;19500101;20240405;3;2;;"
    built.send("2025-02", ("2024-12",), open_stays=(still,))
    assert built.reasons() == {OPEN: {"revision"}, "2024-03": {"look_ahead"}}
    built.build()
    built.send("2025-03", ("2024-12",), open_stays=(still,))
    assert built.reasons() == {}, "the same open stay with its diagnosis, sent again"


def test_the_next_month_after_a_gap_lets_the_follow_up_before_the_gap_go_on(house: House) -> None:
    """Delivered until March; then June alone comes: what March followed ends no more on 31 March."""
    early = months_between("2024-01", "2024-03")
    other = House(house.folder / "other")
    other.send("2025-01", early)
    other.build()
    other.send("2025-02", ("2024-06",))
    # 1 April − 30 days = 2 March: no stay of February was followed beyond March.
    assert other.reasons() == {"2024-06": {"missing"}, "2024-03": {"look_ahead"}}
    other.ledger.close()


@pytest.mark.parametrize(("change", "code"), [({"code": "two"}, "model"), ({"codes": "two"}, "definition")])
def test_a_changed_model_or_code_list_makes_every_month_due(built: House, change: dict[str, str], code: str) -> None:
    told = manifest(**change)  # type: ignore[arg-type]
    assert built.reasons(told) == {month: {code} for month in (*YEAR, OPEN)}
    assert built.plan(told).whole


def test_a_warehouse_made_anew_or_gone_has_no_month(built: House) -> None:
    assert {r["code"] for r in built.plan(generation="another").due["2024-05"]} == {"missing"}
    assert built.plan(generation=None).due == {}
    built.home.warehouse.unlink()
    assert {r["code"] for r in built.plan(generation=None).due["2024-05"]} == {"missing"}


@pytest.mark.parametrize(
    ("done", "lost"),
    [
        ("delete from s.int where month = date '2024-05-01' and id = 1", {"2024-05"}),
        ("insert into s.int values (date '2024-06-01', 7)", {"2024-06"}),
        ("delete from s.int where month < date '2024-03-01'", {"2024-01", "2024-02"}),
        ("drop table s.int", set(YEAR)),
        ("update declared.month_builds set batch_id = 'earlier' where month = '2024-07'", {"2024-07"}),
        ("update s.int set id = id + 10", set()),
    ],
    ids=["rows lost", "rows more", "a full refresh of a part", "table gone", "an older copy", "as it was"],
)
def test_a_month_that_the_warehouse_does_not_hold_as_the_ledger_says_is_due(
    house: House, done: str, lost: set[str]
) -> None:
    told = manifest()
    with duckdb.connect() as con:
        con.execute("create schema s; create table s.int (month date, id integer)")
        for month in YEAR:
            con.execute(f"insert into s.int select date '{month}-01', unnest([1, 2])")
        assert built_months.read(con, told) == built_months.BuiltMonths(), "a warehouse of before these notes"
        house.build()
        states = house.ledger.month_states()
        batch = states[FACT, "2024-05"].batch_id
        assert batch
        built_months.note(con, told, batch, states, told.facts[0].tables)
        con.execute(done)
        plans = house.planner()
        plans.warehouse = built_months.read(con, told)
        (only,) = plans.plan().facts
    assert {m: {r["code"] for r in found} for m, found in only.due.items()} == {m: {"missing"} for m in lost}


def test_a_failed_month_stays_due_and_so_does_one_that_a_run_did_not_come_to(built: House) -> None:
    built.stays["2024-05"] = [built.stay("2024-05", mode="2")]
    built.send("2025-02", ("2024-05",))
    built.ledger.mark_due((FACT, m, r) for m, r in built.plan().due.items())
    # May is built; before April, whose follow-up reaches into it, the run dies.
    built.build(only=("2024-05",))
    built.ledger.start_batch("run", [FACT], [(FACT, "2024-09")])
    built.ledger.close_dead_batches()
    assert built.reasons() == {"2024-04": {"look_ahead"}, "2024-09": {"failed"}}


def test_planning_again_and_again_says_each_reason_once(built: House) -> None:
    built.stays["2024-05"] = [built.stay("2024-05", mode="2")]
    built.send("2025-02", ("2024-05",))
    first = built.plan().due
    for _ in range(3):
        built.ledger.mark_due((FACT, m, r) for m, r in built.plan().due.items())
    assert built.plan().due == first


def test_cells_that_are_gone_count_as_changed(built: House) -> None:
    old = next(d for d in built.ledger.current_deliveries() if d.layout_id == "stays_2024")
    built.send("2025-02", ("2024-05",))
    built.home.cells_file("patient_register", "stays_2024", old.delivery_sha256).unlink()
    assert built.reasons()["2024-05"] == {"revision"}


def test_months_are_narrowed_with_those_that_reach_into_them(built: House) -> None:
    for month in ("2024-05", "2024-09"):
        built.stays[month] = [built.stay(month, mode="2")]
    built.send("2025-02", months_between("2024-05", "2024-09"))
    assert set(built.reasons()) == {"2024-04", "2024-05", "2024-08", "2024-09"}
    asked = Asked(first="2024-05", last="2024-05")
    assert built.reasons(asked=asked) == {"2024-05": {"revision", "asked"}, "2024-04": {"look_ahead"}}
    plan: Plan = built.planner().plan(asked)
    assert {month for _, month in plan.left} >= {"2024-08", "2024-09"}
    assert built.reasons(asked=replace(asked, source="skr_costs")) == {}
    assert set(built.reasons(asked=Asked(only="stale"))) == {"2024-04", "2024-05", "2024-08", "2024-09"}
    assert built.reasons(asked=Asked(only="missing")) == {}


def test_months_are_narrowed_by_why_they_are_due(house: House) -> None:
    """One month was never built, one failed, one was corrected since: each is asked for alone, with its follow-up."""
    house.build(only=tuple(m for m in (*YEAR, OPEN) if m != "2024-02"))
    house.ledger.end_batch(house.ledger.start_batch("run", [FACT], [(FACT, "2024-09")]), None)
    house.stays["2024-05"] = [house.stay("2024-05", mode="2")]
    house.send("2025-02", ("2024-05",))
    assert "2024-09" in house.reasons()
    assert {m for m, why in house.reasons(asked=Asked(only="missing")).items() if why == {"missing"}} == {"2024-02"}
    assert set(house.reasons(asked=Asked(only="missing"))) == {"2024-02"}
    assert house.reasons(asked=Asked(only="failed")) == {"2024-09": {"failed"}}
    assert set(house.reasons(asked=Asked(only="stale"))) >= {"2024-04", "2024-05"}
    assert not {"2024-02", "2024-09"} & set(house.reasons(asked=Asked(only="stale")))


def test_no_person_stands_in_the_reasons(built: House) -> None:
    built.stays["2024-05"] = [built.stay("2024-05", mode="2")]
    built.send("2025-02", ("2024-05",))
    told = str(built.plan().due)
    assert "19500101" not in told
