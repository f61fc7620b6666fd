"""The real exports poured into the columns of the contract by the shortest way, to see which bounds they touch.

Not a reader: it trusts the files, knows their headings by heart and leaves out what no expectation looks at.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.support.fact_tables import REGIONS, Row, row

MONTHS = ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november",
          "december"]  # fmt: skip
SEXES = {"Totalt": "total", "Kvinnor": "women", "Män": "men"}
NAMES = ["Stockholm", "Uppsala", "Sodermanland", "Ostergotland", "Jonkoping", "Kronoberg", "Kalmar", "Gotland",
         "Blekinge", "Skane", "Halland", "Gotaland", "Varmland", "Orebro", "Vastmanland", "Dalarna", "Gavleborg",
         "Vasternorrland", "Jamtland", "Vasterbotten", "Norrbotten"]  # fmt: skip
COUNTIES = dict(zip(NAMES, REGIONS, strict=True))


def _number(text: str) -> float | None:
    try:
        return float(text.replace("\xa0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        return None


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def varden_i_siffror(deliveries: Path) -> tuple[list[Row], list[Row]]:
    """Telephone shares with their contacts as counts beside, for waits; trust and care days, for observations."""
    waits, observations = [], []
    for r in _table(deliveries / "varden_i_siffror" / "vardenisiffror_export_2019-03-27.csv"):
        area, sex = r["Länskod"].zfill(2), SEXES[r["Kön/Totalt"]]
        year, _, part = r["Mätperiod"].partition(" ")
        period = f"{year}-{part}" if part.startswith("H") else year
        period = f"{year}-{MONTHS.index(part) + 1:02d}" if part in MONTHS else period
        kind = "half_year" if part.startswith("H") else "month" if part else "year"
        start = {"H1": f"{year}-01-01", "H2": f"{year}-07-01"}.get(
            part, f"{period}-01"[:10] if part else f"{year}-01-01"
        )
        one = row(area, period[:7], _number(r["Värde"])) | {"period": period, "period_type": kind, "sex": sex}
        one |= {"period_start": start, "period_end": start, "source_id": "varden_i_siffror", "age_group": "total"}
        if r["Titel"].startswith("Primärvårdens tillgänglighet"):
            one |= {"service_code": "primary_care", "contact_type": "phone", "phase": "completed"}
            waits.append({**one, "measure": "within_percent", "unit": "percent"})
            for column, measure in (("Täljare", "within_count"), ("Nämnare/antal fall", "total_count")):
                waits.append({**one, "measure": measure, "unit": "contacts", "value": _number(r[column])})
        else:
            topic, unit = ("trust", "percent") if r["Måttenhet"] == "%" else ("care_days", "per_1000")
            observations.append({**one, "topic_code": topic, "measure": topic, "unit": unit})
    return waits, observations


def bup(deliveries: Path) -> list[Row]:
    """Monthly medians of child psychiatry with the pooled nation."""
    with (deliveries / "socialstyrelsen" / "vantetider_bup_2026-08-24.csv").open(encoding="utf-8-sig") as lines:
        table = list(csv.reader(lines, delimiter=";"))
    periods = [f"{y}-{MONTHS.index(m.lower()) + 1:02d}" for y, m in zip(table[1][1:], table[2][1:], strict=True)]
    head = {"measure": "median_days", "unit": "days", "service_code": "bup", "sex": "total", "age_group": "total"}
    return [
        row(area, period, _number(text), **head, source_id="bup")
        for area, line in zip(["00", *REGIONS], table[3:25], strict=True)
        for period, text in zip(periods, line[1:], strict=True)
    ]


def costs(deliveries: Path) -> list[Row]:
    """Leaves as delivered and the totals of health care summed from them, an absent leaf counting 0."""
    scopes = {"Nettokostnad exkl läkemedel": "excl_drugs", "därav läkemedelskostnader på rekvisition":
              "requisition_drugs", "därav läkemedelskostnader inom förmånen": "benefit_drugs"}  # fmt: skip
    rows = _table(deliveries / "skr" / "kostnad_per_invanare_per_specialitet.csv")
    names = sorted({r["Region"] for r in rows if not r["Region"].startswith("Riket")})
    codes = {"Riket": "00", **dict(zip(names, REGIONS, strict=True))}
    head = {"measure": "cost_per_inhabitant_sek", "unit": "SEK_per_inhabitant", "cost_concept": "net",
            "price_basis": "current", "source_id": "skr_costs"}  # fmt: skip
    made: list[Row] = []
    totals: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for r in rows:
        if r["Region"] not in codes or r["Underkonto"] not in scopes:
            continue
        area, scope, value = codes[r["Region"]], scopes[r["Underkonto"]], _number(r["Värde"])
        assert value is not None
        leaf = {"service_code": f"{r['Område']}/{r['Delområde']}", "service_level": "leaf", "drug_scope": scope}
        made.append(row(area, r["År"], value, **head, **leaf))
        parts = {"excl_drugs": 1, "requisition_drugs": 2, "benefit_drugs": 3}
        for least, total in enumerate(("excl_drugs", "excl_benefit_drugs", "incl_drugs"), start=1):
            if r["Huvudområde"] == "Hälso- och sjukvård" and parts[scope] <= least:
                for service in ("primary_care" if r["Område"] == "Primärvård" else r["Område"], "health_care"):
                    totals[area, r["År"], service, total] += value
    for (area, year, service, scope), value in totals.items():
        group = {"service_code": service, "service_level": "subtotal", "drug_scope": scope}
        made.append(row(area, year, value, **head, **group))
    return made


def hsr(deliveries: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """Readmissions, waits and the rest of the attachment; each indicator once."""
    readmissions, waits, rest = [], [], []
    seen: set[tuple[str, ...]] = set()
    with (deliveries / "skr" / "halso_och_sjukvardsrapporten_2018_bilaga.csv").open(encoding="utf-8-sig") as lines:
        for r in list(csv.reader(lines, delimiter=";"))[1:]:
            title, area, unit = r[2].strip(), "00" if r[4].strip() == "46" else r[4].strip(), r[14].strip()
            if (title, area, r[5], unit) in seen:
                continue
            seen.add((title, area, r[5], unit))
            one = row(area, r[5][:4], _number(r[6]), sex="total", age_group="total", source_id="hsr")
            if "terinskrivning" in title:
                one |= {"measure": "readmission_percent", "unit": "percent", "method_code": title}
                readmissions.append({**one, "ci_low": _number(r[9]), "ci_high": _number(r[10])})
            elif title.startswith("Genomförda"):
                waits.append({**one, "measure": "within_percent", "unit": "percent", "service_code": title})
            else:
                per = "per_1000" if "1 000" in unit else "per_100_beds"
                rest.append({**one, "measure": title, "topic_code": title + unit, "unit": per})
    return readmissions, waits, rest


def kolada(deliveries: Path) -> list[Row]:
    """The slice of regions: shares by year."""
    values = json.loads((deliveries / "kolada" / "data_regions_slice_reconstructed.json").read_text())["values"]
    sexes = {"T": "total", "K": "women", "M": "men"}
    return [
        row(
            r["municipality"][2:],
            str(r["period"]),
            v["value"],
            measure=r["kpi"],
            topic_code=r["kpi"],
            unit="percent",
            sex=sexes[v["gender"]],
            age_group="total",
            source_id="kolada",
        )
        for r in values
        for v in r["values"]
    ]


def population(deliveries: Path) -> Iterable[Row]:
    """The county file with sums over sex, age and county; the monthly table with its noise."""
    head = {"measure": "population_count", "unit": "persons"}
    sums: dict[tuple[str, str, str, str], int] = defaultdict(int)
    with (deliveries / "scb" / "sweden_population_county_age_sex_2000_2015.csv").open(encoding="utf-8") as lines:
        for r in csv.DictReader(lines):
            area, sex = COUNTIES[r["region"].removeprefix("Vastra ")], {"Females": "women", "Males": "men"}[r["sex"]]
            for key_area in (area, "00"):
                for key_sex in (sex, "total"):
                    for age in (r["age"], "total"):
                        sums[key_area, r["year"], key_sex, age] += int(r["population"])
    for (area, year, sex, age), value in sums.items():
        yield row(area, year, value, **head, sex=sex, age_group=age, noise="none", source_id="county_file")
    table = json.loads((deliveries / "scb" / "TAB6471_data.json").read_text())
    codes = [list(table["dimension"][d]["category"]["index"]) for d in table["id"]]
    at = 0
    for area in codes[0]:
        for age in codes[1]:
            for sex in codes[2]:
                for month in codes[4]:
                    text = {"TotSa": "total", "1": "men", "2": "women"}[sex]
                    yield row(area, month.replace("M", "-"), table["value"][at], **head, sex=text, age_group=age,
                              noise="ckm", source_id="monthly")  # fmt: skip
                    at += 1
