"""The pictures of docs/gallery.md that show the digits of examples/digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import mycaffe_py as caffe
from mycaffe_py.drawing import style
from mycaffe_py.run.metrics import read_tests

from .saving import new_figure, save
from .training import digits

SCALE = 255 / 256


def read_digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first test digits as (count, 1, 28, 28), and their labels."""
    lines = (Path("digits") / "test.txt").read_text(encoding="utf-8").splitlines()[:count]
    images, labels = [], []
    for line in lines:
        name, label = line.rsplit(" ", 1)
        image = caffe.io.load_image(f"digits/{name}", color=False)
        images.append(caffe.io.resize_image(image, (28, 28)).transpose(2, 0, 1))
        labels.append(int(label))
    return np.array(images) * SCALE, np.array(labels)


def outputs(model: str, run: Path, blob: str, images: np.ndarray) -> np.ndarray:
    """Return a blob of a trained net for images."""
    weights = str(run / "last.caffemodel")
    net = caffe.Net(f"{model}.prototxt", caffe.TEST, stages=["deploy"], weights=weights)
    net.blobs["data"].reshape(*images.shape)
    net.blobs["data"].data[...] = images
    return np.array(net.forward(blobs=[blob])[blob])


def _show(axes: Any, image: np.ndarray, title: str = "", colour: str = "black") -> None:
    axes.imshow(image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
    axes.axis("off")
    axes.set_title(title, fontsize="small", color=colour)


def lenet(folder: Path) -> None:
    """Digits that LeNet has not seen, with what it reads; the wrong ones first."""
    images, labels = read_digits(360)
    read = outputs("LeNet", digits("lenet"), "prob", images).argmax(axis=1)
    first = np.argsort(read == labels, kind="stable")[:24]
    figure = new_figure(7.2, 2.4)
    for axes, at in zip(figure.subplots(2, 12).flat, first, strict=True):
        right = read[at] == labels[at]
        _show(axes, images[at], str(read[at]), style.GREEN if right else style.VERMILION)
    share = (read == labels).mean()
    style.heading(figure, f"LeNet reads {share:.1%} of 360 unseen digits; its mistakes in red")
    save(figure, folder / "lenet.png")


def autoencoder(folder: Path) -> None:
    """Digits, and what is made of the 16 numbers that each is reduced to."""
    images, _ = read_digits(12)
    made = outputs("Autoencoder", digits("autoencoder"), "image", images)
    figure = new_figure(7.2, 2.0)
    rows = figure.subplots(2, 12)
    for axes, image in zip(rows.flat, [*images, *made], strict=True):
        _show(axes, image)
    style.heading(figure, "Above: digits. Below: made again from 16 numbers each")
    save(figure, folder / "autoencoder.png")


def siamese(folder: Path) -> None:
    """The plane in which the siamese net places digits."""
    images, labels = read_digits(360)
    net = caffe.Net("Siamese.prototxt", caffe.TEST, weights=digits("siamese") / "last.caffemodel")
    net.blobs["data"].reshape(*images.shape)  # instead of the first images of pairs
    net.blobs["data"].data[...] = images
    places = np.array(net.forward(start="conv1", end="feat")["feat"])
    figure = new_figure(7.2, 3.6)
    axes = figure.subplots()
    scatter = axes.scatter(*places.T, c=labels, cmap="tab10", vmin=-0.5, vmax=9.5, s=10)
    figure.colorbar(scatter, ax=axes, ticks=range(10), label="digit")
    style.plain(axes)
    save(figure, folder / "siamese.png")


def sequence(folder: Path) -> None:
    """The scores of the LSTM after each row of one digit."""
    run = digits("sequence_lstm")
    net = caffe.Net("SequenceLstm.prototxt", caffe.TEST, weights=str(run / "last.caffemodel"))
    net.forward()
    scores = np.array(net.blobs["score"].data)
    scores = scores.reshape(8, -1, 10)[:, 0]
    rows = np.array(net.blobs["sequence"].data)[:, 0]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    figure = new_figure(7.2, 2.8)
    left, right = figure.subplots(1, 2, width_ratios=(1, 2))
    left.imshow(rows, cmap="gray_r")
    left.set_ylabel("row, read from above")
    left.set_xticks([])
    mesh = right.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    right.set_xticks(range(10))
    right.set_xlabel("digit")
    right.set_ylabel("after row")
    figure.colorbar(mesh, ax=right, label="probability")
    save(figure, folder / "sequence_lstm.png")


def resnet(folder: Path) -> None:
    """The accuracy of the residual net on digits that it does not train on."""
    figure = new_figure(7.2, 2.6)
    axes = figure.subplots()
    for name, label in (("small_resnet", "SmallResNet"), ("lenet", "LeNet")):
        updates, values = read_tests(digits(name) / "tests.jsonl")["test accuracy"]
        colour = style.BLUE if name == "small_resnet" else style.GREY
        axes.plot(updates, values, "o-", color=colour, label=label)
    axes.set_xlabel("update")
    axes.set_ylabel("test accuracy")
    style.plain(axes)
    axes.legend(fontsize="small")
    save(figure, folder / "small_resnet.png")


PICTURES = (lenet, resnet, autoencoder, siamese, sequence)
