"""check_filler finds what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.layer.filler import Filler
from mycaffe_py.testing import check_filler


class Fine(Filler):
    """All ones."""

    type = "fine"

    def values(self, shape, rng):
        return 1.0


class Infinite(Fine):
    """Not finite."""

    def values(self, shape, rng):
        return np.full(shape, np.inf)


class Unseeded(Fine):
    """Not repeatable."""

    count = 0

    def values(self, shape, rng):
        type(self).count += 1
        return float(self.count)


class Registry:
    def __init__(self, cls):
        self.cls = cls

    def filler(self, param):
        return self.cls(param)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Infinite, r'filler "fine": returns values that are not finite for shape \(2, 3\)'),
        (Unseeded, r"at \(0, 0\) the second time, not"),
    ],
)
def test_finds(cls, message, registry):
    param = registry.schema.parse_text('type: "fine"', "FillerParameter").message
    check_filler(param, (2, 3), registry=Registry(Fine))
    with pytest.raises(AssertionError, match=message):
        check_filler(param, (2, 3), registry=Registry(cls))
