"""Who delivers: each region under its county code, and a few private providers under hospital and clinic.

Invented hospital codes begin with the county's code, so that a private provider's region can be read from them.
"""

from __future__ import annotations

import numpy as np

from orchestration.example.places import REGION_CODES

HOSPITALS_A_REGION = 4
PRIVATE = ("01801-301", "01802-101", "12801-301", "14801-301", "14802-101", "05801-301")
# Regions with a university hospital take the patients of others.
_REFERRED = ("01", "12", "14", "03", "05", "24", "18")


class Providers:
    """File codes of the regions drawn; a provider's place among `codes` is what the arrays hold."""

    def __init__(self, regions: tuple[str, ...], private: int) -> None:
        self.regions = regions
        self.private = tuple(code for code in PRIVATE if code[:2] in regions)[:private]
        self.codes = (*regions, *self.private)
        # Per provider: hospitals, 5 digits. A private one has one.
        self.hospitals = np.array(
            [f"{region}{n:03d}" for region in REGION_CODES for n in range(1, HOSPITALS_A_REGION + 1)]
            + [code[:5] for code in PRIVATE],
            dtype="S5",
        )

    def of(self, region: str, share: np.ndarray, other: np.ndarray) -> np.ndarray:
        """The provider of each stay: mostly the region's own, some private, some another region's.

        `share` says which of the three, `other` which among them; both uniform in [0, 1).
        """
        own = self.codes.index(region)
        private = [self.codes.index(code) for code in self.private if code[:2] == region] or [own]
        referred = [self.codes.index(r) for r in _REFERRED if r in self.regions and r != region] or [own]
        chosen = np.full(len(share), own, dtype=np.uint8)
        for low, high, places in ((0.96, 0.98, private), (0.98, 1.0, referred)):
            inside = (share >= low) & (share < high)
            chosen[inside] = np.array(places, dtype=np.uint8)[(other[inside] * len(places)).astype(int)]
        return chosen

    def hospital_of(self, provider: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Place in `hospitals` of each stay; the first hospital of a region is the largest."""
        first = np.array(
            [REGION_CODES.index(code) * HOSPITALS_A_REGION for code in self.regions]
            + [len(REGION_CODES) * HOSPITALS_A_REGION + PRIVATE.index(code) for code in self.private]
        )
        many = np.array([HOSPITALS_A_REGION] * len(self.regions) + [1] * len(self.private))
        return (first[provider] + (share * share * many[provider]).astype(int)).astype(np.uint8)
