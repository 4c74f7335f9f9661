"""The names that pycaffe's modules bind, as ``dir()`` shows them in Caffe 1.0, and what they do."""

from __future__ import annotations

import importlib
import io as streams
import subprocess
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest
from google.protobuf.message import Message
from PIL import Image

import mycaffe_py as caffe
from mycaffe_py.errors import ConfigError, DataError, MissingFileError
from mycaffe_py.layer import Layer
from mycaffe_py.pycaffe import _caffe, bound_names, net_methods
from mycaffe_py.pycaffe.proto import caffe_pb2

from ..building import data, layer, make_net, product

SOLVERS = "SGDSolver NesterovSolver AdaGradSolver RMSPropSolver AdaDeltaSolver AdamSolver"
MODES = (
    "init_log log has_nccl set_mode_cpu set_mode_gpu set_random_seed set_device solver_count set_solver_count "
    "solver_rank set_solver_rank set_multiprocess layer_type_list get_solver"
)
NAMES = {
    "": f"Net {SOLVERS} NCCL Timer {MODES} Layer TRAIN TEST Classifier Detector io layers params NetSpec to_proto "
    "__version__ _caffe pycaffe proto classifier detector net_spec draw coord_map",
    "_caffe": f"__version__ {MODES} Net Blob Layer LayerParameter SolverParameter Solver {SOLVERS} NCCL Timer "
    "BlobVec RawBlobVec LayerVec StringVec IntVec DtypeVec NetVec BoolVec",
    "pycaffe": f"Net {SOLVERS} NCCL Timer OrderedDict izip_longest np caffe _Net_blobs _Net_blob_loss_weights "
    "_Net_layer_dict _Net_params _Net_inputs _Net_outputs _Net_forward _Net_backward _Net_forward_all "
    "_Net_forward_backward_all _Net_set_input_arrays _Net_batch _Net_get_id_name",
    "io": "np skimage zoom resize caffe_pb2 sys blobproto_to_array array_to_blobproto arraylist_to_blobprotovector_str "
    "arraylist_to_blobprotovecor_str blobprotovector_str_to_arraylist array_to_datum datum_to_array Transformer "
    "load_image resize_image oversample",
    "net_spec": "OrderedDict Counter caffe_pb2 protobuf param_name_dict to_proto assign_proto Top Function NetSpec "
    "Layers Parameters _param_names layers params",
    "coord_map": "division np L PASS_THROUGH_LAYERS conv_params crop_params UndefinedMapException coord_map "
    "AxisMismatchException compose inverse coord_map_from_to crop",
    "draw": "caffe_pb2 LAYER_STYLE_DEFAULT NEURON_LAYER_STYLE BLOB_STYLE get_pooling_types_dict get_edge_label "
    "get_layer_lr_mult get_layer_label choose_color_by_layertype get_pydot_graph draw_net draw_net_to_file",
    "classifier": "np caffe Classifier",
    "detector": "np os caffe Detector",
    "proto": "caffe_pb2",
}
PAIRS = [(module, name) for module, names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), PAIRS)
def test_the_name_is_there(module, name):
    home = getattr(caffe, module) if module else caffe
    assert getattr(home, name) is not None
    assert name in dir(home)


def test_scripts_import_them():
    """In every form in which scripts do, and the same objects."""
    lines = ["import mycaffe_py", "mycaffe_py.install_as_caffe()", "import caffe, caffe.pycaffe"]
    for module, names in NAMES.items():
        home = f"caffe.{module}" if module else "caffe"
        lines.append(f"import {home}")
        lines.append(f"from {home} import {', '.join(names.split())}")
        if module:
            lines.append(f"from {home} import *")
    lines += [
        "assert caffe._caffe.Net is caffe.pycaffe.Net is caffe.Net",
        "assert caffe._caffe.Layer is caffe.Layer and caffe._caffe.log is caffe.log",
        "assert caffe.classifier.caffe is caffe.detector.caffe is caffe.pycaffe.caffe is caffe",
    ]
    subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(lines)], check=True)


OTHERS = [
    ("net_spec", "six", "six"),
    ("pycaffe", "six", "six"),
    ("draw", "pydot", "pydot"),
    ("draw", "pydot", "pydotplus"),
]


