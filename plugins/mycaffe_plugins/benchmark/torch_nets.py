"""The shipped nets as short torch modules, with which ours are compared.

Modules have the names of our layers, so that weights can be copied; a BatchNorm2d has that of the Scale layer after
our BatchNorm. ``forward`` takes the net's inputs by their names and returns the loss.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .torch_gates import swapped

BLOCKS = (("res1", 16, 16, 1), ("res2", 16, 32, 2), ("res3", 32, 64, 2))
"""Of SmallResNet: name, inputs, outputs and stride."""


def blobs_of(module: nn.Module, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the arrays of our layer's blobs in the order and the layout of the module's first parameters."""
    if not isinstance(module, nn.LSTM):
        return list(arrays)
    inputs, bias, hidden = map(swapped, arrays)
    return [inputs, hidden, bias]


def blobs_from(module: nn.Module, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the arrays of a module's parameters in the order and the layout of our layer's blobs."""
    if not isinstance(module, nn.LSTM):
        return list(arrays)
    inputs, hidden, bias = map(swapped, arrays[:3])
    return [inputs, bias, hidden]


class LeNet(nn.Module):
    """LeNet on digits of 28 x 28."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.ip1 = nn.Linear(800, 500)
        self.ip2 = nn.Linear(500, 10)

    def scores(self, data: Tensor) -> Tensor:
        """Return the scores of the classes."""
        x = functional.max_pool2d(self.conv1(data), 2)
        x = functional.max_pool2d(self.conv2(x), 2).flatten(1)
        return self.ip2(torch.relu(self.ip1(x)))

    def forward(self, data: Tensor, label: Tensor) -> Tensor:
        """Return the loss."""
        return functional.cross_entropy(self.scores(data), label.long())


class Siamese(LeNet):
    """Two LeNets with shared weights and a contrastive loss."""

    def __init__(self) -> None:
        super().__init__()
        self.feat = nn.Linear(10, 2)

    def forward(self, pair_data: Tensor, sim: Tensor) -> Tensor:
        """Return the loss."""
        first, second = (self.feat(self.scores(data)) for data in pair_data.split(1, 1))
        square = ((first - second) ** 2).sum(1)
        gap = (1 - square.sqrt()).clamp(min=0)
        return torch.where(sim != 0, square, gap**2).sum() / (2 * len(sim))


class Cifar10Quick(nn.Module):
    """Three convolutions with pooling and LRN, on images of 32 x 32."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 32, 5, padding=2)
        self.conv3 = nn.Conv2d(32, 64, 5, padding=2)
        self.ip1 = nn.Linear(1024, 64)
        self.ip2 = nn.Linear(64, 10)

    def forward(self, data: Tensor, label: Tensor) -> Tensor:
        """Return the loss."""
        x = torch.relu(functional.max_pool2d(self.conv1(data), 3, 2, ceil_mode=True))
        x = x * (1 + 5e-5 * functional.avg_pool2d(x * x, 3, 1, 1)) ** -0.75
        for convolution in (self.conv2, self.conv3):
            x = functional.avg_pool2d(torch.relu(convolution(x)), 3, 2, ceil_mode=True)
        return functional.cross_entropy(self.ip2(self.ip1(x.flatten(1))), label.long())


class SmallResNet(nn.Module):
    """A residual net of three blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._convolution("conv1", 1, 16, 3, 2)
        for block, inputs, outputs, stride in BLOCKS:
            self._convolution(f"{block}a", inputs, outputs, 3, stride)
            self._convolution(f"{block}b", outputs, outputs, 3, 1)
            if stride > 1:
                self._convolution(f"{block}_shortcut", inputs, outputs, 1, stride)
        self.score = nn.Linear(64, 10)

    def _convolution(self, name: str, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        module = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.add_module(name, module)
        self.add_module(f"{name}_scale", nn.BatchNorm2d(outputs))

    def _normal(self, name: str, x: Tensor) -> Tensor:
        return getattr(self, f"{name}_scale")(getattr(self, name)(x))

    def forward(self, data: Tensor, label: Tensor) -> Tensor:
        """Return the loss."""
        x = torch.relu(self._normal("conv1", data))
        for block, _, _, stride in BLOCKS:
            shortcut = self._normal(f"{block}_shortcut", x) if stride > 1 else x
            y = self._normal(f"{block}b", torch.relu(self._normal(f"{block}a", x)))
            x = torch.relu(shortcut + y)
        return functional.cross_entropy(self.score(x.mean((2, 3))), label.long())


class SequenceLstm(nn.Module):
    """An LSTM over the rows of small digits."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm1 = nn.LSTM(8, 64)
        nn.init.zeros_(self.lstm1.bias_hh_l0)  # a second bias, which Caffe's layer lacks
        self.score = nn.Linear(64, 10)

    def forward(self, sequence: Tensor, cont: Tensor, label: Tensor) -> Tensor:
        """Return the loss; every column is a whole sequence, so that cont is not needed."""
        scores = self.score(self.lstm1(sequence)[0])
        return functional.cross_entropy(
            scores.flatten(0, 1), label.long().flatten(), ignore_index=-1
        )
