"""A tour of mycaffe-py in small steps: read this first.

Each test stands alone. A model is text: layers, wired by the names of their bottoms and tops.
"""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import TEST, Net, get_solver
from mycaffe_py.errors import PrototxtError

LINE = """
    name: "line"
    layer { name: "data" type: "Input" top: "x" top: "y"
            input_param { shape { dim: 4 dim: 1 } } }
    layer { name: "fit" type: "InnerProduct" bottom: "x" top: "guess"
            inner_product_param { num_output: 1 } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "guess" bottom: "y" top: "loss" }
"""

X = np.array([[-1.0], [0.0], [1.0], [2.0]])


@pytest.fixture
def model(tmp_path):
    """The model as a file, which is what a Net is made from."""
    path = tmp_path / "line.prototxt"
    path.write_text(LINE)
    return path


@pytest.fixture
def solver_file(tmp_path):
    path = tmp_path / "solver.prototxt"
    path.write_text('type: "SGD" base_lr: 0.2 momentum: 0.5 lr_policy: "fixed" max_iter: 200')
    return path


def test_a_net_is_layers_and_blobs(model):
    net = Net(model)
    assert net.layer_names == ["data", "fit", "loss"]
    assert list(net.blobs) == ["x", "y", "guess", "loss"]
    assert net.inputs == ["x", "y"]
    assert net.outputs == ["loss"]  # what no layer reads
    assert net.blobs["x"].shape == (4, 1)


def test_parameters_belong_to_layers(model):
    net = Net(model)
    weight, bias = net.params["fit"]
    assert weight.shape == (1, 1) and bias.shape == (1,)
    assert not weight.data.any()  # no filler: zeros, as in Caffe


def test_forward_computes_tops_from_bottoms(model):
    net = Net(model, phase=TEST)
    weight, bias = net.params["fit"]
    weight.data[...], bias.data[...] = 3, 1
    net.blobs["x"].data[...] = X
    net.blobs["y"].data[...] = 0
    outputs = net.forward()
    np.testing.assert_allclose(net.blobs["guess"].data, [[-2], [1], [4], [7]])
    # Half the mean, over the 4 items, of 4 + 1 + 16 + 49.
    assert outputs["loss"] == pytest.approx(70 / 8)


def test_backward_computes_gradients(model):
    net = Net(model)
    weight, bias = net.params["fit"]
    net.forward(x=X, y=2 * X + 1)  # keyword arguments fill the inputs
    net.backward()
    # guess = 0, so d loss / d guess = -y / 4, with y = -1, 1, 3, 5.
    np.testing.assert_allclose(net.blobs["guess"].diff[:, 0], [0.25, -0.25, -0.75, -1.25])
    np.testing.assert_allclose(weight.diff, [[-0.25 + 0 - 0.75 - 2.5]])
    np.testing.assert_allclose(bias.diff, [-2])


def test_gradient_descent_by_hand(model):
    net = Net(model)
    for _ in range(300):
        net.clear_param_diffs()  # layers ADD to these
        net.forward(x=X, y=2 * X + 1)
        net.backward()
        for blob in net.params["fit"]:
            blob.data[...] -= 0.3 * blob.diff
    weight, bias = net.params["fit"]
    assert weight.data.item() == pytest.approx(2, abs=1e-4)
    assert bias.data.item() == pytest.approx(1, abs=1e-4)


def test_a_solver_does_that_for_you(model, solver_file):
    solver = get_solver(solver_file, model, dtype="float64")
    solver.net.blobs["x"].data[...] = X
    solver.net.blobs["y"].data[...] = 2 * X + 1
    solver.solve()  # up to max_iter
    assert solver.iter == 200
    weight, bias = solver.net.params["fit"]
    assert weight.data.item() == pytest.approx(2, abs=1e-12)
    assert bias.data.item() == pytest.approx(1, abs=1e-12)
    assert solver.loss == pytest.approx(0, abs=1e-20)


def test_a_solver_goes_step_by_step(model, solver_file):
    solver = get_solver(solver_file, model)
    solver.net.blobs["x"].data[...] = 1
    solver.net.blobs["y"].data[...] = 1
    solver.step(1)
    # The gradient is -1 for weight and bias, the rate 0.2.
    np.testing.assert_allclose(solver.net.params["fit"][0].data, [[0.2]], rtol=1e-6)
    solver.step(1)
    # Now guess = 0.4, the gradient -0.6; momentum adds half the last step.
    np.testing.assert_allclose(solver.net.params["fit"][0].data, [[0.42]], rtol=1e-6)


def test_another_batch_size(model):
    net = Net(model)
    net.blobs["x"].reshape(7, 1)
    net.blobs["y"].reshape(7, 1)
    net.forward()
    assert net.blobs["guess"].shape == (7, 1)


def test_mistakes_are_shown_where_they_stand(tmp_path):
    path = tmp_path / "wrong.prototxt"
    path.write_text(LINE.replace('bottom: "x"', 'bottom: "xx"').replace("Euclidean", "Euclidian"))
    with pytest.raises(PrototxtError) as caught:
        Net(path)
    unknown_blob, unknown_type = caught.value.problems
    assert unknown_blob.message == 'layer "fit" (InnerProduct): unknown bottom blob "xx"'
    assert unknown_blob.hint == 'did you mean "x"?'
    assert (unknown_blob.location.line, unknown_blob.location.column) == (5, 54)
    assert unknown_type.message == 'unknown layer type "EuclidianLoss"'
    assert 'did you mean "EuclideanLoss"?' in unknown_type.hint
