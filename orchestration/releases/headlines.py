"""National headlines that moved further than declared since the latest release: they wait for somebody's word.

Compared is what would be published, after the gate and disclosure control, with what is published: nothing is told here
that the release would not tell. Limits stand in `dbt_project/headlines.yml`, beside the indicators.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from orchestration.releases.contract import INDICATOR_VALUES
from orchestration.settings import DBT_PROJECT
from orchestration.text import plain

if TYPE_CHECKING:
    import duckdb

    from orchestration.ledger.acceptances import Acceptance

HEADLINES = DBT_PROJECT / "headlines.yml"
# As an acceptance names them, in place of a dataset.
DATASET = "headlines"
# What was published as unfinished may move.
_UNFINISHED = ("preliminary", "provisional", "partial_coverage")


class Limit(BaseModel):
    """How far an indicator's national value may move between two releases, in its unit, and why so far."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator_id: str
    most: Decimal = Field(gt=0)
    because: str = Field(min_length=10)


@dataclass(frozen=True)
class Movement:
    """A headline that moved too far. Values as text; `new` is None where there is none any longer."""

    indicator_id: str
    period: str
    sex: str
    age_group: str
    unit: str
    old: str
    new: str | None
    change: str | None
    most: str

    @property
    def check(self) -> str:
        return f"{DATASET}.{self.indicator_id}"


@lru_cache(maxsize=4)
def load_limits(path: Path = HEADLINES) -> tuple[Limit, ...]:
    """Every declared limit, by indicator. Raises pydantic's `ValidationError`, `ValueError` for one declared twice."""
    import yaml

    limits = tuple(Limit.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or [])
    names = [limit.indicator_id for limit in limits]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise ValueError(f"{path.name}: {', '.join(twice)} stands twice; keep one limit for each indicator")
    return limits


def moved(
    con: duckdb.DuckDBPyConnection, released: str | None, limits: Iterable[Limit], accepted: Iterable[Acceptance]
) -> list[Movement]:
    """The headlines of `release_indicator_values` that moved too far from the release before, and are not acknowledged.

    released: the latest release's table as SQL, None before the first.
    """
    if released is None:
        return []
    known = {limit.indicator_id: limit.most for limit in limits}
    key = [c for c in INDICATOR_VALUES.key if c not in ("indicator_id", "period", "sex", "age_group")]
    same = " and ".join(f"n.{c} = o.{c}" for c in (*key, "indicator_id", "period", "sex", "age_group"))
    rows = con.execute(
        f"""select o.indicator_id, o.period, o.sex, o.age_group, o.unit, o.value, n.value
        from {released} as o left join release_indicator_values as n on {same}
        where o.area_level = 'nation' and o.indicator_id in (select unnest(?::varchar[])) and o.value is not null
          and not list_has_any(string_split(o.value_flags, '|'), ?)
        order by o.indicator_id, o.period, o.sex, o.age_group""",
        [sorted(known), list(_UNFINISHED)],
    ).fetchall()
    found = [
        Movement(name, period, sex, ages, unit, _text(old) or "", _text(new), _change(old, new), str(known[name]))
        for name, period, sex, ages, unit, old, new in rows
        if new is None or abs(new - old) > known[name]
    ]
    given = {(a.expectation, a.period, a.fingerprint) for a in accepted if a.dataset == DATASET}
    return [m for m in found if (m.indicator_id, m.period, print_of(found, m)) not in given]


def print_of(movements: Sequence[Movement], one: Movement) -> str:
    """Of what an indicator's national values of one period moved to: an acknowledgement holds for these alone."""
    lines = [f"{m.sex} {m.age_group} {m.new}" for m in movements
             if (m.indicator_id, m.period) == (one.indicator_id, one.period)]  # fmt: skip
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _change(old: Decimal, new: Decimal | None) -> str | None:
    return None if new is None else _text(new - old)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
