"""How many bottoms and tops a layer takes."""

from __future__ import annotations

from typing import Any

from mycaffe_py.wording import counted, plural


def check_counts(layer: Any, bottoms: int, tops: int) -> None:
    """Raise LayerError, by the layer's ``fail``, if it does not take so many bottoms and tops."""
    for count, word in ((bottoms, "bottom"), (tops, "top")):
        exact = getattr(layer, f"exact_num_{word}_blobs")
        minimum, maximum = (
            getattr(layer, f"min_{word}_blobs"),
            getattr(layer, f"max_{word}_blobs"),
        )
        if exact is not None and count != exact:
            layer.fail(f"needs exactly {exact} {plural(exact, f'{word} blob')}, got {count}")
        if minimum is not None and count < minimum:
            layer.fail(f"needs at least {minimum} {plural(minimum, f'{word} blob')}, got {count}")
        if maximum is not None and count > maximum:
            layer.fail(f"takes at most {maximum} {plural(maximum, f'{word} blob')}, got {count}")
    if layer.equal_num_bottom_top_blobs and bottoms != tops:
        layer.fail(
            f"needs as many tops as bottoms, got {counted(bottoms, 'bottom')} and {counted(tops, 'top')}"
        )
