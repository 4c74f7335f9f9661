"""``mycaffe upgrade-net`` and ``upgrade-solver``, and the note about files in old forms."""

from __future__ import annotations

import pytest

from mycaffe_py.net import Net
from mycaffe_py.schema import load_net, load_net_text

OLD = """# an old net
name: "old"
input: "x" input_dim: [2, 3, 1, 1]
layers { name: "fc" type: INNER_PRODUCT bottom: "x" top: "y" blobs_lr: 0.1
         inner_product_param { num_output: 2 } }
"""
NEW = """
name: "old"
layer { name: "input" type: "Input" top: "x" input_param { shape { dim: [2, 3, 1, 1] } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" param { lr_mult: 0.1 }
        inner_product_param { num_output: 2 } }
"""
FIRST = 'layers { layer { name: "r" type: "relu" } bottom: "x" top: "y" }'


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.prototxt"
    path.write_text(OLD)
    return path


def test_text(mycaffe, old, tmp_path, registry):
    result = mycaffe("upgrade-net", old, "new.prototxt")
    assert result.exit_code == 0 and result.stdout == ""
    assert result.stderr.splitlines() == [
        "upgraded: layers { } instead of layer { }",
        "upgraded: input fields instead of an Input layer",
        f"warning: the comments of {old} were not copied to new.prototxt",
        "Wrote upgraded NetParameter text proto to new.prototxt",
    ]
    written = tmp_path / "new.prototxt"
    wanted = registry.schema.parse_text(NEW, "NetParameter").message
    assert registry.schema.parse_text(written.read_text(), "NetParameter").message == wanted
    assert "lr_mult: 0.1" in written.read_text()
    again = mycaffe("upgrade-net", written, "again.prototxt")
    assert again.exit_code == 0
    assert again.stderr.splitlines()[0] == f"File already in latest proto format: {written}"
    assert (tmp_path / "again.prototxt").read_bytes() == written.read_bytes()


def test_the_same_file(mycaffe, old, registry):
    assert mycaffe("upgrade-net", old, old).exit_code == 0
    assert load_net(registry.schema, old).upgrades == []


@pytest.mark.parametrize("option", [(), ("--binary",), ("-binary",)])
def test_binary_with_its_weights(mycaffe, tmp_path, registry, option):
    text = OLD.replace(
        "blobs_lr",
        "blobs { num: 1 channels: 1 height: 2 width: 3 data: [1, 2, 3, 4, 5, 6] } blobs_lr",
    )
    message = registry.schema.parse_text(text, "NetParameter").message
    (tmp_path / "old.caffemodel").write_bytes(message.SerializeToString())
    result = mycaffe("upgrade-net", *option, "old.caffemodel", "new.caffemodel")
    assert result.exit_code == 0, result.stderr
    assert "Wrote upgraded NetParameter binary proto to new.caffemodel" in result.stderr
    upgraded = registry.schema.parse_binary(
        (tmp_path / "new.caffemodel").read_bytes(), "NetParameter"
    )
    assert not upgraded.layers and list(upgraded.layer[1].blobs[0].data) == [1, 2, 3, 4, 5, 6]
    first = (tmp_path / "new.caffemodel").read_bytes()
    again = mycaffe("upgrade-net", "new.caffemodel", "again.caffemodel")
    assert "File already in latest proto format" in again.stderr
    assert (tmp_path / "again.caffemodel").read_bytes() == first
    # The weights are in the net when it serves as a model.
    net = Net(tmp_path / "new.caffemodel", registry=registry)
    assert net.params["fc"][0].data.sum() == 21


def test_a_first_form(mycaffe, tmp_path, registry):
    (tmp_path / "v0.prototxt").write_text(FIRST)
    result = mycaffe("upgrade-net", "v0.prototxt", "new.prototxt")
    assert "upgraded: layers in the format of Caffe's first version" in result.stderr
    wanted = load_net_text(registry.schema, 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }')
    assert load_net(registry.schema, tmp_path / "new.prototxt").message == wanted.message


def test_a_first_form_with_weights_alone(mycaffe, tmp_path, registry):
    text = (
        'layers { layer { name: "fc" type: "innerproduct" num_output: 1 blobs { data: [3, 4] } } }'
    )
    message = registry.schema.parse_text(text, "NetParameter").message
    (tmp_path / "v0.caffemodel").write_bytes(message.SerializeToString())
    result = mycaffe("upgrade_net_proto_binary", "v0.caffemodel", "new.caffemodel")
    assert result.exit_code == 0, result.stderr
    upgraded = load_net(registry.schema, tmp_path / "new.caffemodel").message
    (layer,) = upgraded.layer
    assert (layer.name, layer.type, list(layer.blobs[0].data)) == ("fc", "InnerProduct", [3, 4])


