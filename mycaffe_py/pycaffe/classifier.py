"""pycaffe's Classifier: a net that classifies images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.stores.resizing import resize_image

from .bound_names import bound_names
from .image_net import ImageNet
from .io import oversample as ten_crops

if not TYPE_CHECKING:
    __getattr__, __dir__ = bound_names(__name__, caffe="mycaffe_py")


class Classifier(ImageNet):
    """A trained net that classifies images, with their preprocessing.

    ``image_dims`` (height, width) is the size that images are resized to before they are cropped to the input's
    size; None means the input's size. ``mean``, ``input_scale``, ``raw_scale`` and ``channel_swap`` are
    those of :class:`mycaffe_py.pycaffe.io.Transformer`.
    """

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path | None,
        image_dims: Sequence[int] | None = None,
        mean: Any = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        **options: Any,
    ):
        super().__init__(
            model_file, pretrained_file, mean, input_scale, raw_scale, channel_swap, **options
        )
        self.crop_dims = np.array(self.transformer.inputs[self.inputs[0]][2:])
        dims = self.crop_dims if image_dims is None else image_dims
        self.image_dims = tuple(int(size) for size in dims)
        if len(self.image_dims) != 2 or (np.array(self.image_dims) < self.crop_dims).any():
            raise ShapeError(
                f"image_dims {self.image_dims} must be at least the size of the input "
                f'"{self.inputs[0]}", {tuple(self.crop_dims.tolist())}'
            )

    def predict(  # type: ignore[override]  # pycaffe's own
        self, inputs: Sequence[np.ndarray], oversample: bool = True
    ) -> np.ndarray:
        """Return the net's first output for each image (H, W, K), as (images, classes).

        With ``oversample`` it is the mean over ten crops (:func:`mycaffe_py.pycaffe.io.oversample`), else that of
        the crop in the centre.
        """
        if isinstance(inputs, np.ndarray) and inputs.ndim != 4 or not len(inputs):
            raise ConfigError(
                "predict takes a list of images (height, width, channels), not one image or none",
                hint="write predict([image])",
            )
        images = np.stack([resize_image(image, self.image_dims) for image in inputs])
        high, wide = self.crop_dims
        if oversample:
            crops = ten_crops(images, self.crop_dims)
        else:
            top, left = (np.array(self.image_dims) - self.crop_dims) // 2
            crops = images[:, top : top + high, left : left + wide]
        name = self.inputs[0]
        values = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.run_batches(values)
        predictions = predictions.reshape(len(inputs), len(crops) // len(inputs), -1)
        return predictions.mean(axis=1)
