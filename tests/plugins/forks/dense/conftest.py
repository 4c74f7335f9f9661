"""Building one layer with a list of bottoms."""

from __future__ import annotations

import pytest


@pytest.fixture
def build(build):
    def make(text, bottoms, **arguments):
        return build(text, *bottoms, **arguments)

    return make
