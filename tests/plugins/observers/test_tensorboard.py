"""Event files, read back and compared with the run's own files."""

from __future__ import annotations

import csv
import sys
import zlib

import numpy as np
import pytest

from mycaffe_py.builder import add_observers, build_observers, build_training
from mycaffe_py.errors import ConfigError, MissingExtraError
from mycaffe_py.events import LayerInfo, StepDone
from mycaffe_py.run import RunDirectory, TrainingSession
from mycaffe_py.schema import Document

from .event_reader import crc32c, read_events, scalars, values


def training_of(registry, *overrides, iterations=20, observe="tensorboard", **options):
    training = build_training(
        solver="adamw.prototxt",
        model="LiquidNetCfc.prototxt",
        registry=registry,
        seed=7,
        overrides=(
            "cfc1.cfc_param.hidden_size=4",
            "cfc1.cfc_unit_param.backbone_units=4",
            f"solver.max_iter={iterations}",
            *overrides,
        ),
        **options,
    )
    add_observers(training.solver_document, [observe], registry)
    return training


@pytest.fixture
def run(registry, monkeypatch, tmp_path, sketches):
    monkeypatch.chdir(tmp_path)

    def start(observe, *overrides, listen=None, **options):
        training = training_of(registry, *overrides, observe=observe, **options)
        if listen is not None:
            training.solver.listeners.append(lambda event: listen(training, event))
        session = TrainingSession(training, RunDirectory.create("runs", "net"))
        session.run()
        return session.directory.path

    return start


