"""pycaffe's Detector: a net run on windows of images, as R-CNN does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, ShapeError, naming_place
from mycaffe_py.stores.resizing import resize_image

from .bound_names import bound_names
from .image_net import ImageNet
from .io import load_image

if not TYPE_CHECKING:
    __getattr__, __dir__ = bound_names(__name__, caffe="mycaffe_py", os="os")


class Detector(ImageNet):
    """A trained net that is run on windows of images, with their preprocessing.

    ``context_pad`` is the border, in pixels of the net's input, that shows what surrounds a window; what
    lies outside the image is filled with the mean. The other settings are those of
    :class:`mycaffe_py.pycaffe.io.Transformer`.
    """

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path | None,
        mean: Any = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
        **options: Any,
    ):
        super().__init__(
            model_file, pretrained_file, mean, input_scale, raw_scale, channel_swap, **options
        )
        self.configure_crop(context_pad)

    def configure_crop(self, context_pad: int | None) -> None:
        """Set the border around windows, and what fills it outside the image."""
        name = self.inputs[0]
        channels, height, width = self.transformer.inputs[name][1:]
        self.crop_dims = np.array((height, width, channels))
        self.context_pad = context_pad
        if not context_pad:
            return
        if height != width or not 0 < 2 * context_pad < width:
            raise ShapeError(
                f"context_pad {context_pad} needs a square input of more than {2 * context_pad} "
                f'pixels, "{name}" is {self.transformer.inputs[name]}'
            )
        self.crop_mean = np.zeros((height, width, channels), dtype=np.float32)
        if name in self.transformer.mean:
            # The image that equals the mean: preprocessing turns it into zeros.
            scaled = np.zeros((channels, height, width), dtype=np.float32)
            self.crop_mean[...] = self.transformer.deprocess(name, scaled)

    def detect_windows(
        self, images_windows: Iterable[tuple[str | Path, Iterable[Sequence[float]]]]
    ) -> list[dict[str, Any]]:
        """Run the net on windows of image files.

        ``images_windows`` holds (file name, windows), a window being (ymin, xmin, ymax, xmax). Returns a
        dict for each window: ``window``, ``prediction`` (the net's first output) and ``filename``.
        """
        found, inputs = [], []
        for filename, windows in images_windows:
            image = load_image(filename)
            for window in windows:
                found.append({"window": window, "prediction": None, "filename": filename})
                with naming_place(f'image "{filename}"', DataError):
                    crop = self.crop(image, window)
                inputs.append(self.transformer.preprocess(self.inputs[0], crop))
        if inputs:
            predictions = self.run_batches(np.stack(inputs))
            for detection, prediction in zip(found, predictions, strict=True):
                detection["prediction"] = prediction
        return found

    def detect_selective_search(self, image_fnames: Iterable[str]) -> list[dict[str, Any]]:
        """Raise ConfigError: the selective search of pycaffe is a MATLAB program, not part of this package."""
        raise ConfigError(
            "selective search is a MATLAB program that is not part of this package",
            hint="propose windows by other means and give them to detect_windows()",
        )

    def crop(self, im: np.ndarray, window: Sequence[float]) -> np.ndarray:
        """Return the part of an image (H, W, K) in ``window`` (ymin, xmin, ymax, xmax).

        With ``context_pad`` it has the size of the net's input, with what surrounds the window around it.
        """
        box = np.array(window, dtype=np.float64)
        if box.shape != (4,):
            raise DataError(f"a window is (ymin, xmin, ymax, xmax), got {window}")
        if self.context_pad:
            return self._crop_with_context(im, box)
        top, left, bottom, right = np.maximum(box, 0).astype(int)
        part = im[top:bottom, left:right]
        if not part.size:
            raise DataError(f"the window {window} contains no part of an image {im.shape}")
        return part

    def _crop_with_context(self, im: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Enlarge the window, clip it to the image, and place what is left of it on the mean.

        As R-CNN counts, a window from 0 to 9 holds ten pixels.
        """
        size = int(self.crop_dims[0])
        half = (box[2:] - box[:2] + 1) / 2
        centre = box[:2] + half
        half = half * size / (size - 2 * (self.context_pad or 0))
        low, high = np.round(centre - half), np.round(centre + half)
        scale = size / (high - low + 1)
        start = np.round(np.maximum(0, -low) * scale).astype(int)
        limits = np.array(im.shape[:2])
        low, high = np.clip(low, 0, limits).astype(int), np.clip(high, 0, limits).astype(int)
        part = im[low[0] : high[0], low[1] : high[1]]
        if not part.size:
            raise DataError(f"the window {box.tolist()} contains no part of an image {im.shape}")
        dims = np.round((high - low + 1) * scale).astype(int)
        dims = np.maximum(np.minimum(dims, size - start), 1)
        crop = self.crop_mean.copy()
        start = np.minimum(start, size - dims)
        rows, columns = (slice(at, at + length) for at, length in zip(start, dims, strict=True))
        crop[rows, columns] = resize_image(part, dims)
        return crop
