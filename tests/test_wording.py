from __future__ import annotations

import pytest

from mycaffe_py.wording import counted, plural


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (0, "layer", "0 layers"), (1, "layer", "1 layer"), (2, "layer", "2 layers"), (1000, "update", "1,000 updates"),
        (1, "axis", "1 axis"), (3, "axis", "3 axes"), (2, "pass", "2 passes"), (2, "bottom blob", "2 bottom blobs"),
    ],
)  # fmt: skip
def test_counts(count, noun, text):
    assert counted(count, noun) == text
    assert text.endswith(plural(count, noun))
