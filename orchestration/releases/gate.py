"""The gate: per fact slice and per indicator and period, publish, publish with a note, or withhold. A pure function.

It reads verdicts, not runs. A verdict counts only for exactly the rows that were judged; a check that was expected and
did not run is a failure; broken stops as failed does and is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from orchestration.ledger.verdict import Finding, Verdict

Scope = Literal["fact_slice", "indicator"]
Action = Literal["publish", "publish_with_note", "withhold"]

REASONS = {
    "check_failed": ("En kontroll underkände uppgifterna.", "A check failed the data."),
    "check_broken": ("En kontroll kunde inte köras.", "A check could not be run."),
    "check_did_not_run": ("En väntad kontroll har inte körts på raderna.", "A check has not run on these rows."),
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
    """What is done with one slice, why, and which expectations said so."""

    scope: Scope
    name: str
    period: str
    action: Action
    source_id: str | None = None
    definition_version: int | None = None
    reason_code: str | None = None
    checks: tuple[str, ...] = ()

    @property
    def withheld(self) -> bool:
        return self.action == "withhold"


def decide(
    facts: Iterable[FactSlice],
    indicators: Iterable[IndicatorSlice],
    verdicts: Iterable[Verdict],
    fingerprints: Mapping[str, str],
) -> list[Decision]:
    """Decide on every slice. `fingerprints` are of the rows about to be published, by dataset.

    An indicator is withheld with its own verdict, and with any fact slice of its sources and period that is withheld.
    """
    known = {v.dataset: v for v in verdicts}
    decisions: list[Decision] = []
    stopped: set[tuple[str, str, str]] = set()
    for piece in facts:
        verdict = known.get(piece.fact)
        action, reason, checks = _judged(verdict, fingerprints.get(piece.fact), (piece.source_id, piece.period))
        if action == "withhold":
            stopped.add((piece.fact, piece.source_id, piece.period))
        decisions.append(
            Decision(
                "fact_slice",
                piece.fact,
                piece.period,
                action,
                source_id=piece.source_id,
                reason_code=reason,
                checks=checks,
            )
        )
    for value in indicators:
        verdict = known.get("indicator_values")
        key = (value.indicator_id, value.period)
        action, reason, checks = _judged(verdict, fingerprints.get("indicator_values"), key)
        inputs = [
            s for s in sorted(stopped) if s[0] in value.facts and s[1] in value.source_ids and s[2] == value.period
        ]
        if action != "withhold" and inputs:
            action, reason, checks = "withhold", "input_withheld", tuple(f"{f}/{s}/{p}" for f, s, p in inputs)
        decisions.append(
            Decision(
                "indicator", value.indicator_id, value.period, action,
                definition_version=value.definition_version, reason_code=reason, checks=checks,
            )
        )  # fmt: skip
    return decisions


def _judged(
    verdict: Verdict | None, fingerprint: str | None, key: tuple[str, str]
) -> tuple[Action, str | None, tuple[str, ...]]:
    """One slice under its dataset's verdict."""
    if verdict is None or fingerprint is None or verdict.data_fingerprint != fingerprint:
        return "withhold", "check_did_not_run", ()
    if verdict.outcome == "broken":
        return "withhold", "check_broken", _names(f for f in verdict.findings if f.outcome == "broken")
    missed = [f for f in verdict.findings if f.outcome == "failed" and (not f.slices or key in f.slices)]
    critical = [f for f in missed if f.severity == "critical"]
    if critical:
        return "withhold", "check_failed", _names(critical)
    if verdict.outcome == "failed" and not any(
        f.severity == "critical" for f in verdict.findings if f.outcome == "failed"
    ):
        return "withhold", "check_failed", ()
    return ("publish_with_note", None, _names(missed)) if missed else ("publish", None, ())


def _names(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({f.expectation for f in findings}))
