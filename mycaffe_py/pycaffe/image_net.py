"""Base of Classifier and Detector: a net in TEST phase with preprocessing of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import TEST
from mycaffe_py.net.net import Net

from .transformer import Transformer


class ImageNet(Net):
    """A net whose first input takes images, preprocessed by ``transformer``."""

    def __init__(
        self,
        model_file: str | Path,
        pretrained_file: str | Path | None,
        mean: Any = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        **options: Any,
    ):
        super().__init__(model_file, TEST, weights=pretrained_file, **options)
        if len(self.inputs) != 1 or len(self.blobs[self.inputs[0]].shape) != 4:
            shapes = ", ".join(f"{name} {tuple(self.blobs[name].shape)}" for name in self.inputs)
            raise ConfigError(
                f'net "{self.name}" needs one input (batch, channels, height, width); it has '
                f"{shapes or 'none'}",
                hint="use a deploy net, with an Input layer instead of data layers",
            )
        name = self.inputs[0]
        self.transformer = Transformer({name: tuple(self.blobs[name].shape)})
        self.transformer.set_transpose(name, (2, 0, 1))
        if mean is not None:
            self.transformer.set_mean(name, mean)
        if input_scale is not None:
            self.transformer.set_input_scale(name, input_scale)
        if raw_scale is not None:
            self.transformer.set_raw_scale(name, raw_scale)
        if channel_swap is not None:
            self.transformer.set_channel_swap(name, channel_swap)

    def run_batches(self, values: np.ndarray) -> np.ndarray:
        """Return the first output for values (N, K, H, W), in batches of the input's size."""
        inputs: dict[str, Any] = {self.inputs[0]: values}
        return self.forward_all(**inputs)[self.outputs[0]]
