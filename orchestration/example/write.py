"""Write a folder of example deliveries, each with its manifest, and the key of planted defects beside the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.example import (
    geography,
    kolada_lists,
    kolada_values,
    scb_json,
    scb_population,
    skr_costs,
    skr_report,
    socialstyrelsen,
    statdb,
    varden_i_siffror,
)
from orchestration.example.country import Country
from orchestration.example.delivery import Defect, Written

if TYPE_CHECKING:
    from orchestration.example.register.scale import Scale
    from orchestration.example.register.write import RegisterReport

MANIFEST = ".manifest.json"
# What an example consists of, beside the manifests; relative to its folder.
FILES: tuple[str, ...] = (
    varden_i_siffror.PATH,
    skr_costs.PATH,
    skr_report.PATH,
    socialstyrelsen.STAFF_PATH,
    socialstyrelsen.WAITS_PATH,
    socialstyrelsen.SURVEY_PATH,
    statdb.CSV_PATH,
    statdb.XLSX_PATH,
    scb_json.PATH,
    scb_population.TABLE_PATH,
    scb_population.AGES_PATH,
    kolada_values.REGIONS_PATH,
    kolada_values.MUNICIPALITIES_PATH,
    kolada_values.POPULATION_PATH,
    kolada_lists.MUNICIPALITY_PATH,
    kolada_lists.GROUPS_PATH,
    kolada_lists.KPI_PATH,
    kolada_lists.MEMBERSHIP_PATH,
    geography.COUNTIES_PATH,
    geography.MUNICIPALITIES_PATH,
    geography.BOTH_PATH,
)


@dataclass(frozen=True)
class ExampleFile:
    """A written file: path relative to the target, size, hash, and records as its layout defines them."""

    path: str
    bytes: int
    sha256: str
    records: int


@dataclass(frozen=True)
class ExampleReport:
    """What `write_example` wrote, and where the key of defects lies."""

    target: Path
    key_path: Path
    files: tuple[ExampleFile, ...]
    defects: tuple[Defect, ...]
    registers: RegisterReport | None = None

    @property
    def records(self) -> int:
        return sum(file.records for file in self.files)


def example_files(seed: int = 1) -> list[Written]:
    """All files in memory, in the order of `FILES`. The same seed gives the same bytes on any day and machine."""
    country = Country(seed)
    return [
        varden_i_siffror.write(seed, country),
        skr_costs.write(seed, country),
        skr_report.write(seed, country),
        socialstyrelsen.write_staff(seed, country),
        socialstyrelsen.write_waits(seed, country),
        socialstyrelsen.write_survey(seed, country),
        statdb.write_csv(seed, country),
        statdb.write_xlsx(seed, country),
        scb_json.write(seed, country),
        scb_population.write_table(seed, country),
        scb_population.write_ages(country),
        kolada_values.write_regions(seed, country),
        kolada_values.write_municipalities(seed, country),
        kolada_values.write_population(seed, country),
        kolada_lists.write_municipality(),
        kolada_lists.write_groups(),
        kolada_lists.write_kpis(),
        kolada_lists.write_membership(),
        *geography.write_all(),
    ]


def write_example(
    target: Path,
    seed: int = 1,
    key_path: Path | None = None,
    scale: Scale | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ExampleReport:
    """Write example deliveries with manifests into `target`, and their key of defects to `key_path`.

    Args:
        target: a folder that is new, empty, or holds an earlier example; it is written over.
        seed: gives the values; layouts, places of defects and code lists are the same for all seeds.
        key_path: default `<target>-key.json` beside the folder, so that it is not ingested.
        scale: also write the registers of that scale; without one, the aggregate files only. Register files have no
            manifest: their names say the period and that they are synthetic.
        progress: told a line now and then.

    Raises:
        ValueError: the key would lie inside the deliveries.
        FileExistsError: the folder holds a file that no example writes.
    """
    from orchestration.example.register.write import clear, write_registers

    target = target.absolute()
    key_path = (key_path or target.with_name(f"{target.name}-key.json")).absolute()
    if key_path.is_relative_to(target):
        raise ValueError(
            f"the key {key_path} would lie inside the deliveries {target}: choose a path outside the folder"
        )
    _refuse_others(target)
    written = example_files(seed)
    clear(target)
    registers = write_registers(target, seed, scale, progress) if scale else None
    if registers:
        written.append(registers.population)
    for file in written:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.with_name(file.name + MANIFEST).write_bytes(file.manifest())
    defects = tuple(defect for file in written for defect in file.defects)
    key: dict[str, Any] = {"schema": "example_key/1"}
    if registers:
        defects += registers.defects
        key["patterns"] = registers.patterns
    key["defects"] = [asdict(defect) for defect in defects]
    key_path.parent.mkdir(parents=True, exist_ok=True)
    key_path.write_text(json.dumps(key, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    files = tuple(ExampleFile(f.path, len(f.content), f.sha256, f.records) for f in written)
    return ExampleReport(target, key_path, files, defects, registers)


def _refuse_others(target: Path) -> None:
    """An example among other files would be ingested with them, and a home holds one origin only."""
    from orchestration.example.register.scb_municipality_age import PATH
    from orchestration.example.register.write import is_ours

    ours = {*FILES, PATH, *(path + MANIFEST for path in (*FILES, PATH))}
    if not target.exists():
        return
    for path in sorted(target.rglob("*")):
        relative = path.relative_to(target).as_posix()
        if path.is_file() and relative not in ours and not is_ours(relative):
            raise FileExistsError(f"{path} is no file of the example: choose a new or empty folder for the example")
