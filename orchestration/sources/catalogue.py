"""The catalogue: every declared source, read from the YAML files beside this module."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from orchestration.sources.model import Layout, Source
from orchestration.sources.paths import model_paths
from orchestration.sources.reach import unreachable

DECLARATIONS = Path(__file__).parent


class DeclarationError(Exception):
    """A declaration that cannot be understood: names the file and what is wrong."""


@dataclass(frozen=True)
class Catalogue:
    sources: tuple[Source, ...]
    hashes: dict[str, str]

    def __getitem__(self, source_id: str) -> Source:
        for source in self.sources:
            if source.source_id == source_id:
                return source
        known = ", ".join(s.source_id for s in self.sources)
        raise KeyError(f"no source {source_id}; declared are {known}")

    def layouts(self) -> Iterator[tuple[Source, Layout]]:
        for source in self.sources:
            for layout in source.layouts:
                yield source, layout


@lru_cache(maxsize=4)
def load_catalogue(folder: Path = DECLARATIONS) -> Catalogue:
    """Read and validate every declaration. Raises `DeclarationError` naming file and fault.

    A declaration that no model acts on (an attribute that the fact does not read, a series without a path to its fact)
    is a fault too: it would be dropped in silence.
    """
    import yaml
    from pydantic import ValidationError

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sources, hashes = [], {}
    for path in sorted(folder.glob("*.yml")):
        text = path.read_bytes()
        try:
            source = Source.model_validate(yaml.load(text, Loader=loader))
        except (yaml.YAMLError, ValidationError) as error:
            raise DeclarationError(f"{path.name}: {error}") from error
        if source.source_id != path.stem:
            raise DeclarationError(f"{path.name}: source_id is {source.source_id}; it must be the file's name")
        if faults := unreachable(source, model_paths()):
            raise DeclarationError("\n".join(f"{path.name}: {fault}" for fault in faults))
        sources.append(source)
        hashes[source.source_id] = hashlib.sha256(text).hexdigest()
    return Catalogue(tuple(sources), hashes)
