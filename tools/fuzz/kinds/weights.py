"""Files of weights (.caffemodel), and nets in protobuf's binary format."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.messages import Maker
from tools.fuzz.mutating import change_bytes, change_wire

from .checkpoints import checkpoint, checkpoint_case
from .small_run import MODEL, only, snapshot


@dataclass
class Corpus:
    """The files of a small training, its weights as a message, and a file of PyTorch's kind."""

    registry: Any
    files: dict[str, bytes]
    message: Any
    checkpoint: bytes


def prepare(folder: Path) -> Corpus:
    """Train a small net."""
    files, registry = snapshot(folder, "weights"), default_registry()
    data = files[only(files, ".caffemodel")]
    message = registry.schema.parse_binary(data, "NetParameter")
    return Corpus(registry, files, message, checkpoint(folder / "checkpoint"))


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: weights changed as a message, as fields of the wire format or as bytes."""
    if rng.random() < 0.1:
        return checkpoint_case(rng, corpus.checkpoint)
    how = rng.random()
    data = corpus.message.SerializePartialToString()
    if how < 0.4:
        message = type(corpus.message)()
        message.CopyFrom(corpus.message)
        maker = Maker(rng, corpus.registry)
        for _ in range(rng.randint(1, 3)):
            layer = rng.choice(message.layer) if message.layer else message
            maker.change(
                rng.choice(layer.blobs)
                if rng.random() < 0.6 and layer is not message and layer.blobs
                else layer
            )
        data = message.SerializePartialToString()
    elif how < 0.75:
        data = change_wire(rng, data)
    if how >= 0.75 or rng.random() < 0.2:
        data = change_bytes(
            rng, data if rng.random() < 0.5 else corpus.files[only(corpus.files, ".caffemodel")]
        )
    files = {"net.prototxt": MODEL.encode(), "w.caffemodel": data}
    steps = [["load", "w.caffemodel"]]
    if rng.random() < 0.3:
        net = ["--model", "net.prototxt", "--weights", "w.caffemodel", "--device", "cpu"]
        steps = [rng.choice(_COMMANDS)(net)]
    return Case(steps, files)


_COMMANDS = (
    lambda net: [MYCAFFE, "test", *net, "--iterations", "1"],
    lambda net: [MYCAFFE, "time", *net, "--iterations", "1"],
    lambda net: [MYCAFFE, "explain", *net],
    lambda net: [MYCAFFE, "upgrade-net", "--binary", "w.caffemodel", "new.caffemodel"],
    lambda net: [MYCAFFE, "upgrade-net", "w.caffemodel", "new.prototxt"],
    lambda net: [MYCAFFE, "check", "w.caffemodel"],
    lambda net: [MYCAFFE, "convert-weights", "w.caffemodel", "new.pt"],
)


def load(name: str) -> None:
    """Load weights into the small net."""
    Net("net.prototxt", weights=name)


KIND = Kind("weights", make, prepare, {"load": load})
