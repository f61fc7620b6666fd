"""The gate: per fact slice and per indicator and period, publish, publish with a note, or withhold. A pure function.

It reads verdicts, not runs. A verdict counts only for exactly the rows that were judged; a check that was expected and
did not run is a failure; broken stops as failed does and is told apart. The areas are the ground that every table
stands on: when they fail, everything is withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from orchestration.ledger.verdict import Finding, Verdict
from orchestration.releases.periods import overlap

GROUND = "areas"
VALUES = "indicator_values"

Scope = Literal["fact_slice", "indicator"]
Accepted = tuple[str, str, tuple[str, str] | None]
Action = Literal["publish", "publish_with_note", "withhold"]

REASONS = {
    "check_failed": ("En kontroll underkände uppgifterna.", "A check failed the data."),
    "check_broken": ("En kontroll kunde inte köras.", "A check could not be run."),
    "check_did_not_run": ("En väntad kontroll har inte körts på raderna.", "A check has not run on these rows."),
    "check_accepted": ("En kontroll underkände uppgifterna, som publiceras efter beslut.",
                       "A check failed the data, which are published by decision."),
    "input_withheld": ("Underlaget är undanhållet.", "The input is withheld."),
    "cells_withheld": ("En kontroll underkände enskilda värden, som är undanhållna.",
                       "A check failed single values, which are withheld."),
    "vanished": ("Värden som den senaste utgåvan visade saknas; de tidigare står kvar.",
                 "Values that the latest release showed are gone; the earlier ones stay."),
    "moved": ("Värden för en avslutad period har flyttat sig långt; de tidigare står kvar.",
              "Values of a closed period moved far; the earlier ones stay."),
    "duplicate_key": ("Samma nyckel står mer än en gång.", "The same key stands more than once."),
}  # fmt: skip


@dataclass(frozen=True)
class FactSlice:
    """The unit in which a fact is published: one source's rows of one period."""

    fact: str
    source_id: str
    period: str


@dataclass(frozen=True)
class IndicatorSlice:
    """One indicator's values of one period, and what they rest on."""

    indicator_id: str
    definition_version: int
    period: str
    facts: tuple[str, ...]
    source_ids: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What is done with one slice, why, and which expectations said so. `note`: whose decision it was, and why."""

    scope: Scope
    name: str
    period: str
    action: Action
    source_id: str | None = None
    definition_version: int | None = None
    reason_code: str | None = None
    checks: tuple[str, ...] = ()
    note: str = ""

    @property
    def accepted(self) -> bool:
        """Published over a failed check that somebody let through."""
        return self.reason_code == "check_accepted"

    @property
    def partly(self) -> bool:
        """Published less single cells, or with single cells of the release before."""
        return self.action == "publish_with_note" and self.reason_code in ("cells_withheld", "vanished", "moved")

    @property
    def withheld(self) -> bool:
        return self.action == "withhold"


def decide(
    facts: Iterable[FactSlice],
    indicators: Iterable[IndicatorSlice],
    verdicts: Iterable[Verdict],
    fingerprints: Mapping[str, str],
    accepted: Collection[Accepted] = frozenset(),
    *,
    masked_values: Collection[tuple[str, str]] = frozenset(),
    repeated: Collection[FactSlice] = frozenset(),
    lost: Mapping[tuple[str, tuple[str, str]], str] = MappingProxyType({}),
) -> list[Decision]:
    """Decide on every slice. `fingerprints` are of the rows about to be published, by dataset, `areas` among them.

    An indicator is withheld with its own verdict, and with any fact slice it is made from: of its facts and sources,
    of its own period, or, where the fact has none such, of a period that shares a day with it.

    masked_values: (indicator, period) of which a value rests on a masked cell and is withheld alone.
    repeated: fact slices in which a key stands more than once.
    lost: by dataset and slice, `vanished` or `moved` beside the latest release: an indicator's period waits, a fact's
        slice is published with the earlier values of these keys.
    accepted: (dataset, expectation, slice) of failed checks that somebody let through for the rows as they are now;
    the slice is None for a check of the whole table. A broken check cannot be let through: nobody has judged.
    """
    known = {v.dataset: v for v in verdicts}
    ground = _judged(known.get(GROUND), fingerprints.get(GROUND), None, accepted)
    if ground[0] == "withhold":
        ground = ("withhold", ground[1], tuple(f"{GROUND}.{check}" for check in ground[2]) or (GROUND,))

    def judged(dataset: str, key: tuple[str, str]) -> _Judgement:
        return (
            ground if ground[0] == "withhold" else _judged(known.get(dataset), fingerprints.get(dataset), key, accepted)
        )

    decisions: list[Decision] = []
    periods: dict[tuple[str, str], set[str]] = {}
    stopped: set[tuple[str, str, str]] = set()
    for piece in facts:
        action, reason, checks = judged(piece.fact, (piece.source_id, piece.period))
        if piece in repeated:
            action, reason, checks = "withhold", "duplicate_key", ()
        elif action != "withhold" and (why := lost.get((piece.fact, (piece.source_id, piece.period)))):
            action, reason, checks = "publish_with_note", why, (why,)
        periods.setdefault((piece.fact, piece.source_id), set()).add(piece.period)
        if action == "withhold":
            stopped.add((piece.fact, piece.source_id, piece.period))
        decisions.append(
            Decision(
                "fact_slice", piece.fact, piece.period, action,
                source_id=piece.source_id, reason_code=reason, checks=checks,
            )
        )  # fmt: skip
    for value in indicators:
        action, reason, checks = judged(VALUES, (value.indicator_id, value.period))
        inputs = _stopped_inputs(value, stopped, periods)
        if action != "withhold" and inputs:
            action, reason, checks = "withhold", "input_withheld", inputs
        elif action != "withhold" and (value.indicator_id, value.period) in masked_values:
            action, reason = "publish_with_note", "cells_withheld"
        elif action != "withhold" and (why := lost.get((VALUES, (value.indicator_id, value.period)))):
            action, reason, checks = "withhold", why, (why,)
        decisions.append(
            Decision(
                "indicator", value.indicator_id, value.period, action,
                definition_version=value.definition_version, reason_code=reason, checks=checks,
            )
        )  # fmt: skip
    return decisions


def _stopped_inputs(
    value: IndicatorSlice, stopped: set[tuple[str, str, str]], periods: Mapping[tuple[str, str], set[str]]
) -> tuple[str, ...]:
    """The withheld slices that an indicator's values of one period are made from, as `fact/source/period`."""
    return tuple(
        f"{fact}/{source}/{period}"
        for fact, source, period in sorted(stopped)
        if fact in value.facts
        and source in value.source_ids
        and (period == value.period or (value.period not in periods[fact, source] and overlap(period, value.period)))
    )


