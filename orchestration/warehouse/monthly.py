"""The monthly set, as dbt's manifest has it: models tagged `monthly`, what they read, and what reads them.

There is no second list: a model joins the set by its tag and its `window` meta (`macros/windows.sql`). Views and small
tables with the tag alone are made whole by whoever reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

TAG = "monthly"
Layouts = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class MonthlyFact:
    """A fact over monthly models. Where no fact stands over a monthly model yet, that model stands for itself.

    Staging that nothing reads is built beside the facts of its source: its records are counted, and no more.

    Attributes:
        models: ids of its monthly models.
        tables: `(schema, name)` of each.
        layouts: `(source, layout)` whose cells they read, also through models that are not monthly.
        beside: those among them that only staging reads: they change no fact.
        look_ahead_days: the longest that one of them reads past its month.
        look_back_months: the most months that one of them reads before its month.
        indicators: ids that rest on the fact.
        code: SHA-256 over the models, what they read, and macros; `definitions` over the seeds they read.
    """

    name: str
    models: frozenset[str]
    tables: tuple[tuple[str, str], ...]
    layouts: Layouts
    beside: Layouts
    look_ahead_days: int
    look_back_months: int
    indicators: tuple[str, ...]
    code: str
    definitions: str


@dataclass(frozen=True)
class Manifest:
    """dbt's manifest, with the questions that the planner asks of it."""

    nodes: Mapping[str, Any]
    macros: Mapping[str, Any]
    sources: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Manifest:
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Manifest:
        return cls(content["nodes"], content["macros"], content["sources"])

    @cached_property
    def monthly(self) -> frozenset[str]:
        """Ids of the monthly models."""
        return frozenset(n for n, node in self.nodes.items() if is_monthly(node))

    @cached_property
    def facts(self) -> tuple[MonthlyFact, ...]:
        """Every fact that rests on a monthly model, by name; monthly models under no fact stand for themselves."""
        over: dict[str, set[str]] = {}
        alone: set[str] = set()
        for model in self.monthly:
            above = self.above(model)
            facts = [n for n in above if self.nodes[n]["name"].startswith("fct_")]
            for fact in facts:
                over.setdefault(fact, set()).add(model)
            if not facts and not above & self.monthly:
                alone.add(model)
        unread = {n for n in alone if not self.above(n) and self._is_staging(n)}
        for model in alone - unread:
            over[model] = {model}
        models = {fact: frozenset(own | (self.below(fact) & self.monthly)) for fact, own in over.items()}
        sources = {fact: {s for s, _ in self._cells_of(own)} for fact, own in models.items()}
        beside: dict[str, set[str]] = {fact: set() for fact in models}
        for model in unread:
            (source,) = {s for s, _ in self._cells_of([model])}
            readers = [fact for fact, read in sources.items() if source in read]
            for fact in readers:
                beside[fact].add(model)
            if not readers:
                models[model], beside[model] = frozenset({model}), set()
        names = sorted(models, key=lambda n: self.nodes[n]["name"])
        return tuple(self._fact(n, models[n], frozenset(beside[n])) for n in names)

    def _is_staging(self, model: str) -> bool:
        parents = (self.sources.get(n, {}) for n in self.nodes[model]["depends_on"]["nodes"])
        return any(parent.get("source_name") == "cells" for parent in parents)

    def _cells_of(self, models: Iterable[str]) -> Layouts:
        """The layouts whose cells models read."""
        read = frozenset().union(*(self.below(m) for m in models))
        names = [
            self.sources[n]["name"] for n in read & self.sources.keys() if self.sources[n]["source_name"] == "cells"
        ]
        return frozenset((source, layout) for source, layout in (name.split("__", 1) for name in names))

    def upstream(self, models: Iterable[str]) -> frozenset[str]:
        """Models and seeds that monthly models read and that are not monthly themselves."""
        read = frozenset().union(*(self.below(m) for m in models))
        return frozenset(n for n in read if n in self.nodes) - self.monthly

    def below(self, node: str) -> frozenset[str]:
        """Everything that a node reads, directly or not: ids of models, seeds and sources."""
        found: set[str] = set()
        waiting = [node]
        while waiting:
            for parent in self.nodes.get(waiting.pop(), {}).get("depends_on", {}).get("nodes", []):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return frozenset(found)

    def above(self, node: str) -> frozenset[str]:
        """Every model that reads a node, directly or not."""
        found: set[str] = set()
        waiting = [node]
        while waiting:
            for child in self._children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return frozenset(found)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for name, node in self.nodes.items():
            if _is_model(node):
                for parent in node["depends_on"]["nodes"]:
                    children.setdefault(parent, []).append(name)
        return children

    def _fact(self, fact: str, own: frozenset[str], beside: frozenset[str]) -> MonthlyFact:
        models = own | beside
        windows = [self.nodes[m]["config"]["meta"]["window"] for m in own]
        read = models | frozenset().union(*(self.below(m) for m in models))
        indicators = [self.nodes[n]["name"] for n in self.above(fact) if self.nodes[n]["name"].startswith("ind_")]
        seeds = [n for n in read if n in self.nodes and self.nodes[n]["resource_type"] == "seed"]
        layouts = self._cells_of(own)
        return MonthlyFact(
            name=self.nodes[fact]["name"],
            models=models,
            tables=tuple(sorted((self.nodes[m]["schema"], self.nodes[m]["alias"]) for m in models)),
            layouts=layouts | self._cells_of(beside),
            beside=self._cells_of(beside) - layouts,
            look_ahead_days=max(int(w.get("look_ahead_days") or 0) for w in windows),
            look_back_months=max(int(w.get("look_back_months") or 0) for w in windows),
            indicators=tuple(sorted(name.removeprefix("ind_") for name in indicators)),
            code=self._digest(n for n in read if n in self.nodes and n not in seeds),
            definitions=self._digest(seeds),
        )

    def _digest(self, nodes: Iterable[str]) -> str:
        """SHA-256 over nodes' files, settings that change what they hold, and the macros they call."""
        lines = []
        macros: set[str] = set()
        for name in nodes:
            node = self.nodes[name]
            settings = [node["config"].get(k) for k in ("materialized", "incremental_strategy", "meta", "column_types")]
            lines.append(f"{name} {node['checksum']['checksum']} {json.dumps(settings, sort_keys=True)}")
            macros |= set(node["depends_on"].get("macros", []))
        waiting = list(macros)
        while waiting:
            for called in self.macros.get(waiting.pop(), {}).get("depends_on", {}).get("macros", []):
                if called not in macros:
                    macros.add(called)
                    waiting.append(called)
        lines += [f"{name} {self.macros[name]['macro_sql']}" for name in macros if name in self.macros]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _is_model(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model"


def is_monthly(node: Mapping[str, Any]) -> bool:
    """Whether a node of the manifest is replaced window by window: tagged, and with a window in its meta."""
    meta = node.get("config", {}).get("meta") or node.get("meta") or {}
    return _is_model(node) and TAG in node.get("tags", []) and "window" in meta