@pytest.mark.parametrize(("module", "name", "package"), OTHERS)
def test_packages_that_may_be_missing(monkeypatch, module, name, package):
    home = getattr(caffe, module)
    for each in ("six", "pydot", "pydotplus"):
        monkeypatch.setitem(sys.modules, each, None)
    vars(home).pop(name, None)
    with pytest.raises(AttributeError, match="is not installed"):
        getattr(home, name)
    made = types.ModuleType(package)
    monkeypatch.setitem(sys.modules, package, made)
    assert getattr(home, name) is made
    vars(home).pop(name, None)


def test_scikit_image_is_taken_where_it_is(monkeypatch):
    package, part = types.ModuleType("skimage"), types.ModuleType("skimage.io")
    package.io = part
    part.skimage = package
    transform = types.ModuleType("skimage.transform")
    transform.resize = lambda image, shape: "theirs"
    for made in (package, part, transform):
        monkeypatch.setitem(sys.modules, made.__name__, made)
    get, names = bound_names.bound_names(
        "mycaffe_py.pycaffe.io", resize="skimage.transform:resize x:y", absent="no_such_package"
    )
    assert get("resize")(None, None) == "theirs"
    assert "resize" in names() and "absent" not in names()


# Lists.

FITTING = {
    "BlobVec": lambda: caffe.Blob((2, 3)),
    "RawBlobVec": lambda: caffe.Blob((2, 3)),
    "LayerVec": lambda: make_net(data((1, 2))).layers[0],
    "StringVec": lambda: "name",
    "IntVec": lambda: 3,
    "DtypeVec": lambda: 0.5,
    "NetVec": lambda: make_net(data((1, 2))),
    "BoolVec": lambda: True,
}


@pytest.mark.parametrize("name", FITTING)
def test_lists_of_one_kind(name):
    cls, item = getattr(_caffe, name), FITTING[name]()
    made = cls()
    made.append(item)
    made.extend([item])
    made[0] = item
    made[0:1] = [item]
    assert len(made) == 2 and made[1] is item and item in made and list(made) == [item, item]
    for wrong in (lambda: made.append(object()), lambda: made.extend([None]), lambda: cls([{}])):
        with pytest.raises(TypeError, match=f"a {name} holds no"):
            wrong()
    assert isinstance(made, cls) and isinstance([item], cls) and not isinstance([None], cls)
    assert not isinstance(item, cls)


def test_what_nets_and_layers_use_counts_as_such_a_list():
    net = make_net(data((2, 3)) + product("ip", "x0", "y"))
    assert isinstance(net.params["ip"], _caffe.BlobVec)
    assert isinstance(net.layers, _caffe.LayerVec)
    assert isinstance(net._bottom_ids(1), _caffe.IntVec)
    assert isinstance(list(net._layer_names), _caffe.StringVec)
    assert not isinstance([True], _caffe.IntVec)


def test_add_blob():
    blobs = _caffe.BlobVec()
    blobs.add_blob(2, 3)
    blobs.add_blob()
    assert [blob.shape for blob in blobs] == [(2, 3), ()] and not blobs[0].data.any()


def test_messages_and_functions_of_the_extension():
    assert isinstance(_caffe.SolverParameter(max_iter=3), Message)
    assert _caffe.LayerParameter(name="x").name == "x"
    assert "ReLU" in _caffe.layer_type_list() and _caffe.__version__ == caffe.__version__
    assert issubclass(_caffe.Layer, Layer)


# The methods that pycaffe.py adds to Net.


def test_methods_of_net():
    net = make_net(
        data((2, 3), (2, 2))
        + product("ip", "x0", "y")
        + layer("loss", "EuclideanLoss", "y x1", "loss")
    )
    pycaffe = caffe.pycaffe
    arrays = {"x0": np.ones((2, 3)), "x1": np.zeros((2, 2))}
    assert pycaffe._Net_forward(net, **arrays)["loss"] == net.blobs["loss"].data
    assert set(pycaffe._Net_backward(net)) == {"x0", "x1"}
    assert len(pycaffe._Net_forward_all(net, blobs=["y"], **arrays)["y"]) == 2
    assert len(list(pycaffe._Net_batch(net, {"x0": np.ones((4, 3)), "x1": np.ones((4, 2))}))) == 2
    for name in ["blobs", "params", "layer_dict", "blob_loss_weights", "inputs", "outputs"]:
        found = getattr(pycaffe, f"_Net_{name}").fget(net)
        assert list(found) == list(getattr(net, name))
    names = pycaffe._Net_get_id_name(type(net)._top_ids, "_own_tops").fget(net)
    assert names == dict(net.top_names) == net._own_tops
    with pytest.raises(ConfigError, match="MemoryDataLayer"):
        net._set_input_arrays(np.ones((2, 1, 1, 1), np.float32), np.ones((2, 1, 1, 1), np.float32))


