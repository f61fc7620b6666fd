"""What C code prints to standard output stands on standard error, and never after a command's answer."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import ctypes
from orchestration.releases.solver_output import solver_output_aside
print("before")
with solver_output_aside():
    ctypes.CDLL(None).puts(b"solver")
print("answer")
"""


def test_c_output_goes_to_standard_error() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["before", "answer"]
    assert done.stderr.splitlines() == ["solver"]
