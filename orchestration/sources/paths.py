"""Which models read which layouts, and what of them: found in the models' own SQL, so there is no second list.

A layout's staging model is `stg_<source>__<layout>`. A fact reads it where a chain of `ref` leads from the fact's model
to it. What is read of one layout stands in the SELECT that names its staging model, and in what the model does with
all its records afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from orchestration.settings import DBT_PROJECT

MODELS = DBT_PROJECT / "models"

_COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"attributes\s*->>\s*'(\w+)'")
# `ref('stg_x')`, and the beginning of a name in a loop: `ref('stg_x__' ~ layout)`.
_REF = re.compile(r"ref\(\s*'(\w+)'\s*(~)?")


@dataclass(frozen=True)
class Reading:
    """How a model reads a staging model: `own` is its SELECT on it, `common` the model without such SELECTs."""

    own: str
    common: str

    @property
    def attributes(self) -> set[str]:
        return set(_ATTRIBUTE.findall(self.own)) | set(_ATTRIBUTE.findall(self.common))

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
        """How the models between a fact and a staging model read the latter; empty where no chain leads there."""
        return [self._reading(name, staging) for name in sorted(self._upstream(fact) & self.readers(staging))]

    def _upstream(self, model: str) -> set[str]:
        found: set[str] = set()
        waiting = [model] if model in self.refs else []
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [r for r in self.refs.get(name, ()) if r in self.refs]
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
                own += text[start : match.end()]
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
        name: frozenset(m for match in _REF.finditer(text) for m in _meant(match, texts)) for name, text in texts.items()
    }
    return ModelPaths(texts, refs)
