"""Large nets for images as messages, with an Input layer of one image and without losses.

GoogLeNet and ResNet-50 come from the tests' files. MobileNet is composed from table 1 of Howard et al. 2017
("MobileNets"), FCN-8s from Shelhamer et al. 2016 ("Fully convolutional networks for semantic segmentation"), with its
layers' names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py import (
    NetSpec,
    layers as L,  # noqa: N812
    params as P,  # noqa: N812
)
from mycaffe_py.builder import load_model

DATA = Path(__file__).parents[1] / "tests" / "data"
MSRA = {"type": "msra"}
CLASSES = 21  # of FCN-8s, for the PASCAL VOC images


def without_losses(filename: str, output: str) -> Any:
    """Return a net of the tests, reduced to the layers that its blob ``output`` needs, for one image."""
    message = load_model(str(DATA / filename)).message
    needed, kept = {output}, []
    for layer in reversed(message.layer):
        if needed & set(layer.top):
            needed |= set(layer.bottom)
            kept.append(layer)
    layers = [type(layer).FromString(layer.SerializeToString()) for layer in reversed(kept)]
    source = layers[0]
    del source.top[1:], source.input_param.shape[1:]
    source.input_param.shape[0].dim[0] = 1
    del message.layer[:]
    message.layer.extend(layers)
    return message


def _image_input(size: int) -> NetSpec:
    spec = NetSpec()
    spec.data = L.Input(input_param={"shape": {"dim": [1, 3, size, size]}})
    return spec


def mobilenet() -> Any:
    """Return MobileNet v1 for images of 224 x 224: depthwise convolutions have a group for each channel."""
    spec = _image_input(224)

    def convolution(name: str, bottom: Any, outputs: int, **settings: Any) -> Any:
        spec[name] = L.Convolution(
            bottom, num_output=outputs, bias_term=False, weight_filler=MSRA, **settings
        )
        spec[f"{name}/bn"] = L.BatchNorm(spec[name], in_place=True)
        spec[f"{name}/scale"] = L.Scale(spec[f"{name}/bn"], bias_term=True, in_place=True)
        spec[f"{name}/relu"] = L.ReLU(spec[f"{name}/scale"], in_place=True)
        return spec[f"{name}/relu"]

    top = convolution("conv1", spec.data, 32, kernel_size=3, stride=2, pad=1)
    channels = 32
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
    for number, (outputs, stride) in enumerate([*blocks, (1024, 2), (1024, 1)], 2):
        name = f"conv{number}"
        top = convolution(
            f"{name}/dw", top, channels, kernel_size=3, stride=stride, pad=1, group=channels
        )
        top = convolution(f"{name}/sep", top, outputs, kernel_size=1)
        channels = outputs
    spec.pool = L.Pooling(top, pool=P.Pooling.AVE, global_pooling=True)
    spec.fc = L.Convolution(spec.pool, num_output=1000, kernel_size=1, weight_filler=MSRA)
    return spec.to_proto()


VGG16 = ((1, 2, 64), (2, 2, 128), (3, 3, 256), (4, 3, 512), (5, 3, 512))
"""Number of a block, its convolutions, their outputs."""


def fcn8s(size: int = 500) -> Any:
    """Return FCN-8s for an image of ``size`` x ``size``."""
    spec = _image_input(size)
    top = spec.data
    for block, count, outputs in VGG16:
        for index in range(1, count + 1):
            pad = 100 if block == index == 1 else 1
            top = _rectified(
                spec, f"conv{block}_{index}", top, num_output=outputs, kernel_size=3, pad=pad
            )
        spec[f"pool{block}"] = top = L.Pooling(top, kernel_size=2, stride=2)
    top = _rectified(spec, "fc6", top, num_output=4096, kernel_size=7)
    top = _rectified(spec, "fc7", top, num_output=4096, kernel_size=1)
    top = spec.score_fr = _scores(top)
    spec.upscore2 = _enlarged(top, 4, 2)
    for pool, offset, enlarged, kernel, stride in (
        (4, 5, "upscore_pool4", 4, 2),
        (3, 9, "upscore8", 16, 8),
    ):
        below = list(spec.tops.values())[-1]
        spec[f"score_pool{pool}"] = _scores(spec[f"pool{pool}"])
        cropped = L.Crop(spec[f"score_pool{pool}"], below, offset=offset)
        spec[f"score_pool{pool}c"] = cropped
        spec[f"fuse_pool{pool}"] = L.Eltwise(below, cropped)
        spec[enlarged] = _enlarged(spec[f"fuse_pool{pool}"], kernel, stride)
    spec.score = L.Crop(spec.upscore8, spec.data, offset=31)
    return spec.to_proto()


def _rectified(spec: NetSpec, name: str, bottom: Any, **settings: Any) -> Any:
    spec[name] = L.Convolution(bottom, weight_filler=MSRA, **settings)
    spec[f"relu_{name}"] = L.ReLU(spec[name], in_place=True)
    return spec[f"relu_{name}"]


def _scores(bottom: Any) -> Any:
    return L.Convolution(bottom, num_output=CLASSES, kernel_size=1, weight_filler=MSRA)


def _enlarged(bottom: Any, kernel: int, stride: int) -> Any:
    return L.Deconvolution(
        bottom,
        convolution_param={
            "num_output": CLASSES,
            "kernel_size": kernel,
            "stride": stride,
            "bias_term": False,
            "weight_filler": MSRA,
        },
    )


MODELS: dict[str, Callable[[], Any]] = {
    "GoogLeNet": lambda: without_losses("googlenet.prototxt", "loss3/classifier"),
    "ResNet-50": lambda: without_losses("resnet50.prototxt", "fc1000"),
    "MobileNet": mobilenet,
    "FCN-8s": fcn8s,
}
