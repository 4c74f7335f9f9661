"""Files of checkpoints: damaged ones, types of numbers, names that lack, are too many or have another shape."""

from __future__ import annotations

import json
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from mycaffe_plugins.liquid.checkpoints.state_files import read_state
from safetensors.numpy import save

from mycaffe_py.errors import MissingExtraError, MissingFileError, SnapshotError

from .states import assert_same, converted, outputs, put

NAME = "cfc_small_gate_silu_none"


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def written(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


WHOLE = save({"a": np.arange(6.0, dtype=np.float32)})
ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE[:5],
        WHOLE[:40],
        WHOLE[:-1],
        WHOLE + b"0",
        struct.pack("<Q", 2**63) + WHOLE[8:],
        struct.pack("<Q", 2**40) + WHOLE[8:],
        written(b"{}}"),
        written(b"\xff\xfe"),
        written({"a": ENTRY | {"shape": [2**40]}}, bytes(8)),
        written({"a": ENTRY | {"shape": [2**62, 2**62]}}, bytes(8)),
        written({"a": ENTRY | {"shape": [-2]}}, bytes(8)),
        written({"a": ENTRY | {"data_offsets": [0, 2**50]}}, bytes(8)),
        written({"a": ENTRY | {"data_offsets": [8, 0]}}, bytes(8)),
        written({"a": ENTRY, "b": ENTRY}, bytes(8)),
        written({"a": ENTRY | {"dtype": "F31"}}, bytes(8)),
        written({"a": {"dtype": "F32", "shape": [0, 2**62, 8], "data_offsets": [0, 0]}}),
    ],
)
def test_damaged_files(tmp_path, content):
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(SnapshotError, match=r"m\.safetensors"):
        read_state(tmp_path / "m.safetensors")


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        read_state(tmp_path / "m.safetensors")
    (tmp_path / "d.safetensors").mkdir()
    with pytest.raises(SnapshotError, match="cannot read"):
        read_state(tmp_path / "d.safetensors")


def test_a_file_of_torch_under_the_wrong_suffix(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(SnapshotError) as caught:
        read_state(tmp_path / "m.safetensors")
    assert "give it the suffix .pt" in caught.value.hint


def test_names_that_would_change_a_terminal(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(save({"a\x1b[2J": np.ones(1)}))
    with pytest.raises(SnapshotError, match=r"control characters: 'a\\x1b\[2J'"):
        read_state(tmp_path / "m.safetensors")


def test_half_precision(tmp_path):
    """The numbers have so few digits that both half types hold them."""
    values = np.array([[1.5, -2.0, 0.25], [np.inf, 0.0, -0.0078125]], np.float32)
    upper = (values.view(np.uint32) >> 16).astype("<u2")
    shape = list(values.shape)
    header = {
        "b": {"dtype": "BF16", "shape": shape, "data_offsets": [0, 12]},
        "h": {"dtype": "F16", "shape": shape, "data_offsets": [12, 24]},
    }
    data = upper.tobytes() + values.astype("<f2").tobytes()
    (tmp_path / "m.safetensors").write_bytes(written(header, data))
    state = read_state(tmp_path / "m.safetensors")
    for name in "bh":
        assert state[name].values.dtype == np.float32
        np.testing.assert_array_equal(state[name].values, values)


def change_of(name, make):
    def change(state):
        value = make(state.pop(f"rnn_cell.{name}", None))
        if value is not None:
            state[f"rnn_cell.{name}"] = value

    return change


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("time_a.bias", lambda old: None, r"missing: rnn_cell\.time_a\.bias \[5\]"),
        ("ff1.weight", lambda old: None, r"missing: rnn_cell\.ff1\.weight \[5, 4\]"),
        ("backbone.2.bias", lambda old: None, r"missing: rnn_cell\.backbone\.2\.bias"),
        ("ff2.weight", lambda old: old[:, 1:], r"rnn_cell\.ff2\.weight is \[5, 3\], expected \[5, 4\]"),
        ("ff2.weight", lambda old: old.T.copy(), r"ff2\.weight is \[4, 5\], expected \[5, 4\]"),
        ("ff2.weight", lambda old: old[0], r"ff2\.weight is \[4\], expected"),
        ("gain", lambda old: np.ones(3), r"unknown: rnn_cell\.gain"),
        ("w_tau", lambda old: np.ones((1, 5)), r"missing: rnn_cell\.A"),
        ("backbone.99999999999.weight", lambda old: np.ones((4, 4)), r"unknown: rnn_cell\.backbone\.9+\.weight"),
        ("ff1.bias", lambda old: old.astype(np.int32), r"rnn_cell\.ff1\.bias is of type I32"),
    ],
)  # fmt: skip
def test_tensors_that_are_no_module(tmp_path, name, make, said):
    put(tmp_path, NAME, change_of(name, make))
    with pytest.raises(SnapshotError, match=said):
        converted("m.safetensors", "w.caffemodel")
    assert not (tmp_path / "w.caffemodel").exists()


def test_a_type_without_values(tmp_path):
    state = put(tmp_path, NAME).state
    header, data = {}, b""
    for name, array in state.items():
        one, label = (array.astype("<f8").tobytes(), "F64")
        if name == "rnn_cell.ff1.bias":
            one, label = bytes(5), "F8_E4M3"
        place = [len(data), len(data) + len(one)]
        header[name] = {"dtype": label, "shape": list(array.shape), "data_offsets": place}
        data += one
    (tmp_path / "m.safetensors").write_bytes(written(header, data))
    with pytest.raises(SnapshotError, match=r"ff1\.bias is of type F8_E4M3"):
        converted("m.safetensors", "w.caffemodel")


