"""The patient register of the example country: draw region by region, then write provider by provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from orchestration.example.country import Country
from orchestration.example.register.episodes import Frame, day_of, draw_episodes, other_rates
from orchestration.example.register.persons import Persons, person_ids
from orchestration.example.register.population import Population
from orchestration.example.register.providers import Providers
from orchestration.example.register.regional import RegionalTargets
from orchestration.example.register.scale import Scale
from orchestration.example.register.schedule import first_day
from orchestration.example.register.stay_deliveries import FOLDER, Plan, Tally, write_provider
from orchestration.example.register.stay_files import Book
from orchestration.example.register.stays import STAY, stays_of

_RUN_UP = 92  # days before the first month, so that its readmissions and long stays have begun
# Followed stays of a year per person, and the stays, readmissions included, that one other first episode becomes:
# measured on the generator, so that the whole has the size asked for.
_FOLLOWED = 0.0093
_STAYS_PER_EPISODE = 1.173


def write_stays(
    target: Path, seed: int, scale: Scale, country: Country, population: Population, progress: Callable[[str], None]
) -> Tally:
    """Write `register/` below `target`. Memory: about 18 bytes a stay and 23 a person, and one region being drawn."""
    (target / FOLDER).mkdir(parents=True, exist_ok=True)
    aims = RegionalTargets(country)
    providers = Providers(scale.regions, scale.private)
    frame = _frame(scale, population)
    persons = Persons()
    chunks: list[list[np.ndarray]] = [[] for _ in providers.codes]
    for region in scale.regions:
        episodes = draw_episodes(seed, region, frame, population, aims)
        stays = stays_of(seed, region, episodes, persons.add(episodes), providers)
        progress(f"drawn region {region}: {len(stays):,} stays")
        del episodes
        for place in range(len(chunks)):
            chunks[place].append(stays[stays["provider"] == place])
        del stays
    table = persons.table()
    book = Book(person_ids(table), table, np.array(population.codes, dtype="S4"), providers.hospitals)
    plan = Plan(target, scale.first, scale.last, scale.times, scale.patterns, scale.bad, scale.extra_from)
    tally = Tally()
    for place, code in enumerate(providers.codes):
        stays = np.concatenate(chunks[place]) if chunks[place] else np.zeros(0, dtype=STAY)
        chunks[place] = []
        write_provider(plan, book, code, stays, tally)
        progress(f"written provider {code}: {tally.stays:,} stays so far, {tally.size / 1e6:,.0f} MB")
    return tally


def _frame(scale: Scale, population: Population) -> Frame:
    """Days and years to draw, and how many other episodes a person has, for the size asked for."""
    begin = first_day(scale.first) - _RUN_UP
    years = scale.years if begin >= day_of(scale.years[0]) else (scale.years[0] - 1, *scale.years)
    people = float(population.bands[len(population.years) // 2].sum())
    weighted = float((population.bands[len(population.years) // 2].sum(axis=0) * other_rates()).sum())
    others = max(scale.stays_a_year - _FOLLOWED * people, 0.0)
    return Frame(years, begin, first_day(scale.last + 1) - 1, others / _STAYS_PER_EPISODE / weighted)
