"""ResNet-50 (He et al. 2015) twice: as a model of ours and as a torch module, of the same layers."""

from __future__ import annotations

from typing import Any

STAGES = ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))
"""Blocks, inner channels and stride of the first block; a block has four times as many channels at its end."""


def prototxt(batch: int, size: int, classes: int, stages: Any = STAGES) -> str:
    """Return our model, with inputs ``data`` and ``label`` and a loss."""
    made = _Writer()
    made.layer(
        "inputs",
        "Input",
        "",
        "data label",
        f"input_param {{ shape {{ dim: {batch} dim: 3 dim: {size} dim: {size} }} shape {{ dim: {batch} }} }}",
    )
    x = made.convolution("conv1", "data", 64, 7, 2)
    made.layer("conv1_relu", "ReLU", x, x)
    made.layer(
        "pool1", "Pooling", x, "pool1", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"
    )
    x = "pool1"
    for stage, (blocks, inner, stride) in enumerate(stages, 2):
        for block in range(blocks):
            x = made.block(f"res{stage}_{block}", x, inner, stride if not block else 1, not block)
    made.layer("pool5", "Pooling", x, "pool5", "pooling_param { pool: AVE global_pooling: true }")
    filler = 'weight_filler { type: "xavier" }'
    made.layer(
        "score",
        "InnerProduct",
        "pool5",
        "score",
        f"inner_product_param {{ num_output: {classes} {filler} }}",
    )
    made.layer("loss", "SoftmaxWithLoss", "score label", "loss")
    return 'name: "ResNet-50"\n' + "".join(made.lines)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def layer(self, name: str, kind: str, bottoms: str, tops: str, settings: str = "") -> None:
        blobs = " ".join(
            [f'bottom: "{b}"' for b in bottoms.split()] + [f'top: "{t}"' for t in tops.split()]
        )
        self.lines.append(f'layer {{ name: "{name}" type: "{kind}" {blobs} {settings} }}\n')

    def convolution(self, name: str, bottom: str, outputs: int, kernel: int, stride: int) -> str:
        """Add a convolution, its normalisation and scale; return the top."""
        geometry = f"kernel_size: {kernel} stride: {stride} pad: {kernel // 2}"
        settings = (
            f'num_output: {outputs} {geometry} bias_term: false weight_filler {{ type: "msra" }}'
        )
        self.layer(name, "Convolution", bottom, name, f"convolution_param {{ {settings} }}")
        self.layer(f"{name}_norm", "BatchNorm", name, name)
        self.layer(f"{name}_scale", "Scale", name, name, "scale_param { bias_term: true }")
        return name

    def block(self, name: str, x: str, inner: int, stride: int, projected: bool) -> str:
        """Add a bottleneck of three convolutions and its shortcut; return the top."""
        shortcut = self.convolution(f"{name}_shortcut", x, 4 * inner, 1, stride) if projected else x
        y = x
        for part, outputs, kernel, by in (
            ("a", inner, 1, stride),
            ("b", inner, 3, 1),
            ("c", 4 * inner, 1, 1),
        ):
            y = self.convolution(f"{name}{part}", y, outputs, kernel, by)
            if part != "c":
                self.layer(f"{y}_relu", "ReLU", y, y)
        self.layer(name, "Eltwise", f"{shortcut} {y}", name)
        self.layer(f"{name}_relu", "ReLU", name, name)
        return name


def module(classes: int, stages: Any = STAGES) -> Any:
    """Return the torch module, whose forward takes data and label and returns the loss."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self, inputs: int, inner: int, stride: int, projected: bool):
            super().__init__()
            sizes = ((inputs, inner, 1, stride), (inner, inner, 3, 1), (inner, 4 * inner, 1, 1))
            self.parts = nn.ModuleList(_convolution(*size) for size in sizes)
            self.shortcut = _convolution(inputs, 4 * inner, 1, stride) if projected else None

        def forward(self, x: Any) -> Any:
            y = torch.relu(self.parts[1](torch.relu(self.parts[0](x))))
            return torch.relu((x if self.shortcut is None else self.shortcut(x)) + self.parts[2](y))

    def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs))

    class ResNet50(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = _convolution(3, 64, 7, 2)
            blocks, channels = [], 64
            for count, inner, stride in stages:
                for index in range(count):
                    blocks.append(Block(channels, inner, stride if not index else 1, not index))
                    channels = 4 * inner
            self.blocks = nn.Sequential(*blocks)
            self.score = nn.Linear(channels, classes)

        def forward(self, data: Any, label: Any) -> Any:
            x = functional.max_pool2d(torch.relu(self.first(data)), 3, 2, ceil_mode=True)
            x = self.blocks(x).mean((2, 3))
            return functional.cross_entropy(self.score(x), label.long())

    return ResNet50()
