"""The ImageLabelmapData layer."""

from __future__ import annotations

import numpy as np

from mycaffe_plugins.data import SCALES_ONLY, DataTransformer
from mycaffe_py.plugins import Only

from .image_pairs import PAIR_CONDITIONS, ImagePairData, Pair


class ImageLabelmapData(ImagePairData):
    """Reads images and maps of their edges: two paths on each line of ``image_data_param.source``.

    No bottoms. Top 0: ``batch_size`` images (batch, channels, height, width). Top 1: 1 where the grey image of the
    map is 128 or more, else 0 (batch, 1, height, width), as HED rounds values / 255. Both are resized to
    ``new_height`` by ``new_width`` if given, and cropped and mirrored alike by ``transform_param``; crops are at
    random in both phases. Xie and Tu, "Holistically-nested edge detection", 2015. RCF's layer of this name does not
    round.
    """

    type = "ImageLabelmapData"
    fork = "HED"
    parameters = ("image_data_param", "transform_param", "data_param")
    conditions = (
        *PAIR_CONDITIONS,
        SCALES_ONLY,
        Only("image_data_param.label_type", "image_data_param.ignore_label", when="never"),
    )
    settings_field = "image_data_param"

    def make_transformer(self) -> DataTransformer:
        """Return what applies ``transform_param``, with crops at random."""
        self.refuse_old_forms()
        transformer = DataTransformer(self)
        transformer.random_crop = True
        return transformer

    def labels_of(self, pair: Pair, size: tuple[int, ...]) -> np.ndarray:
        """Return where there is an edge."""
        return (self.label_image(pair, "linear") >= 128).astype(np.uint8)