def test_values_that_are_not_finite_are_kept_with_a_warning(tmp_path, capsys):
    def change(state):
        state["rnn_cell.ff1.bias"][1] = np.nan
        state["fc.bias"][0] = -np.inf

    one = put(tmp_path, NAME, change)
    converted("m.safetensors", "w.caffemodel")
    said = capsys.readouterr().err
    assert "rnn_cell.ff1.bias: 1 of 5 values are not finite" in said and "fc.bias: 1 of 2" in said
    converted("w.caffemodel", "back.safetensors")
    assert "1 of 5 values are not finite" in capsys.readouterr().err
    assert_same("back.safetensors", one.state)


def test_without_the_package(tmp_path, monkeypatch):
    put(tmp_path, NAME)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(MissingExtraError) as caught:
        converted("m.safetensors", "w.caffemodel")
    assert 'pip install "mycaffe-py[torch-weights]"' in caught.value.hint


# Files of torch, with a stand-in for it.


class FakeTensor:
    """What is used of a torch.Tensor; bfloat16 has no values in NumPy."""

    def __init__(self, array, name=None):
        self.array, self.shape, self.layout = array, array.shape, "torch.sparse_coo"
        kind = name or array.dtype.name
        floating = kind.startswith(("float", "bfloat"))
        self.dtype = FakeType(kind, floating)

    def detach(self):
        return self

    def cpu(self):
        return self

    def float(self):
        return FakeTensor(self.array.astype(np.float32))

    def numpy(self):
        if self.dtype.name == "sparse":
            raise TypeError("can't convert a sparse tensor")
        return self.array


class FakeType:
    def __init__(self, name, floating):
        self.name, self.is_floating_point = name, floating

    def __str__(self):
        return f"torch.{self.name}"

    def __eq__(self, other):
        return str(self) == str(other)


@pytest.fixture
def torch(monkeypatch):
    def load(stream, *, map_location, weights_only):
        assert map_location == "cpu" and weights_only is True
        if isinstance(fake.content, Exception):
            raise fake.content
        return fake.content

    fake = SimpleNamespace(
        __version__="2.6.0+cpu", Tensor=FakeTensor, float64="torch.float64", load=load, content=None
    )
    monkeypatch.setitem(sys.modules, "torch", fake)
    return fake


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"epoch": 3, "state_dict": state, "optimizer_states": [{}]},
        lambda state: {"model_state_dict": state, "optimizer_state_dict": {"a": state["fc.bias"]}},
        lambda state: {"whatever": state, "lr": 0.1, 5: "five"},
    ],
)
def test_torchs_files_are_entered(registry, tmp_path, torch, wrap):
    one = put(tmp_path, NAME)
    torch.content = wrap({name: FakeTensor(array) for name, array in one.state.items()})
    (tmp_path / "m.ckpt").touch()
    converted("m.ckpt", "w.caffemodel")
    np.testing.assert_allclose(
        outputs(registry, one, "w.caffemodel")["y"], one.tops["y"], atol=1e-12
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (RuntimeError("Weights only load failed.\nmore"), "as plain tensors: Weights only load failed"),
        (EOFError(), "EOFError"),
        ([1], "an object of type list"),
        ({}, "holds no dict of tensors, but nothing"),
        ({"a": 1, "b": {}}, "the keys a, b"),
        ({"a": {"x": FakeTensor(np.ones(1))}, "b": {"x": FakeTensor(np.ones(1))}}, "several dicts of tensors: a, b"),
    ],
)  # fmt: skip
def test_torchs_files_that_are_refused(tmp_path, torch, content, said):
    torch.content = content
    put(tmp_path, NAME)
    (tmp_path / "m.pt").touch()
    with pytest.raises(SnapshotError, match=said):
        converted("m.pt", "w.caffemodel")


def test_a_tensor_without_values(tmp_path, torch):
    state = put(tmp_path, NAME).state
    torch.content = {name: FakeTensor(array) for name, array in state.items()}
    torch.content["rnn_cell.ff1.bias"] = FakeTensor(state["rnn_cell.ff1.bias"], "sparse")
    (tmp_path / "m.pt").touch()
    with pytest.raises(
        SnapshotError, match=r"rnn_cell\.ff1\.bias is of type sparse, torch\.sparse_coo"
    ):
        converted("m.pt", "w.caffemodel")


@pytest.mark.parametrize("version", ["2.5.1", "1.13.0+cu117"])
def test_a_torch_that_is_not_safe(tmp_path, torch, version):
    torch.__version__ = version
    (tmp_path / "m.pt").touch()
    with pytest.raises(MissingExtraError, match="too old") as caught:
        read_state(tmp_path / "m.pt")
    assert 'pip install "torch>=2.6"' in caught.value.hint


def test_without_torch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "m.pt").touch()
    with pytest.raises(MissingExtraError, match="'torch'") as caught:
        read_state(tmp_path / "m.pt")
    assert "pip install torch" in caught.value.hint and "'m.safetensors'" in caught.value.hint
