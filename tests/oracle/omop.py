"""OMOP CDM samples as stays: `visit_occurrence`, `person` and, where delivered, `death`.

A stay is a visit of concept 9201 (inpatient) or 262 (emergency and inpatient). A transfer is coded where
`preceding_visit_occurrence_id` names another such stay of the same person, or where `discharged_to_source_value` or
`admitted_from_source_value` holds a word for a hospital. A death on or before the last day of a stay is a death in it. OMOP tells neither
diagnoses here, nor planned or acute, nor a region.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from .stays import Stay

INPATIENT = {"9201", "262"}
HOSPITALS = {"another hospital", "other hospital", "hospital", "annat sjukhus", "annan klinik"}
_SEX = {"8532": "women", "8507": "men"}


def read(folder: Path, site: str) -> tuple[list[Stay], date]:
    """One site's stays, and its last delivered date: the latest date of any visit of any kind (choice)."""
    visits = _rows(folder / f"{site}_visit_occurrence.csv")
    people = {p["person_id"]: p for p in _rows(folder / f"{site}_person.csv")}
    deaths = {d["person_id"]: date.fromisoformat(d["death_date"]) for d in _rows(folder / f"{site}_death.csv")}
    inpatient = {v["visit_occurrence_id"]: v for v in visits if v["visit_concept_id"] in INPATIENT}
    stays = []
    for key, v in inpatient.items():
        person = people[v["person_id"]]
        before = inpatient.get(_whole(v.get("preceding_visit_occurrence_id", "")))
        ended = date.fromisoformat(v["visit_end_date"]) if v["visit_end_date"] else None
        died = deaths.get(v["person_id"])
        stays.append(
            Stay(
                key,
                v["person_id"],
                date.fromisoformat(v["visit_start_date"]),
                ended,
                site=site,
                birth_date=date(*(int(person[f"{part}_of_birth"]) for part in ("year", "month", "day"))),
                death_date=died,
                sex=_SEX[person["gender_concept_id"]],
                provider_region=None,
                residence_region=None,
                residence_municipality=None,
                transferred_in=(v.get("admitted_from_source_value") or "").strip().lower() in HOSPITALS
                or (before is not None and before["person_id"] == v["person_id"]),
                transferred_out=(v.get("discharged_to_source_value") or "").strip().lower() in HOSPITALS,
                deceased=died is not None and ended is not None and died <= ended,
                planned=None,
                main_diagnosis=None,
            )
        )
    last = max(
        date.fromisoformat(v[name]) for v in visits for name in ("visit_start_date", "visit_end_date") if v[name]
    )
    return stays, last


def _whole(identifier: str) -> str:
    """An integer that a tool wrote as `594.0`."""
    return identifier.removesuffix(".0")


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
