"""What the solver prints: it writes to standard output by itself, where a command's JSON answer stands."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def solver_output_aside() -> Iterator[None]:
    """Inside, what C code prints to standard output goes to standard error."""
    library = ctypes.CDLL(None)
    library.fflush(None)
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        # What was printed may still lie in the buffer, and would come out when the process ends.
        library.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
