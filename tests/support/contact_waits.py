"""Random contacts in a warehouse, and `fct_wait_times` held against the brute force of `tests/oracle/waits.py`.

Every row of source `wait_contacts` is answered by the oracle on its own; then the rows that must exist are looked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import get_type_hints

import duckdb
import pyarrow as pa

from tests.oracle import waits as oracle
from tests.oracle.waits import Contact, Rule, Slice

#: The rule behind a fact's (contact_type, guarantee_rule). `operation` is the contract's word for treatment.
RULES: dict[tuple[str, str], Rule] = {
    ("assessment", "days_3"): oracle.ASSESSMENT,
    ("first_visit", "days_90"): oracle.FIRST_VISIT,
    ("operation", "days_90"): oracle.TREATMENT,
}
PHASES = {"performed": "completed", "waiting": "waiting"}
MEASURES = ("within_percent", "within_count", "total_count", "median_days", "p90_days")

_TYPES = {date: pa.date32(), date | None: pa.date32(), bool: pa.bool_(), int: pa.int32()}


@dataclass(frozen=True)
class Fact:
    """A row of `fct_wait_times` without what the oracle does not answer for."""

    month: date
    area: str
    contact_type: str
    guarantee_rule: str
    phase: str
    exclusion_set: str
    attribution: str
    sex: str
    measure: str
    wait_interval: str | None

    @property
    def slice(self) -> Slice:
        status = next(s for s, p in PHASES.items() if p == self.phase)
        return Slice(self.month, status, self.exclusion_set, self.area, self.attribution, self.sex)


Said = tuple[float | None, int | None, int | None]


def write_contacts(warehouse: Path, contacts: Iterable[Contact]) -> None:
    """Write `staging.stg_wait_contacts__contacts` as a table, where the models find it."""
    rows = [asdict(c) for c in contacts]
    types = {name: _TYPES.get(kind, pa.string()) for name, kind in get_type_hints(Contact).items()}
    table = pa.table({name: pa.array([r[name] for r in rows], kind) for name, kind in types.items()})
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema if not exists staging")
        con.register("_made", table)
        con.execute(
            f"""create or replace table staging.stg_wait_contacts__contacts as
            select *, row_number() over () as line, '{"0" * 64}' as delivery_sha256, 'wait_contacts' as source_id, 'accepted' as record_status,
              true as mapped
            from _made"""
        )
        con.execute("create schema if not exists declared")
        con.execute(
            "create table if not exists declared.deliveries (delivery_sha256 varchar, source_id varchar, layout_id varchar, "
            "extracted_at varchar, scope_key varchar, period_key varchar, file varchar, records bigint, known_on varchar, "
            "recency varchar)"
        )
        # One file per region and month, as regions send them.
        con.execute("delete from declared.deliveries where source_id = 'wait_contacts'")
        con.execute(
            f"""insert into declared.deliveries
            select '{"0" * 64}', 'wait_contacts', 'contacts', '', 'wait_contacts/contacts/' || provider_region,
              strftime(month, '%Y-%m'), '', count(*), null, null
            from _made group by provider_region, month"""
        )


def read_waits(warehouse: Path) -> dict[Fact, Said]:
    """The monthly rows of the source for all ages. Raises `AssertionError` where one row stands twice."""
    columns = ", ".join(f.name for f in fields(Fact) if f.name not in ("month", "area"))
    with duckdb.connect(str(warehouse), read_only=True) as con:
        rows = con.execute(
            f"""select period_start, area_code, {columns}, value, numerator, denominator from marts.fct_wait_times
            where source_id = 'wait_contacts' and period_type = 'month' and age_group = 'total'"""
        ).fetchall()
    width = len(fields(Fact))
    found: dict[Fact, Said] = {Fact(*r[:width]): _said(*r[width:]) for r in rows}
    assert len(found) == len(rows), f"{len(rows) - len(found)} rows stand twice"
    return found


def _said(value: object, numerator: int | None, denominator: int | None) -> Said:
    return None if value is None else float(value), numerator, denominator  # type: ignore[arg-type]


class Judge:
    """The oracle's answers on one set of contacts, each slice gone through once."""

    def __init__(self, contacts: list[Contact]) -> None:
        self.months: dict[date, list[Contact]] = defaultdict(list)
        for contact in contacts:
            self.months[contact.month].append(contact)
        self._known: dict[tuple[Rule, Slice], list[int]] = {}

    def waits(self, rule: Rule, slice_: Slice) -> list[int]:
        key = (rule, slice_)
        if key not in self._known:
            self._known[key] = oracle.waits(self.months[slice_.month], rule, slice_)
        return self._known[key]

    def answer(self, fact: Fact, rule: Rule) -> Said:
        """What the oracle says of one row: value, numerator, denominator."""
        days = self.waits(rule, fact.slice)
        inside = oracle.within(days, rule.days)
        if fact.measure == "within_percent":
            return oracle.percent(days, rule.days), inside, len(days)
        if fact.measure == "waiting_count":
            return oracle.by_interval(days)[fact.wait_interval or ""], None, None
        values: dict[str, float | None] = {
            "within_count": inside,
            "total_count": len(days),
            "median_days": oracle.quantile(days, 0.5),
            "p90_days": oracle.quantile(days, 0.9),
        }
        return values[fact.measure], None, None


def disagreements(contacts: list[Contact], facts: dict[Fact, Said]) -> list[str]:
    """One line per row that says something else than the oracle, and per row that is missing."""
    judge = Judge(contacts)
    lines = [f"missing: {fact}" for fact in due(judge) if fact not in facts]
    for fact, said in facts.items():
        rule = RULES.get((fact.contact_type, fact.guarantee_rule))
        if rule is None or fact.measure not in (*MEASURES, "waiting_count"):
            continue
        right = judge.answer(fact, rule)
        compared = (said, right) if fact.measure == "within_percent" else (said[:1], right[:1])
        if not all(_same(a, b) for a, b in zip(*compared, strict=True)):
            lines.append(f"{fact}: oracle {right}, models {said}")
    return lines


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(other))


def due(judge: Judge) -> Iterator[Fact]:
    """Rows that must be there: each slice that holds a wait, by region and nation, provider and residence, and sex."""
    for (contact_type, bound), rule in RULES.items():
        for slice_ in slices(judge.months):
            days = judge.waits(rule, slice_)
            if not days:
                continue
            row = (slice_.month, slice_.area, contact_type, bound, PHASES[slice_.status], slice_.exclusion_set)
            for measure in MEASURES:
                fact = Fact(*row, slice_.attribution, slice_.sex, measure, None)
                if judge.answer(fact, rule)[0] is not None:
                    yield fact
            if slice_.status == "waiting":
                for interval, count in oracle.by_interval(days).items():
                    if count:
                        yield Fact(*row, slice_.attribution, slice_.sex, "waiting_count", interval)


def slices(months: Mapping[date, list[Contact]]) -> Iterator[Slice]:
    """Every month, phase, exclusion set, area by either attribution, and sex of these contacts."""
    for month, contacts in sorted(months.items()):
        for attribution in ("provider", "residence"):
            regions = {c.provider_region if attribution == "provider" else c.residence_region for c in contacts}
            for area in ("00", *sorted(r for r in regions if r)):
                for status in PHASES:
                    for exclusion_set in oracle.EXCLUSIONS:
                        for sex in ("total", "women", "men"):
                            yield Slice(month, status, exclusion_set, area, attribution, sex)
