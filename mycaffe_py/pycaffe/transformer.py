"""Transformer: conversion from images to the values of a net's input blob, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.stores.resizing import resize_image


class Transformer:
    """Preprocesses images for a net's inputs; ``inputs`` maps their names to blob shapes (N, K, H, W).

    :meth:`preprocess` resizes (to H x W), transposes, swaps channels, multiplies by the raw scale,
    subtracts the mean and multiplies by the input scale: each step only where it is set.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]):
        self.inputs = {name: tuple(int(dim) for dim in shape) for name, shape in inputs.items()}
        self.transpose: dict[str, tuple[int, ...]] = {}
        self.channel_swap: dict[str, tuple[int, ...]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, np.ndarray] = {}
        self.input_scale: dict[str, float] = {}

    def _shape(self, in_: str) -> tuple[int, ...]:
        if in_ not in self.inputs:
            raise ConfigError(
                f"{in_} is not one of the net inputs: {', '.join(self.inputs)}",
                nearest=(str(in_), self.inputs),
            )
        return self.inputs[in_]

    # Settings.

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of axes; (2, 0, 1) turns (H, W, K) into (K, H, W)."""
        self.transpose[in_] = self._order(in_, order, len(self._shape(in_)) - 1, "axes")

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of channels; (2, 1, 0) turns red, green, blue into blue, green, red."""
        self.channel_swap[in_] = self._order(in_, order, self._shape(in_)[1], "channels")

    def _order(self, in_: str, order: Sequence[int], count: int, what: str) -> tuple[int, ...]:
        order = tuple(int(index) for index in order)
        if sorted(order) != list(range(count)):
            raise ShapeError(
                f'input "{in_}" {self.inputs[in_]} has {count} {what} (excluding batch): the order must '
                f"contain 0 to {count - 1}, each once, got {order}"
            )
        return order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """Set a factor applied before the mean is subtracted: 255 for nets trained on values 0 to 255."""
        self._shape(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Any) -> None:
        """Set the mean to subtract: one value per channel, or (K, H, W), resized if H and W differ.

        (H, W) is enough for one channel.
        """
        shape = self._shape(in_)
        mean = np.array(mean, dtype=np.float32)
        if mean.ndim == 1:
            if mean.size != shape[1]:
                raise ShapeError(
                    f'input "{in_}" {shape} has {shape[1]} channels, the mean {mean.shape}'
                )
            mean = mean[:, np.newaxis, np.newaxis]
        elif mean.ndim == 4 and len(mean) == 1:
            mean = mean[0]
        elif mean.ndim == 2 and shape[1] == 1:
            mean = mean[np.newaxis]
        if mean.ndim != 3 or mean.shape[0] not in (1, shape[1]):
            raise ShapeError(
                f'the mean {mean.shape} does not fit input "{in_}" {shape}',
                hint="give one value for each channel, or an array (channels, height, width)",
            )
        if mean.shape[1:] not in ((1, 1), shape[2:]):
            mean = resize_image(mean.transpose(1, 2, 0), shape[2:]).transpose(2, 0, 1)
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """Set a factor applied after the mean is subtracted."""
        self._shape(in_)
        self.input_scale[in_] = scale

    # Processing.

    def preprocess(self, in_: str, data: Any) -> np.ndarray:
        """Return an image (H', W', K) as float32 (K, H, W) for the input, without changing the image."""
        shape = self._shape(in_)
        values = np.array(data, dtype=np.float32)
        if values.shape[:2] != shape[2:]:
            values = resize_image(values, shape[2:])
        if in_ in self.transpose:
            values = values.transpose(self._fitting(in_, self.transpose[in_], values))
        if in_ in self.channel_swap:
            values = self._swapped(in_, values)
        if in_ in self.raw_scale:
            values = values * np.float32(self.raw_scale[in_])
        if in_ in self.mean:
            values = self._minus_mean(in_, values)
        if in_ in self.input_scale:
            values = values * np.float32(self.input_scale[in_])
        return values

    def _fitting(self, in_: str, order: tuple[int, ...], values: np.ndarray) -> tuple[int, ...]:
        if values.ndim != len(order):
            raise ShapeError(
                f'input "{in_}" {self.inputs[in_]} takes images of {len(order)} axes, got '
                f"shape {values.shape}"
            )
        return order

    def _swapped(self, in_: str, values: np.ndarray) -> np.ndarray:
        order = self.channel_swap[in_]
        if len(values) != len(order):
            raise ShapeError(
                f'input "{in_}" {self.inputs[in_]}: the channel swap {order} does not fit the image '
                f"{values.shape}"
            )
        return values[list(order)]

    def _minus_mean(self, in_: str, values: np.ndarray) -> np.ndarray:
        try:
            return values - self.mean[in_]
        except ValueError:
            raise ShapeError(
                f'input "{in_}" {self.inputs[in_]}: the mean {self.mean[in_].shape} does not fit '
                f"the image {values.shape}"
            ) from None

    def deprocess(self, in_: str, data: Any) -> np.ndarray:
        """Return the image from which :meth:`preprocess` makes ``data``, up to resizing."""
        shape = self._shape(in_)
        values = np.array(data, dtype=np.float32).squeeze()
        by_axis = in_ in self.transpose or in_ in self.channel_swap or in_ in self.mean
        if by_axis and values.size == math.prod(shape[1:]):
            values = values.reshape(shape[1:])  # axes of one element count here
        if in_ in self.input_scale:
            values = values / np.float32(self.input_scale[in_])
        if in_ in self.mean:
            values = values + self.mean[in_]
        if in_ in self.raw_scale:
            values = values / np.float32(self.raw_scale[in_])
        if in_ in self.channel_swap:
            values = values[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            order = self._fitting(in_, self.transpose[in_], values)
            values = values.transpose(np.argsort(order))
        return values
