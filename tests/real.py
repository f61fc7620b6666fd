"""Where the real exports lie: beside the repository, or nowhere (then such tests are skipped with a printed line)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(os.environ.get("VARDLAGRET_DELIVERIES", Path(__file__).resolve().parents[2] / "shared" / "deliveries"))
DELIVERIES: Path | None = _BESIDE if _BESIDE.is_dir() else None

needs_deliveries = pytest.mark.skipif(DELIVERIES is None, reason=f"the real exports are not at {_BESIDE}")
