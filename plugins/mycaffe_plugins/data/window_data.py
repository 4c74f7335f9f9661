"""The WindowData layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError
from mycaffe_py.plugins import Only
from mycaffe_py.stores import decode_image, image_bytes, read_image

from .data_layer import PREFETCH_ONLY, Batch, DataLayer
from .data_transformer import ANNOTATED_ONLY, SCALES_ONLY, DataTransformer
from .folders import image_prefix
from .window_crop import cut, resized
from .window_file import Window, read_windows


class WindowData(DataLayer):
    """Draws random windows of images, some with an object and some without: R-CNN's input.

    No bottoms. Top 0: ``batch_size`` windows resized to a square of ``transform_param.crop_size``
    (batch, channels, crop, crop); top 1: their classes (batch). Windows that overlap an object by
    ``fg_threshold`` or more are foreground, below ``bg_threshold`` background, with class 0. Each
    batch has int(batch_size * fg_fraction) of the first kind, after those of the second.
    ``context_pad`` adds that many pixels of context on each side, ``crop_mode`` "square" uses the
    square around the window. y = (x - mean) * ``window_data_param.scale``, and 0 outside the image;
    mean and mirror are those of ``transform_param``, and a mean file is read at its centre.
    ``cache_images`` keeps the image files in memory.
    """

    type = "WindowData"
    parameters = ("window_data_param", "transform_param", "data_param")
    conditions = (
        PREFETCH_ONLY,
        Only(
            "transform_param.scale",
            "transform_param.force_color",
            "transform_param.force_gray",
            *(
                f"transform_param.{name}"
                for name in (
                    *("resize_param", "noise_param", "crop_h", "crop_w"),
                    *("crop_height", "crop_width"),
                )
            ),
            when="never",
        ),
        ANNOTATED_ONLY,
        SCALES_ONLY,
    )
    settings_field = "window_data_param"
    exact_num_top_blobs = 2

    def open(self, top: Sequence[Blob]) -> None:
        """Read the window file and shape the tops."""
        self.refuse_old_forms(but="scale")
        self._check_settings()
        self.source = self.find_source("window file")
        with self.naming(setting="source"):
            self.images, windows = read_windows(self.source)
        self._sort(windows)
        self.size = len(self.foreground) + len(self.background)
        root = self.settings.root_folder
        self.prefix = image_prefix(self, root, self.source, self.images[0].path)
        channels = self.images[0].channels
        other = next((image for image in self.images if image.channels != channels), None)
        if other is not None:
            self.fail(
                f"line {other.line} of {self.source}: {other.path} has {other.channels} channels and "
                f"{self.images[0].path} {channels}",
                field="window_data_param.source",
            )
        self._read_mean(channels)
        self.cache: dict[int, bytes] = {}
        top[0].reshape(self.batch_size, channels, self.crop_size, self.crop_size)
        top[1].reshape(self.batch_size)

    def _check_settings(self) -> None:
        param, transform = self.settings, self.param.transform_param
        self.crop_size, self.context_pad = transform.crop_size, param.context_pad
        if self.crop_size < 1:
            self.fail("crop_size must be given", field="transform_param.crop_size")
        if 2 * self.context_pad >= self.crop_size:
            self.fail(
                f"context_pad {self.context_pad} leaves nothing of crop_size {self.crop_size}",
                field="window_data_param.context_pad",
            )
        if param.crop_mode not in ("warp", "square"):
            self.fail(
                f'unknown crop_mode "{param.crop_mode}"',
                field="window_data_param.crop_mode",
                hint="valid: warp, square",
            )
        if not 0 <= param.fg_fraction <= 1:
            self.fail(
                f"fg_fraction is {param.fg_fraction:g}, but must be from 0 to 1",
                field="window_data_param.fg_fraction",
            )

    def _sort(self, windows: Sequence[Window]) -> None:
        """Separate foreground from background, and check that there are windows to draw from."""
        param = self.settings
        self.foreground = [w for w in windows if w.overlap >= param.fg_threshold]
        rest = [w for w in windows if w.overlap < param.fg_threshold]
        self.background = [w for w in rest if w.overlap < param.bg_threshold]
        for window in self.foreground:
            if window.label < 1:
                self.fail(
                    f"line {window.line} of {self.source}: a window that overlaps an object by "
                    f"{window.overlap:g} needs a class above 0, got {window.label}",
                    field="window_data_param.source",
                )
        count = int(np.float32(self.batch_size) * np.float32(param.fg_fraction))
        self.counts = (self.batch_size - count, count)
        kinds = ("background", "foreground")
        for kind, listed, wanted in zip(
            kinds, (self.background, self.foreground), self.counts, strict=True
        ):
            if wanted and not listed:
                self.fail(
                    f"{self.source} has no {kind} windows, but each batch needs {wanted}",
                    field="window_data_param.source",
                )

    def _read_mean(self, channels: int) -> None:
        """Read the mean (channels or 1, crop or 1, crop or 1)."""
        transformer = DataTransformer(self)
        self.mirror, self.mean = transformer.mirror, transformer.mean_values
        self.in_order = transformer.in_order
        if self.mean is not None and len(self.mean) not in (1, channels):
            self.fail(
                f"mean_value is given {len(self.mean)} times, but the images have {channels} channels",
                field="transform_param.mean_value",
            )
        image = transformer.mean_image
        if image is None:
            return
        start = (image.shape[2] - self.crop_size) // 2
        middle = slice(start, start + self.crop_size)
        if start < 0 or image.shape[0] != channels or image.shape[1] < middle.stop:
            self.fail(
                f'the mean of mean_file "{transformer.mean_file}" is {image.shape}, but a crop is '
                f"{(channels, self.crop_size, self.crop_size)} from its centre",
                field="transform_param.mean_file",
            )
        self.mean = self.in_order(image[:, middle, middle])

    def load(self, first: int, batch: Batch) -> None:
        """Draw the windows, background first, and resize them."""
        generator = self.generator("batch", first)
        shape = (self.batch_size, self.images[0].channels, self.crop_size, self.crop_size)
        crops, labels = batch.array(0, shape), batch.array(1, (self.batch_size,))
        crops.fill(0)
        index = 0
        for listed, count in zip((self.background, self.foreground), self.counts, strict=True):
            for _ in range(count):
                window = listed[int(generator.integers(len(listed)))]
                mirrored = bool(self.mirror and generator.integers(2))
                with self.naming(f"line {window.line} of {self.source}"):
                    self._fill(window, mirrored, crops[index])
                labels[index] = window.label if listed is self.foreground else 0
                index += 1

    def _fill(self, window: Window, mirrored: bool, crop: np.ndarray) -> None:
        image = self.in_order(self._image(window.image))
        square = self.settings.crop_mode == "square"
        part = cut(window, image.shape[1:], self.crop_size, self.context_pad, square)
        pixels, rows, columns = resized(image, part, self.crop_size, mirrored)
        target = crop[:, rows, columns]
        if self.mean is None:
            target[...] = pixels
        else:
            mean = self.mean
            mean = mean if mean.shape[-1] == 1 else mean[:, rows, columns]
            np.subtract(pixels, mean, out=target, dtype=target.dtype, casting="unsafe")
        target *= self.dtype.type(self.settings.scale)

    def _image(self, number: int) -> np.ndarray:
        listed = self.images[number]
        path, color = Path(self.prefix + listed.path), listed.channels == 3
        if not self.settings.cache_images:
            image = read_image(path, color)
        else:
            if number not in self.cache:
                self.cache[number] = image_bytes(path)
            image = decode_image(self.cache[number], color)
        expected = (listed.channels, listed.height, listed.width)
        if image.shape != expected:
            raise DataError(f"{path} is {image.shape}, but line {listed.line} says {expected}")
        return image
