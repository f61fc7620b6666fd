"""Where a value comes from: one chain from release to raw line, each step held against the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.explain.beside import cells_of, checks_of, corrections_of, delivery_of, exclusions_of
from orchestration.explain.facts import Chain, Comparison, Node, same, written
from orchestration.explain.finding import NotOne, find_one
from orchestration.explain.indicators import Parts, computed, parts_of
from orchestration.explain.published import Published, hides, judge, why_hidden
from orchestration.explain.raw import Raw
from orchestration.explain.records import BY_NAME
from orchestration.releases.contract import INDICATOR_VALUES, Table
from orchestration.releases.history import latest_id

if TYPE_CHECKING:
    import duckdb

    from orchestration.home import Home
    from orchestration.indicators.definition import Definition
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue
    from orchestration.sources.corrections import Correction

__all__ = ["NotOne", "explain"]


def explain(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: Ledger,
    catalogue: Catalogue,
    definitions: Sequence[Definition],
    corrections: list[Correction],
    name: str,
    key: dict[str, str],
    release: str | None,
) -> dict[str, Any]:
    """The contract's `explain`, without its head and code version; adds `chain`, `comparisons` and `equal`.

    con: the warehouse, read-only; temporary tables are made.

    Raises:
        NotOne: no row, or more than one, has this name and key; carries the candidates.
        LookupError: a delivery's bytes are gone. FileRefused: a delivery can no longer be read.
    """
    by_id = {d.indicator_id: d for d in definitions}
    table = INDICATOR_VALUES if name in by_id else BY_NAME.get(name)
    if table is None:
        raise NotOne(f"{name} is no fact and no indicator", [*sorted(BY_NAME), *sorted(by_id)])
    given = key | ({"indicator_id": name} if table is INDICATOR_VALUES else {})
    row = find_one(con, table, given)
    published = Published(con, home.releases, release)
    latest = Published(con, home.releases, latest_id(home.releases))
    said, newest = (of.rows(table, [row["rowid"]]).get(row["rowid"]) for of in (published, latest))
    chain = Chain(con, catalogue, Raw(home, ledger, catalogue, corrections))
    definition = by_id.get(name)
    parts = parts_of(con, definition, row) if definition else None
    chain.follow(parts.fact if parts else table.name, [r["rowid"] for r in parts.rows] if parts else [row["rowid"]])
    chain.compare()
    personal = {s.source_id for s in catalogue.sources if s.personal}
    for fact in {fact for fact, _ in chain.nodes}:
        judge([n for n in chain.nodes.values() if n.fact == fact], published, latest, BY_NAME[fact], personal)
    hidden_because = why_hidden(published, table, row, said)
    concealed = _concealed(chain, table, row, (said, newest), parts, personal)
    comparisons = _of_row(row, said, parts, hidden_because)
    if concealed:
        comparisons = [Comparison(c.what, c.equal) for c in comparisons]
    shown = said if said is not None else row
    answer = {
        **_named(table, row),
        "release": release,
        "value": None if concealed else written(shown["value"]),
        "value_status": shown["value_status"],
        "value_flags": shown["value_flags"],
        "unit": row["unit"],
        "ci": None if concealed else {c: written(shown.get(c)) for c in ("ci_low", "ci_high")},
        "numerator": None if concealed else written(shown.get("numerator")),
        "denominator": None if concealed else written(shown.get("denominator")),
        "formula": _formula(definition, parts, chain, table, row),
        "facts": [_fact(node) for node in _inputs(chain, parts, table, row)],
        "cells": cells_of(chain),
        "corrections": corrections_of(con, chain),
        "exclusions": exclusions_of(con, chain, parts, personal),
        "checks": checks_of(ledger.latest_verdicts(), chain, table, row),
        "hidden_because": hidden_because,
        "comparisons": [asdict(c) for c in comparisons],
        "chain": [_link(chain, node) for node in chain.nodes.values()],
        "deliveries": [delivery_of(reread) for reread in chain.rereads.values()],
    }
    answer["equal"] = (
        all(c.equal for c in comparisons)
        and all(c.equal for node in chain.nodes.values() for c in node.comparisons)
        and all(d["equal"] for d in answer["deliveries"])
    )
    return answer


def _named(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    key = {c: str(row[c]) for c in table.key if row[c] is not None}
    if table is INDICATOR_VALUES:
        names = ("indicator_id", "definition_version", "area_code", "area_level", "period", "sex", "age_group")
        return {n: row[n] for n in names}
    return {
        "indicator_id": None, "definition_version": None, "fact": table.name, "key": key,
        "area_code": row["area_code"], "area_level": row["area_level"], "period": row["period"], "sex": row.get("sex"),
    }  # fmt: skip


def _concealed(
    chain: Chain,
    table: Table,
    row: dict[str, Any],
    told: tuple[dict[str, Any] | None, ...],
    parts: Parts | None,
    personal: set[str],
) -> bool:
    """Whether the row's own value may not be shown: a release hides it, or it rests on persons and one has it not.

    told: what the release that was asked for, and the latest one, say of it.
    """
    if parts is None:
        return chain.nodes[table.name, row["rowid"]].hidden
    known = [said for said in told if said is not None]
    on_persons = any(r["source_id"] in personal for r in parts.rows)
    return any(hides(said, row) for said in known) or (on_persons and len(known) < len(told))


def _of_row(
    row: dict[str, Any], said: dict[str, Any] | None, parts: Parts | None, hidden_because: dict[str, Any] | None
) -> list[Comparison]:
    """The row against its release, and an indicator's against its formula."""
    found = []
    if said is not None and hidden_because is None:
        equal = same(said["value"], row["value"]) and said["value_status"] == row["value_status"]
        found.append(Comparison("release and warehouse", equal, written(said["value"]), written(row["value"])))
    if parts is not None:
        again = computed(parts, row)
        found.append(
            Comparison(
                f"formula {parts.ending}", same(row["value"], again.value), written(row["value"]), written(again.value)
            )
        )
        if again.coverage is not None:
            found.append(
                Comparison(
                    "areas in the value",
                    again.coverage == row["coverage_n"],
                    str(row["coverage_n"]),
                    str(again.coverage),
                )
            )
    return found