_Judgement = tuple[Action, str | None, tuple[str, ...]]


def _judged(
    verdict: Verdict | None, fingerprint: str | None, key: tuple[str, str] | None, accepted: Collection[Accepted]
) -> _Judgement:
    """One slice under its dataset's verdict; without a key, the dataset as a whole."""
    if verdict is None or fingerprint is None or verdict.data_fingerprint != fingerprint:
        return "withhold", "check_did_not_run", ()
    broken = [f for f in verdict.findings if f.outcome == "broken"]
    if verdict.outcome == "broken" or broken:
        return "withhold", "check_broken", _names(broken)
    failed = [f for f in verdict.findings if f.outcome == "failed"]
    missed = [f for f in failed if key is None or not f.slices or key in f.slices]
    critical = [f for f in missed if f.severity == "critical"]
    cells = [f for f in verdict.findings if key in f.cell_slices]
    passed_cells = [f for f in cells if (verdict.dataset, f.expectation, key) in accepted]
    let_through = [f for f in critical if (verdict.dataset, f.expectation, key if f.slices else None) in accepted]
    if len(let_through) < len(critical):
        return "withhold", "check_failed", _names(f for f in critical if f not in let_through)
    if masked := [f for f in cells if f not in passed_cells]:
        return "publish_with_note", "cells_withheld", _names(masked)
    if let_through or passed_cells:
        return "publish_with_note", "check_accepted", _names([*let_through, *passed_cells])
    # A verdict that no finding accounts for holds for the whole dataset.
    if verdict.outcome == "failed" and not any(f.severity == "critical" for f in failed):
        return "withhold", "check_failed", ()
    noted = [f for f in missed if f.severity == "warning"]
    unnamed = verdict.outcome == "warned" and not any(
        (f.severity == "warning" and f.outcome == "failed") or f.outcome == "masked" for f in verdict.findings
    )
    if noted or unnamed:
        return "publish_with_note", None, _names(noted)
    return "publish", None, ()


def _names(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({f.expectation for f in findings}))
