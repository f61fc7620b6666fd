"""Owners' files as cells and back, and that every fault changes what is sent."""

from __future__ import annotations

import pytest

from tests.injections import aggregates, registers
from tests.injections.fault import Fault
from tests.injections.homes import NEWEST
from tests.injections.sheets import read
from tests.injections.sound import Sound
from tests.injections.sound import aggregates as tables
from tests.injections.sound import registers as rows
from tests.support.command import vardlagret


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sound]:
    folder = tmp_path_factory.mktemp("injections") / "example"
    vardlagret(folder.parent / "none", "example", folder, "--from", "2023-01", "--to", "2024-12", "--quiet")
    _, found = tables(folder)
    return found | {source: rows(folder, source, cut)[1] for source, cut in NEWEST.items()}


def test_a_file_that_is_read_and_written_holds_the_same_cells(sounds: dict[str, Sound]) -> None:
    files = {n: d for s in sounds.values() if s.source not in NEWEST for n, d in s.update.items()}
    assert len(files) >= 12
    for name, data in files.items():
        sheet = read(name, data)
        again = read(name, sheet.data())
        assert sheet.cells
        assert [(c.area, c.period, c.sex, c.item, c.value) for c in sheet.cells] == [
            (c.area, c.period, c.sex, c.item, c.value) for c in again.cells
        ], name


def test_the_update_of_every_source_brings_something_new(sounds: dict[str, Sound]) -> None:
    for sound in sounds.values():
        assert sound.before != sound.update, sound.source


def test_there_are_sixty_faults_of_twenty_kinds_over_all_sources() -> None:
    faults = [*aggregates.FAULTS, *registers.FAULTS]
    assert len(faults) >= 60
    assert len({f.kind for f in faults}) >= 20
    assert {f.source for f in faults} == {*aggregates.AGGREGATED, *NEWEST}
    assert len({f.name for f in faults}) == len(faults)


@pytest.mark.parametrize("fault", [*aggregates.FAULTS, *registers.FAULTS], ids=lambda f: f.name)
def test_a_fault_changes_what_is_sent(fault: Fault, sounds: dict[str, Sound]) -> None:
    sound = sounds[fault.source]
    assert fault.make(sound) != sound.update
