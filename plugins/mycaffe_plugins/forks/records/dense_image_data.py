"""The DenseImageData layer."""

from __future__ import annotations

import numpy as np

from mycaffe_plugins.data import SCALES_ONLY, DataTransformer

from .image_pairs import PAIR_CONDITIONS, ImagePairData, Pair


class DenseImageData(ImagePairData):
    """Reads images and images of their pixels' classes: two paths on each line of ``dense_image_data_param.source``.

    No bottoms. Top 0: ``batch_size`` images (batch, channels, height, width). Top 1: the values of the grey images,
    0 to 255 (batch, 1, height, width). Both are resized to ``new_height`` by ``new_width`` if given, the labels by
    the nearest pixel; ``crop_height`` by ``crop_width`` is at random in both phases; ``mirror`` swaps left and
    right of both with probability 1/2. ``transform_param`` crops and mirrors both alike too, where SegNet refuses
    it, and applies its mean and scale to the images. Badrinarayanan et al., "SegNet", 2015; also ENet.
    """

    type = "DenseImageData"
    fork = "SegNet"
    parameters = ("dense_image_data_param", "transform_param", "data_param")
    conditions = (*PAIR_CONDITIONS, SCALES_ONLY)
    settings_field = "dense_image_data_param"

    def make_transformer(self) -> DataTransformer:
        """Return what applies ``transform_param`` and the layer's own crop and mirror."""
        param, transformer = self.settings, DataTransformer(self)
        if param.HasField("mean_file"):
            self.fail(
                "mean_file belongs in transform_param",
                field="dense_image_data_param.mean_file",
                hint="write transform_param { mean_file: ... }",
            )
        transformer.mirror = transformer.mirror or param.mirror
        if bool(param.crop_height) != bool(param.crop_width):
            given = "crop_height" if param.crop_height else "crop_width"
            self.fail(
                "crop_height and crop_width must be given together",
                field=f"dense_image_data_param.{given}",
            )
        if param.crop_height:
            if transformer.crop is not None:
                self.fail(
                    "give a crop here or in transform_param, not both",
                    field="dense_image_data_param.crop_height",
                )
            transformer.crop, transformer.random_crop = (param.crop_height, param.crop_width), True
        return transformer

    def labels_of(self, pair: Pair, size: tuple[int, ...]) -> np.ndarray:
        """Return the values of the label's image."""
        return self.label_image(pair)
