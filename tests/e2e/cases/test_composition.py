"""What a total of cost needs: a part that is absent makes it missing, never smaller. Through the command, on files as sent."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from orchestration.example.write import write_example
from tests.support.built import Built
from tests.support.command import vardlagret

COSTS = "skr/synthetic_kostnad_per_invanare_per_specialitet.csv"
#: Rows lost from the yearly file: (service, account, year, region as the owner writes it).
LOST = {
    ("Somatisk mottagningsverksamhet", "Nettokostnad exkl läkemedel", "2015", "Uppsala"),
    ("Övrigt", "Nettokostnad exkl läkemedel", "2016", "Uppsala"),
    ("Somatisk sluten vård", "Nettokostnad exkl läkemedel", "2017", "Riket"),
}
#: The owner's pivot of a new year, filtered to one service of primary care.
FILTERED = (
    "\ufeffHuvudområde;Område;Delområde;Underkonto;År;Region;Värde\r\n"
    "Hälso- och sjukvård;Primärvård;Allmänläkarvård inkl. jourverksamhet;Nettokostnad exkl läkemedel;2018;Stockholm;2411,5\r\n"
    "Hälso- och sjukvård;Primärvård;Allmänläkarvård inkl. jourverksamhet;Nettokostnad exkl läkemedel;2018;Skåne;2790,25\r\n"
)
Costs = dict[tuple[str, str, str], tuple[Decimal | None, str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of the yearly file of the synthetic country."""
    folder = tmp_path_factory.mktemp("whole") / "example"
    write_example(folder)
    return (folder / COSTS).read_text(encoding="utf-8-sig").splitlines()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, whole: list[str]) -> Built:
    """A home with the earlier years, of which three rows are lost, and the filtered new year."""
    base = tmp_path_factory.mktemp("composition")
    sent = base / "sent"
    sent.mkdir()
    kept = [line for line in whole if tuple(line.split(";")[2:6]) not in LOST]
    assert len(whole) - len(kept) == len(LOST)
    (sent / "synthetic_kostnad_2014_2017.csv").write_text("\r\n".join(kept) + "\r\n", encoding="utf-8-sig", newline="")
    (sent / "synthetic_kostnad_2018.csv").write_text(FILTERED, encoding="utf-8", newline="")
    vardlagret(base / "home", "nightly", "--deliveries", sent, expect=None)
    return Built(base / "home")


@pytest.fixture(scope="module")
def costs(built: Built) -> Costs:
    """Net cost without drugs by area, year and service."""
    with duckdb.connect(str(built.warehouse), read_only=True) as con:
        rows = con.execute(
            "select area_code, period, service_code, value, value_status from marts.fct_costs "
            "where measure = 'cost_per_inhabitant_sek' and drug_scope = 'excl_drugs'"
        ).fetchall()
    return {(area, period, service): (value, status) for area, period, service, value, status in rows}


def summed(whole: list[str], region: str, year: str) -> float:
    """Health care's net cost without drugs by the file as it was before rows were lost."""
    fields = [line.split(";") for line in whole]
    return sum(
        float(f[6].replace(",", "."))
        for f in fields
        if f[0] == "Hälso- och sjukvård" and f[3].startswith("Netto") and f[4] == year and f[5] == region
    )


def test_of_one_service_alone_the_leaves_stand_and_no_total(costs: Costs, built: Built) -> None:
    assert costs["01", "2018", "pc_general_practice"] == (Decimal("2411.5"), "normal")
    assert costs["12", "2018", "pc_general_practice"] == (Decimal("2790.25"), "normal")
    for total in ("primary_care", "health_care", "health_care_excl_dental_political"):
        assert costs["01", "2018", total] == (None, "not_reported")
    assert not any(area == "00" and period == "2018" for area, period, _ in costs)
    with duckdb.connect(str(built.warehouse), read_only=True) as con:
        shown = con.execute(
            "select count(*) from published.indicator_values where period = '2018' and value is not null"
        ).fetchone()
    assert shown == (0,)


def test_a_lost_row_that_every_region_has_makes_the_total_missing(costs: Costs) -> None:
    assert costs["03", "2015", "somatic_outpatient"] == (None, "not_reported")
    assert costs["03", "2015", "health_care"] == (None, "not_reported")
    assert costs["03", "2015", "primary_care"][1] == "normal"


def test_a_lost_row_that_riket_tells_of_makes_the_total_missing(costs: Costs, whole: list[str]) -> None:
    assert costs["03", "2016", "health_care"] == (None, "not_reported")
    value, status = costs["03", "2014", "health_care"]
    assert status == "normal"
    assert value is not None
    assert float(value) == pytest.approx(summed(whole, "Uppsala", "2014"))


def test_the_nation_is_the_owners_own_row_and_missing_where_one_of_its_parts_is(costs: Costs, whole: list[str]) -> None:
    for year in ("2015", "2016"):
        value, status = costs["00", year, "health_care"]
        assert status == "normal"
        assert value is not None
        assert float(value) == pytest.approx(summed(whole, "Riket", year))
    assert costs["00", "2017", "health_care"] == (None, "not_reported")
    assert costs["03", "2017", "health_care"][1] == "normal"


def test_a_service_that_a_region_does_not_have_is_no_lost_row(costs: Costs) -> None:
    """All other regions of all years have totals, though services come and go among them."""
    regions = {k: v for k, v in costs.items() if k[2] == "health_care" and k[1] < "2018" and len(k[0]) == 2}
    missing = {(area, period) for (area, period, _), (_, status) in regions.items() if status != "normal"}
    assert missing == {("03", "2015"), ("03", "2016"), ("00", "2017")}
    assert any(status == "not_applicable" for _, status in costs.values())
