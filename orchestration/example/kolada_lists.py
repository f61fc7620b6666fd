"""Kolada's lists (API v3): municipalities and regions, groups of municipalities, key figures; and SKR's grouping.

Ids and titles are Kolada's (Källa: Kolada), doubled blanks included; descriptions are the example's own.
"""

from __future__ import annotations

from orchestration.example.delivery import TextFile, Written, json_file
from orchestration.example.places import REGIONS, municipalities

MUNICIPALITY_PATH = "kolada/synthetic_municipality.json"
GROUPS_PATH = "kolada/synthetic_municipality_groups_named.json"
KPI_PATH = "kolada/synthetic_kpi_health_subset.json"
MEMBERSHIP_PATH = "kolada/synthetic_skr_kommungrupp_membership.csv"
MEMBERSHIP_HEADING = "kommun_kod,kommun,kolada_group_id,kolada_group_title,skr_kod_2023"

SKR_GROUPS = {
    "A1": ("G92787", "Storstäder (ovägt medel)"),
    "A2": ("G92793", "Pendlingskommun nära storstad (ovägt medel)"),
    "B3": ("G92790", "Större stad (ovägt medel)"),
    "B4": ("G92792", "Pendlingskommun nära större stad (ovägt medel)"),
    "B5": ("G92786", "Lågpendlingskommun nära större stad (ovägt medel)"),
    "C6": ("G92788", "Mindre stad/tätort (ovägt medel)"),
    "C7": ("G92789", "Pendlingskommun nära mindre tätort (ovägt medel)"),
    "C8": ("G92791", "Landsbygdskommun, ej nära större stad (ovägt medel)"),
    "C9": ("G92794", "Landsbygdskommun med besöksnäring (ovägt medel)"),
}
# A doubled blank in a title, and titles that contain a county's name.
OTHER_GROUPS = {
    ("G114798", "4M -  Fyra Mälarstäder (ovägt medel)"): ("0381", "0484", "0486", "1980"),
    ("G33619", "Gotlands läns kommuner (ovägt medel)"): ("0980",),
    ("G33622", "Hallands läns kommuner (ovägt medel)"): ("1315", "1380", "1381", "1382", "1383", "1384"),
}
# id, title, divided by gender, type of area (L region, K municipality, A both), area, perspective
KPIS = (
    ("N01951", "Invånare totalt, antal", True, "A", "Befolkning", "Övrigt"),
    ("N20007", "Kostnad äldreomsorg, kr/inv 65+", False, "K", "Äldreomsorg", "Resurser"),
    ("N20014", "Nettokostnad äldreomsorg, kr/inv", False, "K", "Äldreomsorg", "Resurser"),
    ("N20506", "Oplanerade återinskrivningar bland äldre, andel (%)", True, "K", "Äldreomsorg",
     "Kvalitet och resultat"),
    ("N79179", "Telefonsamtal till primärvården som besvarats samma dag, andel (%)", False, "L", "Hälso- och sjukvård",
     "Kvalitet och resultat"),
    ("N79222", "Genomförd första kontakt inom högst 90 dagar i specialiserad vård, andel (%)", False, "L",
     "Hälso- och sjukvård", "Kvalitet och resultat"),
    ("N79241", "Väntetid för första kontakt i specialiserad vård,  av genomförda besök, antal dagar (median)", False,
     "L", "Hälso- och sjukvård", "Kvalitet och resultat"),
    ("U79092", "Patienter med oplanerad återinskrivning inom 30 dagar, andel (%)", True, "L", "Hälso- och sjukvård",
     "Kvalitet och resultat"),
)  # fmt: skip


def _answer(items: list[dict[str, object]]) -> dict[str, object]:
    return {"values": items, "count": len(items), "next_url": None, "previous_url": None}


def write_municipality() -> Written:
    """The nation, 21 regions (type L) and 290 municipalities (type K)."""
    items: list[dict[str, object]] = [{"id": "0000", "title": "Riket", "type": "L"}]
    items += [{"id": "00" + region.code, "title": region.kolada, "type": "L"} for region in REGIONS]
    items += [{"id": m.code, "title": m.name, "type": "K"} for m in municipalities()]
    return json_file(MUNICIPALITY_PATH, _answer(items), 0, len(items))


def write_groups() -> Written:
    """SKR's nine groups and three others, with members."""
    members = {group: [m.code for m in municipalities() if m.skr_group == group] for group in SKR_GROUPS}
    groups = {SKR_GROUPS[group]: codes for group, codes in members.items()}
    groups |= {told: list(codes) for told, codes in OTHER_GROUPS.items()}
    names = {m.code: m.name for m in municipalities()}
    items: list[dict[str, object]] = [
        {"id": id, "title": title, "members": [{"id": code, "title": names[code]} for code in codes]}
        for (id, title), codes in sorted(groups.items())
    ]
    return json_file(GROUPS_PATH, _answer(items), 0, len(items))


def write_kpis() -> Written:
    """The key figures that the example holds, and one more."""
    items: list[dict[str, object]] = [
        {
            "id": id,
            "title": title,
            "description": f"{title}. Syntetiskt exempel, inga verkliga värden.",
            "is_divided_by_gender": divided,
            "municipality_type": kind,
            "auspice": "X",
            "operating_area": area,
            "perspective": perspective,
            "prel_publication_date": None,
            "publication_date": "2027-03-03",
            "publ_period": "2026",
            "has_ou_data": False,
        }
        for id, title, divided, kind, area, perspective in KPIS
    ]
    return json_file(KPI_PATH, _answer(items), 1, len(items))


def write_membership() -> Written:
    """SKR's grouping of 2023, one row per municipality."""
    file = TextFile(MEMBERSHIP_PATH, delimiter=",")
    file.line(MEMBERSHIP_HEADING)
    for m in municipalities():
        file.row([m.code, m.name, *SKR_GROUPS[m.skr_group], m.skr_group])
    return file.finish()
