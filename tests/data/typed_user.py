"""What a user's editor and type checker know of the package. It is not run: mypy checks it with the package.

A line with ``type: ignore`` is one that mypy must refuse: an ignore that nothing needs is an error too, so neither
``Any`` nor another type can take the place of the one that is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import mycaffe_py as caffe
from mycaffe_py import (
    TEST,
    Filler,
    Gym,
    Layer,
    LossLayer,
    Net,
    Solver,
    Trainer,
    get_solver,
    layers,
    params,
)
from mycaffe_py.blob import Blob, HostBlob
from mycaffe_py.builder import Training, build_training
from mycaffe_py.device import Array, Device, open_device
from mycaffe_py.functions import ReLU, softmax
from mycaffe_py.plugins import Registry, hookimpl
from mycaffe_py.pycaffe.net_spec import Top
from mycaffe_py.run import read_history
from mycaffe_py.schema import Document, load_net
from mycaffe_py.solver import History
from mycaffe_py.stores import open_database, read_image
from mycaffe_py.testing import check_layer, strict_device
from mycaffe_py.weights import LoadReport, load_weights, snapshot_paths


def use_a_net(path: Path) -> None:
    net = Net(path, TEST, weights=["a.caffemodel", path], device="cpu")
    Net()  # type: ignore[call-arg]
    Net(path, "TEST")  # type: ignore[arg-type]

    values: np.ndarray = net.blobs["x"].data
    gradient: np.ndarray = net.params["ip"][0].diff
    not_a_list: list[int] = net.blobs["x"].data  # type: ignore[assignment]
    net.blobs["x"].data[...] = 1
    net.blobs["x"].data = 0.5
    net.blobs["x"].reshape(1, 3, 32, 32)
    missing = net.blobs["x"].dat  # type: ignore[attr-defined]
    shape: tuple[int, ...] = net.blobs["x"].shape
    weights: list[Blob] = net.layers[0].blobs
    found: np.ndarray = net.forward(x=values, end="ip")["ip"]
    gradients: dict[str, np.ndarray] = net.backward()
    outputs: dict[str, np.ndarray] = net.forward_all(x=values)
    net.forward(start=3)  # type: ignore[arg-type]
    loss: float = net.forward_backward()
    names: list[str] = net.layer_names
    layer: Layer = net.layer_dict["ip"]
    report: LoadReport = load_weights(net, path)
    wrong: int = load_weights(net, path)  # type: ignore[assignment]
    net.save("b.caffemodel")
    print(gradient, shape, weights, found, gradients, outputs, loss, names, layer, report)
    print(not_a_list, wrong, missing)


def use_a_solver(path: Path) -> None:
    solver: Solver = get_solver(path, seed=1)
    text: str = get_solver("solver.prototxt")  # type: ignore[assignment]
    solver.step(10)
    solver.step("ten")  # type: ignore[arg-type]
    data: np.ndarray = solver.net.blobs["loss"].data
    weight: np.ndarray = solver.net.params["ip"][0].data
    test_nets: list[Net] = solver.test_nets
    figures: dict[str, float] = solver.test()
    solver.solve(resume_file="a.solverstate")
    training: Training = build_training(solver=path, device=open_device("auto"))
    trainer: Trainer | None = training.trainer
    training.trainer.close()  # type: ignore[union-attr]
    by_type: Solver = caffe.AdamSolver("solver.prototxt")
    caffe.SGDSolver(3)  # type: ignore[arg-type]
    print(text, data, weight, test_nets, figures, trainer, by_type, snapshot_paths)


class Twice(Layer):
    """A layer as a plugin writes it."""

    type = "Twice"
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        factor: float = self.param.power_param.scale
        self.factor = factor
        self.add_blob((3,), name="gain")
        self.param_propagate_down = [False]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        top[0].reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        x: np.ndarray = bottom[0].data
        top[0].data[...] = 2 * x
        self.xp.multiply(x, self.factor, out=top[0].data)
        work: np.ndarray = self.device.scratch("work", x.shape, self.dtype)
        self.kept = work.nothing  # type: ignore[attr-defined]
        if x.ndim > 4:
            self.fail("too many axes", field="power_param.scale")

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        bottom[0].diff[...] = 2 * top[0].diff


class Wrong(Layer):
    type = 3  # type: ignore[assignment]

    def forward(self, bottom: int, top: int) -> None:  # type: ignore[override]
        return


class Distance(LossLayer):
    type = "Distance"


class Ones(Filler):
    type = "ones"

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return np.ones(shape)


class Counter(Gym):
    type = "Counter"

    def step(
        self, action: Any = None
    ) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        return {"x": np.zeros((1, 1))}, 0.0, False, False, {}


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    return [Twice, Distance]


def check() -> None:
    check_layer('type: "Twice"', [(2, 3)], skip_backward=True, device=strict_device())
    check_layer('type: "Twice"', tolerances=1)  # type: ignore[call-arg]


def use_pycaffe() -> None:
    caffe.set_mode_cpu()
    caffe.set_mode_tpu()  # type: ignore[attr-defined]
    caffe.set_device("one")  # type: ignore[arg-type]
    image: np.ndarray = caffe.io.load_image("cat.jpg")
    transformer = caffe.io.Transformer({"data": (1, 3, 227, 227)})
    transformer.set_mean("data", image.mean(1).mean(1))
    ready: np.ndarray = transformer.preprocess("data", image)
    classifier = caffe.Classifier("deploy.prototxt", "a.caffemodel")
    chances: np.ndarray = classifier.predict([ready])
    spec = caffe.NetSpec()
    spec.data = caffe.layers.Input(shape={"dim": [1, 3]})
    kinds: list[str] = caffe.layer_type_list()
    message: Any = caffe.proto.caffe_pb2.NetParameter()
    version: str = caffe.__version__
    print(chances, kinds, message, version, caffe.TRAIN + 1, spec.to_proto())


def use_net_spec() -> None:
    spec = caffe.NetSpec()
    spec.data, spec.label = layers.Data(batch_size=8, backend="LMDB", source="train", ntop=2)
    spec.conv = layers.Convolution(
        spec.data, num_output=8, kernel_size=[3, 3], weight_filler={"type": "msra"}
    )
    spec.pool = layers.Pooling(spec.conv, pool=params.Pooling.MAX, kernel_size=2, name="p")
    layers.Pooling(spec.conv, pool="MAXX")  # type: ignore[arg-type]
    layers.CFC(spec.pool, hidden_size="many")  # type: ignore[arg-type]
    layers.Convolution("data", num_output=8)  # type: ignore[arg-type]
    made: Top = layers.ReLU(spec.pool, in_place=True)
    number: int = params.Pooling.AVE
    wrong: str = params.Pooling.AVE  # type: ignore[assignment]
    print(layers.OfAPlugin(made, anything=3), number, wrong)
    of_spec: Net = Net(spec, TEST)
    Net(3)  # type: ignore[arg-type]
    of_settings: Solver = get_solver({"base_lr": 0.1}, spec)
    same: Solver = get_solver(net=spec, type="AdamW", base_lr=0.01)
    print(of_spec.predict(np.zeros((1, 3)))["prob"].shape, of_settings, same)


def use_fit(solver: Solver) -> None:
    history: History = solver.fit(
        np.zeros((4, 2)), np.zeros(4), epochs=2, validation={"x": np.zeros(2)}
    )
    losses: list[float] = history["loss"]
    solver.fit()  # type: ignore[call-arg]
    solver.lr = 0.1
    solver.lr = "small"  # type: ignore[assignment]
    table: str = str(solver.net.summary(80))
    parameters: int = solver.net.summary().parameters
    print(losses, table, parameters, read_history("runs/net/001").epochs)


def use_the_rest(registry: Registry, device: Device) -> None:
    document: Document = load_net(registry.schema, "net.prototxt")
    anything: str = document.message.layer[0].name
    blob = Blob((2, 3), device=device, dtype=np.float64, name="x")
    array: Array = blob.data
    made: Registry = Net("net.prototxt").registry
    seen: np.ndarray = HostBlob(blob).data
    pixels: np.ndarray = read_image("cat.jpg")
    number: str = blob.count  # type: ignore[assignment]
    softmax(device.xp, array, axis=1, out=array, row=array[:1])
    relu = ReLU()
    print(anything, made, seen, pixels, number, relu, open_database)
