"""SCB's answer in json-stat2 (table TAB6471): population by month, county, ten-year age band and sex.

From 2025 the office adds noise to every count it shows (Cell Key Method): women and men miss their total by up to 8.
"""

from __future__ import annotations

from orchestration.example.country import Country
from orchestration.example.delivery import SYNTHETIC, Written, json_file
from orchestration.example.draw import Draw
from orchestration.example.places import REGIONS

PATH = "scb/synthetic_TAB6471_data.json"
MONTHS = ("2026M01", "2026M02", "2026M03", "2026M04")
BANDS = (*(f"{low}-{low + 9}" for low in range(0, 100, 10)), "100+10")
SEXES = {"TotSa": "totalt, samtliga män och kvinnor", "1": "män", "2": "kvinnor"}
CONTENTS = "000007SF"
_LABEL = "Folkmängden per månad"


def _category(labels: dict[str, str], **more: object) -> dict[str, object]:
    return {"index": {code: i for i, code in enumerate(labels)}, "label": labels, **more}


def _dimensions() -> dict[str, object]:
    told = "Med ålder avses uppnådd ålder vid årets slut, d.v.s. i princip en redovisning efter födelseår."
    bands = {band: f"{band} år" for band in BANDS[:-1]} | {"100+10": "100+ år"}
    return {
        "Region": {
            "label": "region",
            "category": _category({region.code: region.county for region in REGIONS}),
            "extension": {"elimination": False, "show": "code_value"},
        },
        "Alder": {
            "label": "ålder",
            "note": [told],
            "category": _category(bands),
            "extension": {"elimination": False, "noteMandatory": {"0": True}, "show": "value"},
        },
        "Kon": {
            "label": "kön",
            "category": _category(SEXES),
            "extension": {"elimination": True, "eliminationValueCode": "TotSa", "show": "value"},
        },
        "ContentsCode": {
            "label": "tabellinnehåll",
            "category": _category({CONTENTS: _LABEL}, unit={CONTENTS: {"base": "antal", "decimals": 0}}),
            "extension": {
                "elimination": False,
                "refperiod": {CONTENTS: "Respektive månad"},
                "show": "value",
                "measuringType": {CONTENTS: "Stock"},
                "priceType": {CONTENTS: "NotApplicable"},
                "adjustment": {CONTENTS: "None"},
                "alternativeText": {CONTENTS: _LABEL},
            },
        },
        "Tid": {
            "label": "månad",
            "category": _category({month: month for month in MONTHS}),
            "extension": {"elimination": False, "show": "code"},
        },
    }


def _extension() -> dict[str, object]:
    synthetic = f"Vårdlagret {SYNTHETIC}"
    return {
        "noteMandatory": {str(i): True for i in range(4)},
        "px": {
            "infofile": "BE0101",
            "tableid": "TAB6471",
            "decimals": 0,
            "official-statistics": False,
            "aggregallowed": False,
            "copyright": False,
            "language": "sv",
            "contents": _LABEL,
            "descriptiondefault": False,
            "heading": ["ContentsCode", "Tid"],
            "stub": ["Region", "Alder", "Kon"],
            "matrix": "TAB6471",
            "subject-code": "BE",
            "subject-area": "Befolkning",
        },
        "discontinued": None,
        "contact": [{"name": synthetic, "organization": synthetic, "phone": "", "mail": "", "raw": synthetic}],
    }


def _values(draw: Draw, country: Country) -> list[int]:
    """Counts with noise, the last dimension (month) running fastest."""
    values = []
    for region in REGIONS:
        ages = {
            (sex, month): country.ages(region.code, 2026, name, int(month[-2:]))
            for sex, name in (("1", "men"), ("2", "women"))
            for month in MONTHS
        }
        for band in range(len(BANDS)):
            counts = {key: sum(years[10 * band : 10 * band + 10]) for key, years in ages.items()}
            for sex in SEXES:
                for month in MONTHS:
                    true = counts[sex, month] if sex != "TotSa" else counts["1", month] + counts["2", month]
                    noise = draw.whole(-4, 4, region.code, band, sex, month)
                    values.append(max(0, true + (noise if sex == "TotSa" else noise // 2)))
    return values


def write(seed: int, country: Country) -> Written:
    """The whole answer; a record is one value."""
    values = _values(Draw(seed, "noise"), country)
    answer = {
        "version": "2.0",
        "class": "dataset",
        "label": f"{_LABEL} efter region, ålder, kön och månad",
        "source": f"SCB {SYNTHETIC}",
        "updated": "2026-06-08T06:00:00Z",
        "note": [
            "Syntetiska data: påhittade tal i en verklig tabells form.",
            "En liten slumpmässig osäkerhet är införd i samtliga uppgifter. Redovisade totaler är därför inte alltid "
            "lika med summan av sina delar.",
            "Uppgiften om folkmängd avser förhållandet den sista dagen i respektive månad.",
            "Folkmängden redovisas enligt den indelning i administrativa områden som gällde den 1 januari.",
        ],
        "role": {"time": ["Tid"], "metric": ["ContentsCode"]},
        "id": ["Region", "Alder", "Kon", "ContentsCode", "Tid"],
        "size": [len(REGIONS), len(BANDS), len(SEXES), 1, len(MONTHS)],
        "dimension": _dimensions(),
        "extension": _extension(),
        "value": values,
    }
    return json_file(PATH, answer, 2, len(values))
