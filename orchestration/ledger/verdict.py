"""What the expectations said of one dataset, in plain values: the engine makes, the ledger keeps, the gate reads."""

from __future__ import annotations

from dataclasses import dataclass

OUTCOMES = ("passed", "warned", "failed", "broken")


@dataclass(frozen=True)
class Finding:
    """One expectation's answer: passed, failed, broken or masked. `slices` are the (source_id, period) pairs with
    failing rows that stop whole; of those in `cell_slices` single cells are withheld, and where no other failed, the
    outcome is `masked`.

    `failed_rows` is None where the expectation is about the whole table, or passed. No value of the data stands here.
    """

    expectation: str
    severity: str
    outcome: str
    message: str
    failed_rows: int | None = None
    slices: tuple[tuple[str, str], ...] = ()
    cell_slices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The verdict on one dataset: `passed`, `warned`, `failed` or `broken` (the tool raised, or nothing was asked).

    It holds for exactly the rows with this `data_fingerprint`, judged by this version of the suite.
    """

    dataset: str
    data_fingerprint: str
    suite_version: str
    outcome: str
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(
                f"the verdict on {self.dataset} is {self.outcome!r}; it must be one of {', '.join(OUTCOMES)}"
            )
