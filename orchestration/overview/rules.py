"""How each light is decided, in words, with the numbers that decide it."""

from __future__ import annotations

from orchestration.overview import lights
from orchestration.overview.words import Said
from orchestration.watch.schedule import NIGHTS_OF_HISTORY, SLOW_AT_LEAST_SECONDS, SLOW_FACTOR


def rules() -> list[Said]:
    """One rule after the other, as the page's foot lists them."""
    amber, red = lights.SHARE_AMBER, lights.SHARE_RED
    return [
        Said(
            "Svaret: grönt när utgåvan är ute och hel, gult när något väntar eller är undanhållet, rött när en "
            "körning dog eller stannade, utgåvan är borta eller mindre än 1 GB är ledigt.",
            "The answer: green when the release is out and whole, amber when something waits or is withheld, red when "
            "a run died or stopped, the release is gone, or less than 1 GB is free.",
        ),
        Said(
            "Källa: gul när en fil är avvisad, en post i karantän, eller leveransen sen: en halv gång till så länge "
            "som källans takt sedan den senaste.",
            "Source: amber when a file is refused, a record quarantined, or the delivery late: half as long again as "
            "the source's rhythm since the last one.",
        ),
        Said(
            f"Karantän per ägare, mot medianen av tidigare nätter: gul över {amber[0]:g} gånger och minst "
            f"{amber[1]:g} procentenheter mer, röd över {red[0]:g} gånger och minst {red[1]:g}. Med färre än "
            f"{NIGHTS_OF_HISTORY} nätter: gul över {lights.SHARE_AMBER_ALONE:g} %, röd över "
            f"{lights.SHARE_RED_ALONE:g} %.",
            f"Quarantine by owner, against the median of earlier nights: amber above {amber[0]:g} times and at least "
            f"{amber[1]:g} points more, red above {red[0]:g} times and at least {red[1]:g}. With fewer than "
            f"{NIGHTS_OF_HISTORY} nights: amber above {lights.SHARE_AMBER_ALONE:g} %, red above "
            f"{lights.SHARE_RED_ALONE:g} %.",
        ),
        Said(
            f"Tid: gul över {SLOW_FACTOR} gånger medianen av minst {NIGHTS_OF_HISTORY} tidigare nätter, och minst "
            f"{SLOW_AT_LEAST_SECONDS // 60} minuter.",
            f"Duration: amber above {SLOW_FACTOR} times the median of at least {NIGHTS_OF_HISTORY} earlier nights, "
            f"and at least {SLOW_AT_LEAST_SECONDS // 60} minutes.",
        ),
        Said(
            f"Rader och poster, mot förra utgåvan eller natten: gul när de minskar med över {lights.ROWS_AMBER:g} %, "
            f"röd över {lights.ROWS_RED:g} %.",
            f"Rows and records, against the release or night before: amber when they fall by more than "
            f"{lights.ROWS_AMBER:g} %, red by more than {lights.ROWS_RED:g} %.",
        ),
        Said(
            "Kontroller: varning gul, underkänd och trasig röd. Körning: kod 0 grön, 3 och pågående gul, annat röd. "
            "Disk: gul under 5 GB, röd under 1 GB. Månader: saknad, delvis och undanhållen gul, misslyckad röd.",
            "Checks: warned amber, failed and broken red. Run: exit 0 green, 3 and under way amber, else red. Disk: "
            "amber below 5 GB, red below 1 GB. Months: missing, partly and withheld amber, failed red.",
        ),
        Said(
            "Månad: slutlig när regionen har sänt så långt att uppföljningen efter månadens sista dag och de senare "
            "sändningar som ännu rättar den har kommit; för patientregistret månaden tre månader senare.",
            "Month: final when the region has sent so far that the follow-up after the month's last day and the later "
            "sendings that still correct it have come; for the patient register the month three months later.",
        ),
    ]
