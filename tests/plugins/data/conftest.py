"""What the tests of the data layers share."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def batches():
    """Run forward some times; returns the tops of each, copied."""

    def run(built, count):
        found = []
        for _ in range(count):
            built.forward()
            found.append([np.array(blob.data) for blob in built.top])
        return found

    return run


@pytest.fixture
def same():
    """Assert that two runs gave the same batches."""

    def check(left, right):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)

    return check