def rows_of(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_reader_knows_the_checksum():
    assert crc32c(b"123456789") == 0xE3069283  # the catalogue's check value


def test_every_number_of_metrics_csv_is_there(run):
    folder = run("tensorboard")
    events = read_events(folder)
    assert events[0].file_version == "brain.Event:2"
    curves, rows = scalars(events), rows_of(folder)
    columns = {name for name in rows[0] if name != "iteration"}
    assert {tag for tag in curves if tag.startswith("train/")} == {f"train/{c}" for c in columns}
    for name in columns:
        wanted = {int(row["iteration"]): np.float32(row[name]) for row in rows if row[name]}
        assert curves[f"train/{name}"] == wanted and len(wanted) == 20


def test_an_interval_keeps_the_last_update(run):
    curves = scalars(read_events(run("tensorboard:every=8")))
    assert sorted(curves["train/loss"]) == [8, 16, 20]


def test_results_of_tests(run):
    settings = ("solver.test_interval=10", "solver.test_iter=2", "solver.test_initialization=false")
    curves = scalars(read_events(run("tensorboard", *settings)))
    assert sorted(curves["test/mean_abs_error"]) == [10, 20]


def test_histograms_are_of_the_parameters_and_gradients_of_the_update(run):
    taken = {}

    def listen(training, event):
        if isinstance(event, StepDone) and event.iteration == 5:
            net = training.net  # as they are before update 6
            taken["weights"] = net.params["cfc1"][0].data.copy()

    folder = run("tensorboard:histograms=true,histogram_every=6", listen=listen)
    found = {(step, tag): histo for step, tag, histo in values(read_events(folder), "histo")}
    assert {step for step, _ in found} == {6, 12, 18}
    weights, histogram = taken["weights"], found[6, "parameters/cfc1/0"]
    assert histogram.num == weights.size == sum(histogram.bucket)
    assert histogram.min == weights.min() and histogram.max == weights.max()
    assert histogram.sum == pytest.approx(weights.sum(dtype=np.float64))
    assert histogram.sum_squares == pytest.approx(np.square(weights, dtype=np.float64).sum())
    limits = np.array(histogram.bucket_limit)
    assert np.all(np.diff(limits) > 0) and limits[-1] == weights.max()
    below = [np.count_nonzero(weights < limit) for limit in limits[:-1]]
    assert np.cumsum(histogram.bucket)[:-1] == pytest.approx(below)
    assert (6, "gradients/cfc1/0") in found


def test_pictures_are_png_files_of_the_size_that_they_say(run, painted):
    folder = run("tensorboard:picture_every=1")
    pictures = values(read_events(folder), "image")
    assert pictures and all(tag == "curve" for _, tag, _ in pictures)
    image = pictures[0][2]
    data = image.encoded_image_string
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(data[16:20], "big") == image.width == 900
    assert int.from_bytes(data[20:24], "big") == image.height == 500
    start = data.index(b"IDAT") + 4
    size = int.from_bytes(data[start - 8 : start - 4], "big")
    pixels = zlib.decompress(data[start : start + size])
    assert len(pixels) == 500 * (1 + 3 * 900) and len(set(pixels)) > 10


def test_no_pictures_no_graph(run):
    events = read_events(run("tensorboard:pictures=false,graph=false,picture_every=1"))
    assert values(events, "image") == [] and not any(event.graph_def for event in events)


def test_the_graph_is_the_net(run):
    from tensorboardX.proto.graph_pb2 import GraphDef

    (data,) = [event.graph_def for event in read_events(run("tensorboard")) if event.graph_def]
    nodes = {node.name: node for node in GraphDef.FromString(data).node}
    assert {name: node.op for name, node in nodes.items()} == {
        "data": "Input",
        "cfc1": "CFC",
        "loss": "MEAN_ERROR_LOSS",
    }
    assert list(nodes["cfc1"].input) == ["data", "data:1", "data:2"]
    assert list(nodes["loss"].input) == ["cfc1", "data:3"]
    shapes = nodes["data"].attr["_output_shapes"].list.shape
    assert [d.size for d in shapes[0].dim] == [1, 82, 1]


def test_layers_in_place_and_of_one_name_make_a_graph():
    from mycaffe_plugins.observers.graph import graph_of

    layers = [
        LayerInfo("in", "Input", (), ("x",), ((2,),)),
        LayerInfo("act", "ReLU", ("x",), ("x",), ((2,),)),
        LayerInfo("act", "TanH", ("x",), ("y",), ((2,),)),
        LayerInfo("", "Silence", ("y", "unknown"), ()),
    ]
    nodes = graph_of(layers).node
    assert [node.name for node in nodes] == ["in", "act", "act_2", "Silence"]
    assert [list(node.input) for node in nodes] == [[], ["in"], ["act"], ["act_2"]]


def test_texts_and_hyperparameters(run):
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

    events = read_events(run("tensorboard"))
    texts = {tag: tensor.string_val[0].decode() for _, tag, tensor in values(events, "tensor")}
    assert 'type: "CFC"' in texts["model/text_summary"]
    assert "tensorboard_param" not in texts["solver/text_summary"]
    assert 'type: "TensorBoard"' in texts["solver/text_summary"]
    assert texts["status/text_summary"].strip() == "done"
    data = [
        HParamsPluginData.FromString(value.metadata.plugin_data.content)
        for event in events
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "hparams"
    ]
    assert [one.WhichOneof("data") for one in data] == [
        "experiment",
        "session_start_info",
        "session_end_info",
    ]
    given = data[1].session_start_info.hparams
    assert given["base_lr"].number_value == 0.01 and given["type"].string_value == "AdamW"
    assert given["max_iter"].number_value == 20 and given["seed"].number_value == 7
    assert data[2].session_end_info.status == 1  # STATUS_SUCCESS
    assert {info.name for info in data[0].experiment.hparam_infos} == set(given)


@pytest.mark.parametrize("name", ["every", "picture_every", "histogram_every"])
@pytest.mark.parametrize("value", [0, -1])
def test_intervals_below_one_are_refused(registry, name, value):
    text = f'observer {{ type: "TensorBoard" tensorboard_param {{ {name}: {value} }} }}'
    with pytest.raises(ConfigError, match=f"{name} is {value}; it must be at least 1") as caught:
        build_observers(registry.schema.parse_text(text, "SolverParameter"), registry)
    assert caught.value.problems[0].location.column == text.index(f" {value} ") + 2


def test_without_tensorboardx(registry, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    document = Document(registry.schema.new("SolverParameter"))
    add_observers(document, ["tensorboard"], registry)  # settings can be checked without it
    with pytest.raises(MissingExtraError, match="needs the package tensorboardX") as caught:
        build_observers(document, registry)
    assert 'pip install "mycaffe-py[tensorboard]"' in caught.value.hint


def test_tensorboardx_that_does_not_go_with_protobuf(registry, monkeypatch):
    def clash(name):
        raise TypeError("Descriptors cannot be created directly.")

    monkeypatch.setattr("importlib.import_module", clash)
    document = Document(registry.schema.new("SolverParameter", observer=[{"type": "TensorBoard"}]))
    with pytest.raises(MissingExtraError, match="Descriptors cannot") as caught:
        build_observers(document, registry)
    assert "protobuf" in caught.value.hint
