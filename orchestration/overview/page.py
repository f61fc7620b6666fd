"""The status page: one static file that says what `vardlagret status --json` says, in Swedish and English.

It needs no other file and no network, and holds no value, no error's own words and no name of a person.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.overview import lights, words
from orchestration.overview.rules import rules
from orchestration.settings import TIME_ZONE

TEMPLATE = Path(__file__).with_name("page.html.j2")
_AREAS = "seeds/seed_areas.csv"


def render(answer: dict[str, Any], *, synthetic: bool) -> str:
    """The page of one answer of `status`, as HTML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"moment": moment, "span": span, "number": number, "percent": percent, "change": change}
    environment.filters["groupby_year"] = by_year
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        s=answer,
        synthetic=synthetic,
        publish=words.PUBLISH[answer["publish"]["code"]].about(**answer["publish"]["about"]),
        words=words,
        rules=rules(),
        regions=_region_names(),
        section_lights={
            "sources": lights.worst(x["light"] for x in answer["sources"]),
            "facts": lights.worst(lights.of_verdict(x["verdict"]) for x in answer["facts"]),
            "quarantine": lights.worst(x["light"] for x in answer["quarantine"]),
            "nights": lights.worst(
                light for x in answer["nights"]["runs"][:1]
                for light in (x["light"], x["seconds_light"], x["records_light"])
            ),
            "release": lights.worst([
                "amber" if answer["release"] is None or answer["release"]["entries"] else "green",
                *(x["light"] for x in (answer["release"] or {"tables": []})["tables"]),
            ]),
            "months": lights.worst(
                _MONTH_LIGHTS.get(state, "green")
                for x in answer["months"] for r in x["regions"] for state in r["states"].values()
            ),
        },
        verdict_light=lights.of_verdict,
    )  # fmt: skip


_MONTH_LIGHTS = {"missing": "amber", "partly": "amber", "withheld": "amber", "failed": "red"}


def moment(text: str | None) -> str:
    """A moment in Swedish time to the minute; a dash where there is none."""
    if not text:
        return "–"
    return datetime.fromisoformat(text).astimezone(ZoneInfo(TIME_ZONE)).strftime("%Y-%m-%d %H:%M")


def span(seconds: float | None) -> str:
    """Seconds as a person reads them: 8.2 s, 3 min 5 s, 2 h 4 min."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def number(value: int | None) -> str:
    """Thousands apart by a narrow space that does not break."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def change(now: int | None, before: int | None) -> str:
    """The change in percent, with its sign; a dash without a past."""
    return "–" if now is None or not before else f"{100 * (now - before) / before:+.1f} %".replace("-", "\u2212")


def by_year(months: list[str]) -> list[tuple[str, list[str]]]:
    """Months under their years, in order."""
    return [(year, list(several)) for year, several in groupby(months, key=lambda month: month[:4])]


def _region_names() -> dict[str, str]:
    import csv

    from orchestration.settings import DBT_PROJECT

    with (DBT_PROJECT / _AREAS).open(encoding="utf-8", newline="") as file:
        return {row["area_code"]: row["short_name_sv"] for row in csv.DictReader(file) if row["area_level"] == "region"}