def test_a_script_replaces_a_method(monkeypatch):
    net = make_net(data((2, 3)) + product("ip", "x0", "y"))

    def forward(self, *args, **kwargs):
        return {"mine": net_methods._Net_forward(self, *args, **kwargs)}

    monkeypatch.setattr(caffe.pycaffe.Net, "forward", forward)
    assert list(net.forward()["mine"]) == ["y"]


# io.


def test_load_image_takes_open_files(tmp_path):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    Image.fromarray(pixels).save(tmp_path / "x.png")
    expected = caffe.io.load_image(str(tmp_path / "x.png"))
    np.testing.assert_array_equal(expected, caffe.io.load_image(tmp_path / "x.png"))
    with open(tmp_path / "x.png", "rb") as file:
        np.testing.assert_array_equal(caffe.io.load_image(file), expected)
        assert not file.closed
    content = (tmp_path / "x.png").read_bytes()
    stream = streams.BytesIO()
    stream.write(content)  # its position is at the end, as after Image.save()
    np.testing.assert_array_equal(caffe.io.load_image(stream), expected)
    assert caffe.io.load_image(streams.BytesIO(content), color=False).shape == (2, 4, 1)

    class Response(streams.RawIOBase):
        """As from urllib: it can be read once."""

        body = streams.BytesIO(content)

        def readable(self):
            return True

        def read(self, size=-1):
            return self.body.read(size)

        def seek(self, *args):
            raise streams.UnsupportedOperation("seek")

    np.testing.assert_array_equal(caffe.io.load_image(Response()), expected)


def test_what_load_image_refuses(tmp_path):
    with pytest.raises(MissingFileError, match=r"gone\.png"):
        caffe.io.load_image(tmp_path / "gone.png")
    with pytest.raises(DataError, match="the image cannot be read"):
        caffe.io.load_image(streams.BytesIO(b"no image"))
    for wrong, words in ((None, "not NoneType"), (3, "not int"), (b"x", r"io\.BytesIO")):
        with pytest.raises(DataError, match=words):
            caffe.io.load_image(wrong)
    (tmp_path / "x.png").write_bytes(b"no image")
    with (
        open(tmp_path / "x.png", encoding="ascii") as file,
        pytest.raises(DataError, match='open it with mode "rb"'),
    ):
        caffe.io.load_image(file)
    with (
        open(tmp_path / "x.png", "rb") as file,
        pytest.raises(DataError, match=r'image ".*x\.png" cannot be read'),
    ):
        caffe.io.load_image(file)


# net_spec.


def test_param_name_dict():
    names = caffe.net_spec.param_name_dict()
    assert names["Convolution"] == "convolution" and names["InnerProduct"] == "inner_product"
    assert names["LRN"] == "lrn" and names == caffe.net_spec._param_names


def test_assign_proto():
    assign = caffe.net_spec.assign_proto
    message = caffe_pb2.LayerParameter()
    assign(message, "name", "conv")
    assign(message, "convolution_param", {"kernel_size": 3, "weight_filler": {"type": "xavier"}})
    assign(message, "param", [{"lr_mult": 1}, {"lr_mult": 2}])
    assign(message, "loss_weight", 2)
    assign(message.pooling_param, "pool", "AVE")
    assert list(message.convolution_param.kernel_size) == [3] and list(message.loss_weight) == [2]
    assert message.convolution_param.weight_filler.type == "xavier"
    assert [param.lr_mult for param in message.param] == [1, 2]
    assert message.pooling_param.pool == caffe_pb2.PoolingParameter.AVE
    solver = caffe_pb2.SolverParameter()
    assign(solver, "test_iter", [3, 4])
    assert list(solver.test_iter) == [3, 4]
    with pytest.raises(AttributeError, match='has no field "nmae"; did you mean "name"'):
        assign(message, "nmae", "x")
    with pytest.raises(ConfigError, match='"name" takes'):
        assign(message, "name", 3)


