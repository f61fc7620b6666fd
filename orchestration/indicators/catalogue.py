"""The catalogue of indicators: every definition, read from `dbt_project/indicators/<id>.yml`."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.indicators.definition import Definition
from orchestration.settings import DBT_PROJECT

DEFINITIONS = DBT_PROJECT / "indicators"


class DefinitionError(Exception):
    """A definition that cannot be understood: names the file and what is wrong."""


def canonical_sha256(content: dict[str, Any]) -> str:
    """SHA-256 of a declaration's content as JSON with sorted keys: layout and comments of the YAML do not count."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=4)
def load_definitions(folder: Path = DEFINITIONS) -> tuple[Definition, ...]:
    """All definitions, ordered by id.

    Raises:
        DefinitionError: a file is no valid definition, is not named by its id, or names a companion that is none.
    """
    definitions = tuple(_read(path) for path in sorted(folder.glob("*.yml")))
    known = {d.indicator_id for d in definitions}
    for definition in definitions:
        for companion in definition.companions:
            if companion not in known:
                raise DefinitionError(
                    f"{definition.indicator_id}.yml: companion {companion} is no indicator; define it or leave it out"
                )
    return definitions


def _read(path: Path) -> Definition:
    import yaml
    from pydantic import ValidationError

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_bytes(), Loader=loader)
        if not isinstance(content, dict):
            raise DefinitionError(f"{path.name}: a definition is a mapping of fields, not {type(content).__name__}")
        definition = Definition(**content, definition_sha256=canonical_sha256(content))
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise DefinitionError(f"{path.name}: {error}") from error
    if definition.indicator_id != path.stem:
        raise DefinitionError(f"{path.name}: indicator_id is {definition.indicator_id}; it must be the file's name")
    return definition
