"""SCB's answer in json-stat2: population on 31 December by municipality, five-year age band, sex and year.

The denominators of the registers' rates; in the small example of the sample that the stays are drawn from.
"""

from __future__ import annotations

from orchestration.example.delivery import SYNTHETIC, Written, json_file
from orchestration.example.places import municipalities
from orchestration.example.register.population import Population
from orchestration.example.register.targets import BANDS

PATH = "scb/synthetic_population_municipality_age.json"
CONTENTS, TABLE = "000007ME", "BEFOLKALDERKOMMUN"
_LABEL = "Folkmängd"
_SEXES = {"1": "män", "2": "kvinnor"}


def write(population: Population) -> Written:
    """The whole answer; a record is one value."""
    names = {m.code: m.name for m in municipalities()}
    labels = {
        "Region": {code: names[code] for code in population.codes},
        "Alder": {band: f"{band} år" for band in BANDS},
        "Kon": _SEXES,
        "ContentsCode": {CONTENTS: _LABEL},
        "Tid": {str(year): str(year) for year in population.years},
    }
    # From [year, municipality, sex, band] to the order of the dimensions, the last running fastest.
    values = population.bands.transpose(1, 3, 2, 0).ravel().tolist()
    part = f" Urval: 1 av {population.sample} invånare." if population.sample > 1 else ""
    answer = {
        "version": "2.0",
        "class": "dataset",
        "label": f"{_LABEL} efter region, ålder, kön och år",
        "source": f"SCB {SYNTHETIC}",
        "updated": "2025-02-21T07:00:00Z",
        "note": [f"Syntetiska data: påhittade tal i en verklig tabells form.{part}"],
        "role": {"time": ["Tid"], "metric": ["ContentsCode"]},
        "id": list(labels),
        "size": [len(told) for told in labels.values()],
        "dimension": {
            name: {
                "label": name,
                "category": {"index": {code: i for i, code in enumerate(told)}, "label": told},
            }
            for name, told in labels.items()
        },
        "extension": {"px": {"tableid": TABLE, "official-statistics": False, "language": "sv"}},
        "value": values,
    }
    return json_file(PATH, answer, 0, len(values))
