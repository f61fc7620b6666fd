"""Fixtures that several rooms of tests share, and the report on bad input."""

import pytest

from tests.support.bad_input_report import BadInputReport
from tests.support.built import example_deliveries, example_home, real_warehouse

__all__ = ["example_deliveries", "example_home", "real_warehouse"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bad-input", action="store_true", help="print the table of bad input, one line per input")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(BadInputReport(), "bad-input-report")
