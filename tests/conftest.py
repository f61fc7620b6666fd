"""Fixtures that several rooms of tests share."""

from tests.support.built import example_deliveries, example_home, real_warehouse

__all__ = ["example_deliveries", "example_home", "real_warehouse"]
