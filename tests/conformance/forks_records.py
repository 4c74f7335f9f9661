"""Cases of data layers that forks of Caffe added for ``test_conformance.py``; see ``conformance_cases.py``.

Every forward gives the next batch, so the sources have just one batch and nothing is drawn by lot.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_plugins.forks.records import AnnotatedWriter, Box

from mycaffe_py.layer import TEST

from ..storing import images, write_images

LayerCase = tuple[str | Callable[[Path], str], list[Any], dict[str, Any]]

_BOXES = [
    [Box(1, 0, 0, 0.5, 0.5), Box(2, 0.2, 0.3, 1, 1, difficult=True)],
    [],
    [Box(1, 0, 0, 1, 1)],
]


def _annotated(more: str, tops: str = 'top: "a" top: "b"') -> Callable[[Path], str]:
    def settings(folder: Path) -> str:
        with AnnotatedWriter(folder / "db") as writer:
            for values, boxes in zip(images(3), _BOXES, strict=True):
                writer.put(values, boxes)
        return (
            f'{tops} data_param {{ source: "{folder / "db"}" batch_size: 3 backend: LMDB }} {more}'
        )

    return settings


def _pairs(field: str, more: str) -> Callable[[Path], str]:
    def settings(folder: Path) -> str:
        write_images(folder, images(3))
        lines = "".join(f"{n}.png {n}.png\n" for n in range(3))
        (folder / "pairs.txt").write_text(lines)
        return f'{field} {{ source: "{folder / "pairs.txt"}" batch_size: 3 }} {more}'

    return settings


_CROP = "transform_param { crop_size: 3 mean_value: 9 }"

LAYERS: dict[str, list[LayerCase]] = {
    "AnnotatedData": [
        (_annotated(""), [], {}),
        (_annotated("transform_param { crop_size: 2 mean_value: 9 }"), [], {"phase": TEST}),
        (
            _annotated(
                "transform_param { color_order: RGB resize_param { height: 5 width: 7 } noise_param { erode: true } "
                "emit_constraint { } }"
            ),
            [],
            {},
        ),
        (
            _annotated("annotated_data_param { batch_sampler { max_trials: 1 } }", 'top: "a"'),
            [],
            {},
        ),
    ],
    "DenseImageData": [
        (_pairs("dense_image_data_param", ""), [], {}),
        (_pairs("dense_image_data_param", _CROP), [], {"phase": TEST}),
    ],
    "ImageLabelmapData": [(_pairs("image_data_param", ""), [], {})],
    "ImageSegData": [
        (_pairs("image_data_param", 'top: "a" top: "b" top: "c"'), [], {}),
        (_pairs("image_data_param", f'top: "a" top: "b" {_CROP}'), [], {"phase": TEST}),
    ],
}
