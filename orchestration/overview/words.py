"""The words of the status page, Swedish and English. Codes come from `status`, the words stand here and nowhere else.

The page says codes, moments, months and commands. What may quote a delivery or name a person (an error's own words, who
holds publication and why) is not said: it stands in `vardlagret status`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """The same in both languages."""

    sv: str
    en: str

    def about(self, **names: object) -> Said:
        """With names put in."""
        return Said(self.sv.format(**names), self.en.format(**names))


ANSWERS = {
    "yes": Said("Ja, nattens siffror är publicerade.", "Yes, tonight's numbers are out."),
    "partly": Said("Delvis: något är undanhållet.", "Partly: something is withheld."),
    "no": Said("Nej, inte ännu.", "No, not yet."),
}
LIGHTS = {"green": Said("grön", "green"), "amber": Said("gul", "amber"), "red": Said("röd", "red")}
#: A light is never told by its colour alone.
SIGNS = {"green": "✓", "amber": "▲", "red": "✕"}
#: By `status.publish.code`; the fields are those of `status.publish.about`.
PUBLISH = {
    "no_run": Said("Ingen körning har avslutats.", "No run has ended yet."),
    "running": Said("Körningen {run} är i steget {stage}.", "Run {run} is in stage {stage}."),
    "died": Said("Körningen {run} dog i steget {stage}.", "Run {run} died in stage {stage}."),
    "stopped": Said(
        "Körningen {run} stannade i steget {stage} (kod {exit}).", "Run {run} stopped in stage {stage} (exit {exit})."
    ),
    "held": Said("Publiceringen hålls sedan {since}.", "Publication is held since {since}."),
    "release_gone": Said(
        "Den senaste utgåvan finns inte där latest.json säger.",
        "The latest release is not where latest.json says.",
    ),
    "no_release": Said("Inget har publicerats.", "Nothing has been released."),
    "withheld": Said(
        "{entries} poster är undanhållna eller överförda från en tidigare utgåva.",
        "{entries} entries are withheld or carried forward.",
    ),
    "moved": Said(
        "{values} nationella värden har ändrats mer än tillåtet och väntar på att någon godtar dem.",
        "{values} national headlines moved further than declared, and wait to be acknowledged.",
    ),
    "accepted": Said(
        "{slices} delar är publicerade trots en underkänd kontroll, efter beslut.",
        "{slices} slices are published over a failed check, by decision.",
    ),
    "verdicts": Said("Kontrollerna stoppar {datasets}.", "Verdicts stop {datasets}."),
    "disk": Said("Disken är nästan full.", "The disk is nearly full."),
    "out": Said("Utgåva {release} är publicerad.", "Release {release} is out."),
}
#: By an incident's code: what has happened, and what it does to tonight's publication.
INCIDENTS = {
    "run_failed": (
        Said("Natten stannade", "The night stopped"),
        Said(
            "Den senaste utgåvan står kvar; inget nytt publiceras.",
            "The latest release stays; nothing new is published.",
        ),
    ),
    "run_not_started": (
        Said("Natten har inte börjat", "The night has not started"),
        Said("Den senaste utgåvan står kvar.", "The latest release stays."),
    ),
    "run_slow": (
        Said("Natten går långsamt", "The night is slow"),
        Said("Utgåvan kommer senare, eller inte alls.", "The release comes later, or not at all."),
    ),
    "run_stuck": (
        Said("En körning dog", "A run died"),
        Said("Inget halvt publiceras; natten får köras igen.", "Nothing half is published; run the night again."),
    ),
    "headline_moved": (
        Said("En nationell siffra har ändrats mycket", "A national headline moved"),
        Said(
            "Allt är byggt; inget publiceras förrän någon godtagit den.",
            "All is built; nothing is published until somebody acknowledges it.",
        ),
    ),
    "delivery_late": (
        Said("En leverans är sen", "A delivery is late"),
        Said("De nyaste perioderna saknas.", "The newest periods are missing."),
    ),
    "file_refused": (
        Said("En fil är avvisad", "A file is refused"),
        Said("Det den innehåller publiceras inte.", "What it holds is not published."),
    ),
    "delivery_shrunk": (
        Said("En leverans har krympt", "A delivery has shrunk"),
        Said("Siffrorna bygger på det som finns kvar.", "The numbers rest on what is left."),
    ),
    "records_broken": (
        Said("Många poster är i karantän", "Many records are in quarantine"),
        Said("Siffrorna bygger på det som finns kvar.", "The numbers rest on what is left."),
    ),
    "month_suspect": (
        Said("En månad ser fel ut", "A month looks wrong"),
        Said("Det som räknas från den kan vara fel.", "What is counted from it may be wrong."),
    ),
    "check_failed": (
        Said("En kontroll underkände", "A check failed"),
        Said("Delarna den pekar ut hålls undan.", "The slices that it names are held back."),
    ),
    "check_broken": (
        Said("En kontroll är trasig", "A check is broken"),
        Said("Ingen har bedömt datamängden: den hålls undan.", "Nobody has judged the dataset: it is held back."),
    ),
    "release_withheld": (
        Said("Något är undanhållet", "Something is withheld"),
        Said("Utgåvan är ute utan det, eller med äldre värden.", "The release is out without it, or with older ones."),
    ),
    "release_damaged": (
        Said("En utgåva är skadad", "A release is damaged"),
        Said("Läsare ser inte utgåvan som den publicerades.", "Readers do not see the release as it was published."),
    ),
    "publication_held": (
        Said("Publiceringen hålls", "Publication is held"),
        Said("Ingen utgåva görs förrän den släpps.", "No release is made until it is lifted."),
    ),
    "correction_expired": (
        Said("En rättelse har gått ut", "A correction has expired"),
        Said("Inget byggs; den senaste utgåvan står kvar.", "Nothing is built; the latest release stays."),
    ),
    "disk_low": (
        Said("Disken är nästan full", "The disk is nearly full"),
        Said("Natten kan stanna utan utgåva.", "The night may stop without a release."),
    ),
    "home_locked": (
        Said("En annan körning håller hemmet", "Another run holds the home"),
        Said("Ingen annan körning kan börja.", "No other run can begin."),
    ),
}
#: How often a source delivers.
RHYTHMS = {
    "monthly": Said("varje månad", "monthly"),
    "quarterly": Said("varje kvartal", "quarterly"),
    "half_yearly": Said("varje halvår", "half-yearly"),
    "yearly": Said("varje år", "yearly"),
    "irregular": Said("oregelbundet", "irregular"),
}
LATE = Said("sen", "late")
SEXES = {"total": Said("båda könen", "both sexes"), "women": Said("kvinnor", "women"), "men": Said("män", "men")}
VERDICTS = {
    "passed": Said("godkänd", "passed"),
    "warned": Said("varning", "warned"),
    "failed": Said("underkänd", "failed"),
    "broken": Said("trasig", "broken"),
}
ACTIONS = {
    "withheld": Said("undanhållen", "withheld"),
    "carried_forward": Said("överförd från tidigare", "carried forward"),
    "accepted": Said("publicerad efter beslut", "published by decision"),
}
#: A month's state: sign, word, and what it means.
MONTHS = {
    "final": ("S", Said("slutlig", "final"), Said("publicerad, uppföljning och rättelser har kommit",
                                                  "published, follow-up and corrections have come")),
    "provisional": ("P", Said("preliminär", "provisional"), Said("publicerad, fler sändningar väntas",
                                                                 "published, more sendings are expected")),
    "accepted": ("G", Said("godtagen", "accepted"), Said("byggd, inte publicerad", "built, not published")),
    "arrived": ("A", Said("ankommen", "arrived"), Said("mottagen, inte byggd", "received, not built")),
    "withheld": ("H", Said("undanhållen", "withheld"), Said("en kontroll håller den undan", "held back by a check")),
    "failed": ("F", Said("misslyckad", "failed"), Said("bygget avbröts", "building it was cut short")),
    "partly": ("½", Said("delvis", "partly"), Said("en av regionens avsändare saknas",
                                                   "one of the region's senders is missing")),
    "missing": ("!", Said("saknas", "missing"), Said("regionen har inte sänt månaden",
                                                     "the region has not sent the month")),
}  # fmt: skip
#: The signs that differ in English.
ENGLISH_SIGNS = {"final": "F", "accepted": "A", "arrived": "R", "failed": "X"}
