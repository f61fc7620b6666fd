"""Files as their owners send them, synthetic and small: what is lawful is taken, with the value that the owner means."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from orchestration.sources.catalogue import load_catalogue
from tests.support.built import rows
from tests.support.command import vardlagret

# Source words, and whether they are a transfer: then the stays that follow are one episode and no readmission.
SITES = {
    "blank": ("", False),
    "home": ("HOME", False),
    "hemma": ("hemma", False),
    "nursing": ("Nursing Home", False),
    "died": ("EXP", False),
    "other": ("Another  hospital", True),
    "annat": ("Annat sjukhus", True),
    "hosp": ("HOSP", True),
}
PEOPLE = 40
TRUST, CALLS = "fa71c2b4-a471-4950-8ac7-c1195b31f76a", "43f08212-9015-4369-a7ac-9dfd9ed939af"
HSR = (
    "Huvud_ID;Område ;Indikatornamn;Landsting och regioner;landstingskod;Mätperiod;Värde;Täljare;Nämnare;"
    "Konfidensintervall låg gräns;Konfidensintervall hög gräns;Avvikelse riket procent ;Avvikelse riket procent ;;"
    "Måttenhet ;Önskad riktning värde ;Målnivå/er SoS/Kval reg;Källa;Kommentar "
)


def omop_site(folder: Path, site: str, word: str) -> None:
    """Forty people with a stay 1-5 March 2023, twelve of them with another 6-8 March; the data end in December."""
    people = ["person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth"]
    people += [f"{n},{8507 + 25 * (n % 2)},1950,1,1" for n in range(1, PEOPLE + 1)]
    visits = ["visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,"
              "preceding_visit_occurrence_id,admitted_from_source_value,discharged_to_source_value"]  # fmt: skip
    visits += [f"{n},{n},9201,2023-03-01,2023-03-05,,,{word}" for n in range(1, PEOPLE + 1)]
    visits += [f"{100 + n},{n},9201,2023-03-06,2023-03-08,,,{word}" for n in range(1, 13)]
    visits += ["200,1,9202,2023-12-31,2023-12-31,,,"]
    # Each site's persons have bytes of their own.
    (folder / f"{site}_person_synthetic.csv").write_text(
        "\n".join(people).replace("1950", str(1940 + list(SITES).index(site))) + "\n"
    )
    (folder / f"{site}_visit_occurrence_synthetic.csv").write_text("\n".join(visits) + "\n")


def population(folder: Path) -> None:
    """SCB's yearly table: Uppsala (0380) and Knivsta (0330, from the division of 1 January 2003), and a county."""
    people = {
        ("03", "2001"): 298_000, ("03", "2002"): 300_000, ("03", "2003"): 301_500,
        ("0330", "2002"): 12_500, ("0330", "2003"): 12_700,
        ("0380", "2001"): 190_000, ("0380", "2002"): 178_500, ("0380", "2003"): 180_000,
        # Knivsta did not exist on any division of 2001: what stands there is no figure.
        ("0330", "2001"): None,
    }  # fmt: skip
    regions, years = ("03", "0330", "0380"), ("2001", "2002", "2003")
    shares = {"1": 0.5, "2": 0.5}
    values = []
    for region in regions:
        for share in shares.values():
            for year in years:
                told = people[region, year]
                values.append(None if told is None else int(told * share))
    dimension = {
        "Region": {"label": "region", "category": {"index": {r: i for i, r in enumerate(regions)}}},
        "Alder": {"label": "ålder", "category": {"index": {"tot": 0}}},
        "Kon": {"label": "kön", "category": {"index": {"1": 0, "2": 1}}},
        "ContentsCode": {"label": "tabellinnehåll", "category": {"index": {"BE0101N1": 0}}},
        "Tid": {"label": "år", "category": {"index": {y: i for i, y in enumerate(years)}}},
    }
    document = {
        "version": "2.0", "class": "dataset", "label": "Folkmängden efter region, ålder och kön. Syntetiska data",
        "source": "SCB", "updated": "2025-02-21T07:00:00Z", "id": list(dimension), "size": [3, 1, 2, 1, 3],
        "dimension": dimension, "extension": {"px": {"tableid": "TAB638"}}, "value": values,
    }  # fmt: skip
    (folder / "synthetic_BE0101N1.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def attachment(folder: Path) -> None:
    """SKR's attachment: a value with thousands, a figure of one month under a declared and an undeclared indicator."""

    def row(indicator: str, region: str, code: str, period: str, value: str, unit: str) -> str:
        return f";Område ;{indicator};{region};{code};{period};{value};;;;;;;;{unit};Ej angivet ;;Källa;"

    visits, staff = "Läkarbesök i hälso- och sjukvård", "Månadsavlönade läkare i primärvård"
    lines = [
        HSR,
        row(visits, "Riket", "46", "2017", "1 312,5", "Antal per 1 000 inv"),
        row(visits, "Stockholms län", "01", "2017", "1 754,0", "Antal per 1 000 inv"),
        row(visits, "Uppsala län", "03", "2017", "987,5", "Antal per 1 000 inv"),
        row("Utlokaliserade patienter i somatisk slutenvård", "Riket", "46", "2017 november", "1,5", "Antal"),
        row(staff, "Riket", "46", "2017 november", "0,61", "Antal per 1 000 inv"),
        row(staff, "Riket", "46", "2017 nov", "0,61", "Antal per 1 000 inv"),
        row(visits, "Skåne", "12", "2017", "1 31,5", "Antal per 1 000 inv"),
    ]
    (folder / "synthetic_bilaga.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")


def survey(folder: Path) -> None:
    lines = ["lan_code;region;q35_andel_procent;q36_antal;q38_andel_sabo_procent", "01;Stockholm;71;1600001;100",
             "03;Uppsala;39;156899;", "09;Gotland;0;35000;90"]  # fmt: skip
    (folder / "synthetic_regionenkat_2026.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def staff(folder: Path, employment: str, name: str, level: int) -> None:
    title = (
        f"Hälso- och sjukvårdspersonal per 100 000, Offentlig och privat regi, {employment}, Alla näringsgrenar, 2019"
    )
    lines = [title, "Grupp;Region;2019", f"Läkare;Stockholms län;{level}",
             "Socialstyrelsens statistikdatabas (syntetiska data) 2021-02-03"]  # fmt: skip
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def trust(folder: Path) -> None:
    """Vården i siffror: trust in health centres and answered calls, each with a 0."""
    layout = load_catalogue()["varden_i_siffror"].layout("export")
    texts = {"extracted": "2019-03-27 10:00:00", "register": "Syntetiskt, register", "unit_type": "Län", "age": "Alla",
             "sex": "Totalt", "period_text": "2018", "numerator": "-", "denominator": "-", "ci_low": "-", "ci_high": "-"}  # fmt: skip
    told = [
        (TRUST, "9", "0"), (TRUST, "10", "61,5"), (CALLS, "9", "0"), (CALLS, "10", "92,1"),
    ]  # fmt: skip
    lines = [";".join(c.heading_text for c in layout.columns)]
    for indicator, county, value in told:
        own = {"indicator_id": indicator, "county_code": county, "unit_code": county, "value": value}
        lines.append(";".join((texts | own).get(c.name, "") for c in layout.columns))
    (folder / "synthetic_vis.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("owners")
    sent = folder / "sent"
    sent.mkdir()
    for site, (word, _) in SITES.items():
        omop_site(sent, site, word)
    population(sent)
    attachment(sent)
    survey(sent)
    trust(sent)
    staff(sent, "Alla sysselsatta", "synthetic_staff_all.csv", 431)
    staff(sent, "Anställda", "synthetic_staff_employed.csv", 402)
    vardlagret(folder / "home", "ingest", sent, expect=None)
    vardlagret(folder / "home", "nightly", expect=None)
    return folder / "home"


def test_home_is_no_transfer_and_another_hospital_is_one(home: Path) -> None:
    told = rows(
        home,
        """select site, sum(stay_count)::int, sum(readmission_count)::int
           from intermediate.int_readmissions__monthly
           where method_code = 'all_cause' and exclusion_reason is null group by all""",
    )
    assert {site: counts for site, *counts in told} == {
        site: [40, 0] if is_transfer else [52, 12] for site, (_, is_transfer) in SITES.items()
    }


def test_knivsta_s_first_figure_is_on_the_next_division_and_uppsala_breaks_there(home: Path) -> None:
    told = rows(
        home,
        """select area_code, period, sum(value)::int, string_agg(distinct value_flags, ',') from marts.fct_population
           where source_id = 'scb_population' and area_level = 'municipality' group by all order by all""",
    )
    assert told == [
        ("0330", "2002", 12_500, ""),
        ("0330", "2003", 12_700, ""),
        ("0380", "2001", 190_000, ""),
        ("0380", "2002", 178_500, "break"),
        ("0380", "2003", 180_000, ""),
    ]
    before = rows(home, "select period, rule_code, count(*) from staging.stg_scb_population__json_stat "
                        "where record_status = 'quarantined' group by all")  # fmt: skip
    assert before == [("2001", "R_AREA", 2)], "what did not exist is no area"


def test_the_attachment_has_thousands_and_months(home: Path) -> None:
    told = rows(
        home,
        """select topic_code, area_code, period, period_type, value::double from marts.fct_observations
           where source_id = 'skr_hsr' order by all""",
    )
    assert told == [
        ("outlied_patients_somatic", "00", "2017-11", "month", 1.5),
        ("physician_visits", "00", "2017", "year", 1312.5),
        ("physician_visits", "01", "2017", "year", 1754.0),
        ("physician_visits", "03", "2017", "year", 987.5),
    ]
    refused = rows(
        home,
        """select rule_code, rule_column, count(*) from staging.stg_skr_hsr__attachment
           where record_status = 'quarantined' group by all order by all""",
    )
    assert refused == [("R_NUMBER", "value", 1), ("R_PERIOD", "period_text", 1)]


def test_the_survey_tells_of_the_last_day_of_the_year_before(home: Path) -> None:
    told = rows(
        home,
        """select area_code, period, period_type, period_end, value::int, value_status, value_flags
           from marts.fct_observations where topic_code = 'named_doctor_share' order by all""",
    )
    day = date(2025, 12, 31)
    assert told == [
        ("01", "2025-12-31", "day", day, 71, "normal", ""),
        ("03", "2025-12-31", "day", day, 39, "normal", ""),
        ("09", "2025-12-31", "day", day, None, "not_reported", "placeholder_removed"),
    ]


def test_another_selection_of_staff_is_not_taken_for_all_staff(home: Path) -> None:
    assert rows(home, "select value::int from marts.fct_staffing") == [(431,)]
    listed = json.loads(vardlagret(home, "quarantine", "list", "--json").stdout)["items"]
    refused = [item for item in listed if item["file"] == "synthetic_staff_employed.csv"]
    assert [item["code"] for item in refused] == ["F_RULES"], "every record is of another selection: no handful"
    assert "R_CODE in employment" in refused[0]["message"]


def test_a_zero_of_trust_is_missing_and_a_zero_of_calls_a_figure(home: Path) -> None:
    trust = rows(home, "select area_code, value::double, value_status, value_flags from marts.fct_observations "
                       "where topic_code = 'trust_health_centres' order by all")  # fmt: skip
    assert trust == [("09", None, "missing_at_source", "placeholder_removed"), ("10", 61.5, "normal", "")]
    calls = rows(home, "select area_code, value::double, value_status from marts.fct_wait_times "
                       "where source_id = 'varden_i_siffror' order by all")  # fmt: skip
    assert calls == [("09", 0.0, "normal"), ("10", 92.1, "normal")]
