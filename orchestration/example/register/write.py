"""The registers' part of an example: stays, contacts, population by municipality and age, and the key of pseudonyms."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from orchestration.example.country import Country
from orchestration.example.delivery import Defect, Written
from orchestration.example.register import contact_files, scb_municipality_age, stay_deliveries
from orchestration.example.register.contact_files import write_contacts
from orchestration.example.register.defects import Pattern
from orchestration.example.register.population import Population
from orchestration.example.register.scale import Scale
from orchestration.example.register.stay_register import write_stays

PSEUDONYM_KEY = ".synthetic-pseudonym.key"
_OURS = {
    stay_deliveries.FOLDER: re.compile(r"PAR_[A-Z]+_[0-9-]+_\d{4}(-\d{2})?(_\d{4}-\d{2}_\d{4}-\d{2})?_synthetic\.txt"),
    contact_files.FOLDER: re.compile(r"vantetider_kontakter_\d{2}_\d{4}-\d{2}_synthetic\.csv"),
}


@dataclass(frozen=True)
class RegisterReport:
    """What was written: files, bytes (`size`), lines by part (headings included), stays, and the key."""

    files: int
    size: int
    rows: dict[str, int]
    stays: int
    population: Written
    defects: tuple[Defect, ...]
    patterns: tuple[dict[str, Any], ...]


def is_ours(path: str) -> bool:
    """True for a file below the target that a register writer of some scale writes."""
    folder, _, name = path.rpartition("/")
    return path == PSEUDONYM_KEY or (folder in _OURS and _OURS[folder].fullmatch(name) is not None)


def clear(target: Path) -> None:
    """Remove the register files of an earlier example, of which a smaller one would leave some."""
    for folder in _OURS:
        for path in (target / folder).glob("*"):
            if path.is_file() and is_ours(f"{folder}/{path.name}"):
                path.unlink()
    population = target / scb_municipality_age.PATH
    for path in (target / PSEUDONYM_KEY, population, population.with_name(f"{population.name}.manifest.json")):
        path.unlink(missing_ok=True)


def write_registers(target: Path, seed: int, scale: Scale, progress: Callable[[str], None]) -> RegisterReport:
    """Write the register deliveries of a scale below `target`, where none lie yet; the population is given back."""
    country = Country(seed)
    population = Population(country, scale.regions, scale.years, scale.sample)
    stays = write_stays(target, seed, scale, country, population, progress)
    contacts = write_contacts(target, seed, scale, country, progress)
    (target / PSEUDONYM_KEY).write_text(_pseudonym_key(seed), encoding="ascii")
    touched = stays.touched + contacts.touched
    return RegisterReport(
        stays.files + contacts.files,
        stays.size + contacts.size,
        dict(stays.rows + contacts.rows),
        stays.stays,
        scb_municipality_age.write(population),
        (*stays.defects, *contacts.defects),
        tuple(_told(p, touched.get(p)) for p in scale.patterns if _happened(p, scale)),
    )


def _happened(pattern: Pattern, scale: Scale) -> bool:
    """False for a pattern of contacts in a year of which none are written."""
    return pattern.register == "patient_register" or int(pattern.first[:4]) in scale.contact_years


def _told(pattern: Pattern, rows: int | None) -> dict[str, Any]:
    """A pattern as the key has it. `rows` touched, null where rows are absent and so cannot be counted."""
    return {
        "register": pattern.register,
        "kind": pattern.kind,
        "region": pattern.region,
        "first": pattern.first,
        "last": pattern.last,
        "rows": rows,
    }


def _pseudonym_key(seed: int) -> str:
    """64 hexadecimal characters. Of a synthetic country only: who knows the seed knows the key."""
    return blake2b(f"vardlagret example pseudonyms {seed}".encode(), digest_size=32).hexdigest() + "\n"
