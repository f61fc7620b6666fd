"""The gate: per fact slice and per indicator and period, publish, publish with a note, or withhold. A pure function.

It reads verdicts, not runs. A verdict counts only for exactly the rows that were judged; a check that was expected and
did not run is a failure; broken stops as failed does and is told apart. The areas are the ground that every table
stands on: when they fail, everything is withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
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
    def withheld(self) -> bool:
        return self.action == "withhold"


def decide(
    facts: Iterable[FactSlice],
    indicators: Iterable[IndicatorSlice],
    verdicts: Iterable[Verdict],
    fingerprints: Mapping[str, str],
    accepted: Collection[Accepted] = frozenset(),
) -> list[Decision]:
    """Decide on every slice. `fingerprints` are of the rows about to be published, by dataset, `areas` among them.

    An indicator is withheld with its own verdict, and with any fact slice it is made from: of its facts and sources,
    of its own period, or, where the fact has none such, of a period that shares a day with it.

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
    let_through = [f for f in critical if (verdict.dataset, f.expectation, key if f.slices else None) in accepted]
    if len(let_through) < len(critical):
        return "withhold", "check_failed", _names(f for f in critical if f not in let_through)
    if let_through:
        return "publish_with_note", "check_accepted", _names(let_through)
    # A verdict that no finding accounts for holds for the whole dataset.
    if verdict.outcome == "failed" and not any(f.severity == "critical" for f in failed):
        return "withhold", "check_failed", ()
    noted = [f for f in missed if f.severity == "warning"]
    if noted or (verdict.outcome == "warned" and not any(f.severity == "warning" for f in failed)):
        return "publish_with_note", None, _names(noted)
    return "publish", None, ()


def _names(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({f.expectation for f in findings}))
