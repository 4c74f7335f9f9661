"""FCN-8s as a torch module whose convolutions have the names of our layers."""

from __future__ import annotations

import torch
from large_models import CLASSES, VGG16
from torch import Tensor, nn
from torch.nn import functional


class Fcn8s(nn.Module):
    """``forward`` takes images and returns the scores of the classes for each of their pixels."""

    def __init__(self) -> None:
        super().__init__()
        channels = 3
        for block, count, outputs in VGG16:
            for index in range(1, count + 1):
                pad = 100 if block == index == 1 else 1
                self.add_module(
                    f"conv{block}_{index}", nn.Conv2d(channels, outputs, 3, padding=pad)
                )
                channels = outputs
        self.fc6, self.fc7 = nn.Conv2d(512, 4096, 7), nn.Conv2d(4096, 4096, 1)
        self.score_fr = nn.Conv2d(4096, CLASSES, 1)
        self.score_pool4, self.score_pool3 = (nn.Conv2d(n, CLASSES, 1) for n in (512, 256))
        self.upscore2, self.upscore_pool4 = (
            nn.ConvTranspose2d(CLASSES, CLASSES, 4, stride=2, bias=False) for _ in range(2)
        )
        self.upscore8 = nn.ConvTranspose2d(CLASSES, CLASSES, 16, stride=8, bias=False)

    def forward(self, data: Tensor) -> Tensor:
        x, pools = data, {}
        for block, count, _ in VGG16:
            for index in range(1, count + 1):
                x = torch.relu_(getattr(self, f"conv{block}_{index}")(x))
            x = pools[block] = functional.max_pool2d(x, 2, ceil_mode=True)
        x = torch.relu_(self.fc7(torch.relu_(self.fc6(x))))
        x = self.upscore2(self.score_fr(x))
        x = self.upscore_pool4(x + _cut(self.score_pool4(pools[4]), x, 5))
        x = self.upscore8(x + _cut(self.score_pool3(pools[3]), x, 9))
        return _cut(x, data, 31)


def _cut(x: Tensor, like: Tensor, offset: int) -> Tensor:
    height, width = (offset + size for size in like.shape[2:])
    return x[:, :, offset:height, offset:width]