def test_update_as_in_ssds_fork():
    net = caffe.NetSpec()
    net.data = caffe.layers.Input(shape={"dim": [1, 3, 8, 8]})
    net.conv = caffe.layers.Convolution(net.data, kernel_size=3, num_output=4)
    net.update("conv", {"param": [{"lr_mult": 0}, {"lr_mult": 0}]})
    assert [param.lr_mult for param in net.to_proto().layer[1].param] == [0, 0]
    net.update({"relu": caffe.layers.ReLU(net.conv)}, pool=caffe.layers.Pooling(net.conv))
    assert net.keys() == ["data", "conv", "relu", "pool"]
    with pytest.raises(KeyError, match="cnov"):
        net.update("cnov", {})


# coord_map.


def test_conv_params_and_crop_params():
    n = caffe.NetSpec()
    n.data = caffe.layers.Input(shape={"dim": [1, 1, 20, 20]})
    n.conv = caffe.layers.Convolution(n.data, kernel_size=3, stride=2, pad=1, dilation=2)
    n.pool = caffe.layers.Pooling(n.conv, pooling_param={"kernel_size": 2})
    n.crop = caffe.layers.Crop(n.data, n.pool, crop_param={"axis": 3, "offset": [4]})
    n.plain = caffe.layers.Crop(n.data, n.pool)
    axis, stride, size, pad = caffe.coord_map.conv_params(n.conv.fn)
    assert (axis, stride.tolist(), size.tolist(), pad.tolist()) == (1, [2], [5], [1])
    assert caffe.coord_map.conv_params(n.pool.fn)[2].tolist() == [2]
    axis, offset = caffe.coord_map.crop_params(n.crop.fn)
    assert (axis, offset.tolist()) == (3, [4])
    axis, offset = caffe.coord_map.crop_params(n.plain.fn)
    assert (axis, offset.tolist()) == (2, [0])
    assert caffe.coord_map.coord_map(n.crop.fn)[0] == 2


# draw.


def made(text):
    return caffe.net_spec.caffe_pb2.LayerParameter(**text)


CONV = {
    "name": "c1",
    "type": "Convolution",
    "convolution_param": {"num_output": 8, "kernel_size": [5], "stride": [2]},
}
POOL = {"name": "p", "type": "Pooling", "pooling_param": {"pool": 1, "kernel_size": 2, "stride": 2}}


def test_labels_of_boxes():
    label = caffe.draw.get_layer_label
    assert label(made(CONV), "TB") == '"c1 (Convolution) kernel size: 5 stride: 2 pad: 0"'
    expected = '"c1\\n(Convolution)\\nkernel size: 5\\nstride: 2\\npad: 0\\nlr mult: 1.0, 1.0"'
    assert label(made(CONV), "LR", display_lrm=True) == expected
    assert label(made(POOL), "BT") == '"p (Pooling AVE) kernel size: 2 stride: 2 pad: 0"'
    assert label(made({"name": "r", "type": "ReLU"}), "LR", True) == '"r\\n(ReLU)"'
    frozen = made({**CONV, "param": [{"lr_mult": 0}, {"lr_mult": 0}]})
    assert "lr mult" not in label(frozen, "LR", True)


def test_labels_of_edges_multipliers_and_colours():
    draw = caffe.draw
    data_layer = made({"type": "Data", "data_param": {"batch_size": 64}})
    dense = {"type": "InnerProduct", "inner_product_param": {"num_output": 10}}
    texts = [
        draw.get_edge_label(each) for each in (data_layer, made(CONV), made(dense), made(POOL))
    ]
    assert texts == ["Batch 64", "8", "10", '""']
    assert draw.get_layer_lr_mult(made(CONV)) == (1, 1)
    assert draw.get_layer_lr_mult(made({**CONV, "param": [{"lr_mult": 3}]})) == (3, 1)
    assert draw.get_layer_lr_mult(made({**CONV, "param": [{"lr_mult": 3}, {"lr_mult": 2}]})) == (
        3,
        2,
    )
    for wrong in (made(POOL), made({**CONV, "param": [{}, {}, {}]})):
        with pytest.raises(ValueError, match="learning-rate multiplier|weights and bias are two"):
            draw.get_layer_lr_mult(wrong)
    assert draw.get_pooling_types_dict()[0] == "MAX"
    colours = [draw.choose_color_by_layertype(each) for each in ("Convolution", "Pooling", "Tanh")]
    assert colours == ["#FF5050", "#FF9900", draw.LAYER_STYLE_DEFAULT["fillcolor"]]


def test_modules_are_one():
    for name in ("_caffe", "io", "net_spec", "draw"):
        assert importlib.import_module(f"mycaffe_py.{name}") is getattr(caffe, name)
    assert caffe.net_spec.OrderedDict is OrderedDict
