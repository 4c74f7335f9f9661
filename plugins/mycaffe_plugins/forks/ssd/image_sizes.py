"""The sizes of a test set's images, as SSD's name_size_file lists them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import Layer, enum_name
from mycaffe_py.stores import text_lines


class ImageSizes:
    """Height and width of each image of a test set, in the order of the data, over and over again."""

    def __init__(self, sizes: np.ndarray, resizing: Any = None):
        self.sizes = sizes
        """(n, 2), height and width."""
        self.resizing = resizing
        """The ResizeParameter by which the images were resized; None: to the net's size, whatever their form."""
        self.place = 0
        """The image of the batch's first item."""

    @classmethod
    def of(cls, layer: Layer, param: Any, field: str) -> ImageSizes:
        """Return what a message's ``name_size_file`` lists: lines "name height width"."""
        path = layer.find_file(param.name_size_file, f"{field}.name_size_file")
        sizes = []
        for number, line in text_lines(path):
            words = line.rsplit(maxsplit=2)
            if len(words) != 3 or not all(word.isascii() and word.isdigit() for word in words[1:]):
                layer.fail(
                    f'line {number} of "{path}" is not "name height width"',
                    field=f"{field}.name_size_file",
                )
            sizes.append([min(int(word[:10]), 1 << 30) for word in words[1:]])
        if not sizes:
            layer.fail(f'"{path}" lists no image', field=f"{field}.name_size_file")
        resizing = param.resize_param if param.HasField("resize_param") else None
        if resizing is not None and not (resizing.height and resizing.width):
            layer.fail("needs height and width", field=f"{field}.resize_param")
        return cls(np.array(sizes), resizing)

    def in_pixels(self, item: int, boxes: np.ndarray) -> np.ndarray:
        """Return boxes (n, 4) of an item of the batch, cut off at the image's border, in pixels."""
        height, width = (int(side) for side in self.sizes[(self.place + item) % len(self.sizes)])
        scale = np.array([width, height, width, height])
        resizing = self.resizing
        mode = "WARP" if resizing is None else enum_name(resizing, "resize_mode")
        if mode == "FIT_LARGE_SIZE_AND_PAD":
            boxes = _without_padding(boxes, resizing.width / resizing.height, width / height)
        elif mode == "FIT_SMALL_SIZE" and resizing.height_scale and resizing.width_scale:
            units = [resizing.width_scale, resizing.height_scale] * 2
            return np.clip(boxes * np.array(units), 0, scale)
        return np.clip(boxes, 0, 1) * scale

    def advance(self, items: int) -> None:
        """Go on to the next batch."""
        self.place = (self.place + items) % len(self.sizes)


def _without_padding(boxes: np.ndarray, net: float, image: float) -> np.ndarray:
    """Return boxes in parts of a padded image in parts of the image itself; both are given by width / height.

    A box that lies in the padding alone stays as it is, as in SSD.
    """
    share = min(net / image, image / net)
    first = 1 if image > net else 0  # the axis that was padded
    low, high = (1 - share) / 2, (1 + share) / 2
    moved = boxes.copy()
    moved[:, [first, first + 2]] = (boxes[:, [first, first + 2]] - low) / (high - low)
    meets = (boxes[:, first] < high) & (boxes[:, first + 2] > low)
    return np.where(meets[:, None], moved, boxes)