def _formula(
    definition: Definition | None, parts: Parts | None, chain: Chain, table: Table, row: dict[str, Any]
) -> str:
    if definition and parts:
        return f"{parts.ending}: {definition.method.strip()}"
    return chain.nodes[table.name, row["rowid"]].formula


def _inputs(chain: Chain, parts: Parts | None, table: Table, row: dict[str, Any]) -> list[Node]:
    """The fact rows directly under the answer's row; of a fact that is one record, the row itself."""
    if parts is not None:
        return [chain.nodes[parts.fact, r["rowid"]] for r in parts.rows]
    node = chain.nodes[table.name, row["rowid"]]
    return [chain.nodes[name] for group in node.children for name in group] or [node]


def _fact(node: Node) -> dict[str, Any]:
    shown = node.published or node.row
    return {
        "fact": node.fact,
        "key": node.key,
        "value": None if node.hidden else written(shown["value"]),
        "value_status": shown["value_status"],
        "delivery_sha256": node.row["delivery_sha256"],
    }


def _link(chain: Chain, node: Node) -> dict[str, Any]:
    comparisons = [Comparison(c.what, c.equal) if node.hidden else c for c in node.comparisons]
    return {
        **_fact(node),
        "how": node.how,
        "formula": node.formula,
        "inputs": [{"fact": fact, "key": chain.nodes[fact, i].key} for group in node.children for fact, i in group],
        "records": [
            {"delivery_sha256": r.delivery_sha256, "line": r.line, "column": r.column_name} for r in node.records
        ],
        "comparisons": [asdict(c) for c in comparisons],
        "equal": all(c.equal for c in comparisons),
    }