def test_a_solver(mycaffe, tmp_path):
    text = f"solver_type: ADAM base_lr: 0.1 # fast\nnet_param {{ {FIRST} }}\n"
    (tmp_path / "old.prototxt").write_text(text)
    result = mycaffe("upgrade-solver", "old.prototxt", "new.prototxt")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "upgraded: solver_type instead of type",
        "upgraded: layers in the format of Caffe's first version",
        "warning: the comments of old.prototxt were not copied to new.prototxt",
        "Wrote upgraded SolverParameter text proto to new.prototxt",
    ]
    written = (tmp_path / "new.prototxt").read_text()
    assert 'type: "Adam"' in written and "solver_type" not in written and "layers" not in written
    assert "already in latest" in mycaffe("upgrade-solver", "new.prototxt", "new.prototxt").stderr


@pytest.mark.parametrize(
    ("arguments", "content", "code", "words"),
    [
        (("upgrade-net", "f"), b"", 2, "OUT"),
        (("upgrade-net", "gone", "out"), b"", 3, "no such file: gone"),
        (("upgrade-net", "--binary", "gone", "out"), b"", 3, "no such file: gone"),
        (("upgrade-net", "f", "out"), b"layers { nam: 3 }", 2, 'unknown field "nam"'),
        (("upgrade-net", "f", "out"), bytes(range(256)), 2, "f is a binary file"),
        (("upgrade-net", "--binary", "f", "out"), b"name: 'x'", 2, "is not a net in binary format"),
        (("upgrade-net", "f", "out"), b"layer { } layers { }", 2, "mixes"),
        (("upgrade-net", "f", "out"), b"base_lr: 1", 2, "this is a solver file"),
        (("upgrade-solver", "f", "out"), b"layer { }", 2, "this is a model file"),
        (("upgrade-solver", "f", "out"), b"solver_type: SGD type: 'SGD'", 2, "remove solver_type"),
    ],
)
def test_mistakes_leave_nothing(mycaffe, tmp_path, arguments, content, code, words):
    (tmp_path / "f").write_bytes(content)
    result = mycaffe(*arguments)
    assert result.exit_code == code and words in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_folder_that_cannot_be_written(mycaffe, old, tmp_path):
    (tmp_path / "file").touch()
    result = mycaffe("upgrade-net", old, "file/new.prototxt")
    assert result.exit_code == 2 and "file is a file, not a folder" in result.stderr


@pytest.mark.parametrize("text", ['name: "#1"', "name: '\\'#'", 'name: "a\\"#b"'])
def test_a_sharp_in_a_text_is_no_comment(mycaffe, tmp_path, text):
    (tmp_path / "f").write_text(text + ' layer { name: "a" }')
    assert "comments" not in mycaffe("upgrade-net", "f", "out").stderr


# Other verbs.


def test_train_and_check_say_so(mycaffe, old, tmp_path):
    solver = 'net: "old.prototxt" solver_type: SGD base_lr: 0.1 lr_policy: "fixed" max_iter: 1'
    (tmp_path / "solver.prototxt").write_text(solver)
    arguments = ("train", "--solver", "solver.prototxt", "--device", "cpu")
    lines = mycaffe(*arguments).stderr.splitlines()
    notes = [line for line in lines if line.startswith("note: ")]
    assert notes == [
        "note: solver.prototxt uses an old format (solver_type instead of type); "
        "mycaffe upgrade-solver solver.prototxt NEW upgrades it",
        "note: old.prototxt uses an old format (layers { } instead of layer { }; input fields "
        "instead of an Input layer); mycaffe upgrade-net old.prototxt NEW upgrades it",
    ]
    assert "note:" not in mycaffe(*arguments, "-q").stderr
    # What the run folder keeps is in today's form.
    kept = (tmp_path / "runs/old/001/model.prototxt").read_text()
    assert "layers" not in kept and "input_dim" not in kept
    result = mycaffe("check", "old.prototxt")
    assert result.exit_code == 0 and result.stderr.startswith(
        "note: old.prototxt uses an old format"
    )


def test_a_net_with_its_weights_as_model(mycaffe, data_net, tmp_path):
    common = ("--solver", "sgd.prototxt", "--plugin", "counting.py", "--device", "cpu")
    assert mycaffe("train", *common, "-q").exit_code == 0
    model = "runs/Line/001/last.caffemodel"
    result = mycaffe("train", *common, "--model", model, "--set", "solver.test_initialization=true")
    assert result.exit_code == 0, result.stderr
    assert "blobs" not in (tmp_path / "runs/Line/002/model.prototxt").read_text()
    # It goes on from the weights in the file.
    assert "Iteration 0, loss = 8.4375" not in result.stderr
    assert "blobs" not in mycaffe("train", *common, "--model", model, "--print-config").stdout


def test_a_mistake_in_an_old_net_has_its_place(mycaffe, old):
    old.write_text(
        OLD.replace("num_output: 2", "num_output: 0").replace('bottom: "x"', 'bottom: "z"')
    )
    result = mycaffe("check", "old.prototxt")
    assert result.exit_code == 2 and 'old.prototxt:4:49: layer "fc"' in result.stderr
