"""Which models read which layouts, and what of them: found in the models' own SQL, so there is no second list.

A layout's staging model is `stg_<source>__<layout>`. A fact reads it where a chain of `ref` leads from the fact's model
to it, and the SELECT that names it takes the fact's records (`where fact = 'fct_costs'`). One without that condition
serves the fact that is nearest: costs reach population too, but as their denominator. What is read of one layout stands
in that SELECT, and in what the model does with all its records afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from orchestration.settings import DBT_PROJECT

MODELS = DBT_PROJECT / "models"

_COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"attributes\s*->>\s*'(\w+)'")
# `ref('stg_x')`, and the beginning of a name in a loop: `ref('stg_x__' ~ layout)`.
_END = re.compile(r"\bunion all\b|\n\s*\)|\Z", re.IGNORECASE)
_FACT = re.compile(r"\bfact\s*=\s*'(\w+)'")
_REF = re.compile(r"ref\(\s*'(\w+)'\s*(~)?")


@dataclass(frozen=True)
class Reading:
    """How a model reads a staging model: `own` is its SELECT on it, `common` the model without such SELECTs."""

    own: str
    common: str

    @property
    def attributes(self) -> set[str]:
        return set(_ATTRIBUTE.findall(self.own)) | set(_ATTRIBUTE.findall(self.common))

    @property
    def facts(self) -> set[str]:
        """Facts whose records alone are taken; empty where there is no such condition."""
        return set(_FACT.findall(self.own))

    def reads_column(self, name: str) -> bool:
        """Whether the SELECT names the column, as text or typed; one that takes every column leaves it to the model."""
        text = self.own + (self.common if re.search(r"select\s+(\w+\.)?\*", self.own) else "")
        return re.search(rf"\b{name}(_code|_value)?\b", text) is not None


@dataclass(frozen=True)
class ModelPaths:
    """SQL without remarks by model's name, and the models that each refers to."""

    texts: dict[str, str]
    refs: dict[str, frozenset[str]] = field(default_factory=dict)

    def readers(self, staging: str) -> set[str]:
        """Models that refer to a staging model themselves."""
        return {name for name, refs in self.refs.items() if staging in refs}

    def readings(self, fact: str, staging: str) -> list[Reading]:
        """How the models between a fact and a staging model read the latter; empty where the fact takes none of it."""
        distances = self._facts
        nearest = min((d[staging] for d in distances.values() if staging in d), default=None)
        found = [self._reading(m, staging) for m in sorted(distances.get(fact, {})) if staging in self.refs.get(m, ())]
        near = distances.get(fact, {}).get(staging) == nearest
        return [r for r in found if fact in r.facts or (near and not r.facts)]

    @cached_property
    def _facts(self) -> dict[str, dict[str, int]]:
        return {name: self._distances(name) for name in self.refs if name.startswith("fct_")}

    def _distances(self, model: str) -> dict[str, int]:
        """Steps of `ref` from a model to each that it rests on, itself included."""
        found, waiting = {model: 0}, [model]
        for name in waiting:
            for other in sorted(self.refs.get(name, ())):
                if other not in found:
                    found[other] = found[name] + 1
                    waiting.append(other)
        return found

    def _reading(self, model: str, staging: str) -> Reading:
        text = self.texts[model]
        own, common, last = "", "", 0
        for match in _REF.finditer(text):
            if not match.group(1).startswith("stg_"):
                continue
            starts = [m.start() for m in _SELECT.finditer(text, last, match.start())]
            start = starts[-1] if starts else last
            common += text[last:start]
            if staging in _meant(match, self.texts):
                own += text[start : _END.search(text, match.end()).start()]  # type: ignore[union-attr]
            last = match.end()
        return Reading(own, common + text[last:])


def _meant(match: re.Match[str], models: dict[str, str]) -> set[str]:
    name, loop = match.groups()
    return {m for m in models if m.startswith(name)} if loop else {name}


@lru_cache(maxsize=4)
def model_paths(folder: Path = MODELS) -> ModelPaths:
    """Read every model's SQL under the folder."""
    texts = {path.stem: _COMMENT.sub("", path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.sql"))}
    refs = {
        name: frozenset(m for match in _REF.finditer(text) for m in _meant(match, texts))
        for name, text in texts.items()
    }
    return ModelPaths(texts, refs)
