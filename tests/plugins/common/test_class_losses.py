"""The losses that read class labels: SoftmaxWithLoss, InfogainLoss, MultinomialLogisticLoss, HingeLoss."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.blob.blobproto import array_to_proto
from mycaffe_py.errors import LayerError

X = [[1.0, 2.0, 4.0], [0.0, -1.0, 5.0]]
SPATIAL = (2, 3, 2, 2)


def probabilities(x, axis=1):
    e = np.exp(x - np.max(x, axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def softmax_with_loss(loss="", more=""):
    return f'type: "SoftmaxWithLoss" loss_param {{ {loss} }} {more}'


def maps(rng, ignored=255):
    """Return scores, labels of which a quarter are ``ignored``, and the plain sum of the losses."""
    x = rng.standard_normal(SPATIAL)
    labels = np.array([[[0, 2], [1, ignored]], [[2, 2], [ignored, 0]]], dtype=float)
    p = probabilities(x)
    total = 0.0
    for n, i, j in np.ndindex(labels.shape):
        if labels[n, i, j] != ignored:
            total -= np.log(p[n, int(labels[n, i, j]), i, j])
    return x, labels, total


@pytest.mark.parametrize(
    ("loss", "divisor"),
    [
        ("", 6),
        ("normalization: VALID", 6),
        ("normalization: FULL", 8),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalize: true", 6),
        ("normalize: false", 2),
        ("normalize: false normalization: FULL", 8),
    ],
)
@pytest.mark.parametrize("labels_shape", [(2, 2, 2), (2, 1, 2, 2), (2, 4)])
def test_normalization_and_ignored_labels(build, rng, loss, divisor, labels_shape):
    x, labels, total = maps(rng)
    text = softmax_with_loss(f"ignore_label: 255 {loss}", "loss_weight: 3")
    built = build(text, x, labels.reshape(labels_shape))
    assert built.forward() == pytest.approx(total / divisor)
    (dx, _) = built.backward(propagate_down=[True, False])
    expected = probabilities(x)
    for n, i, j in np.ndindex(labels.shape):
        if labels[n, i, j] == 255:
            expected[n, :, i, j] = 0
        else:
            expected[n, int(labels[n, i, j]), i, j] -= 1
    np.testing.assert_allclose(dx, 3 * expected / divisor, atol=1e-14)


def test_every_label_ignored(build):
    built = build(softmax_with_loss("ignore_label: 7"), X, [7, 7])
    assert built.forward() == 0
    assert not built.backward(propagate_down=[True, False])[0].any()


def test_a_label_within_the_classes_may_be_the_ignored_one(build):
    built = build(softmax_with_loss("ignore_label: 1"), X, [1, 2])
    assert built.forward() == pytest.approx(-np.log(probabilities(X)[1, 2]))


def test_the_second_top_is_the_probability(build):
    text = softmax_with_loss("", 'top: "a" top: "b" loss_weight: 2 loss_weight: 0')
    built = build(text, X, [2, 0], tops=2)
    built.forward()
    np.testing.assert_allclose(built.top[1].data, probabilities(X))
    assert built.top[0].diff == 2


def test_two_tops_need_their_loss_weights(build):
    with pytest.raises(LayerError, match="has 2 tops, so loss_weight must be given for each"):
        build(softmax_with_loss("", 'top: "a" top: "b"'), X, [2, 0], tops=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_loss_is_bounded_and_large_scores_do_not_overflow(build, dtype):
    built = build(softmax_with_loss(), [[1000.0, 0.0], [0.0, 1000.0]], [1, 1], dtype=dtype)
    bound = -np.log(float(np.finfo(np.float32).tiny)) / 2
    assert built.forward() == pytest.approx(bound)
    np.testing.assert_allclose(
        built.backward(propagate_down=[True, False])[0], [[0.5, -0.5], [0, 0]]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_certain_right_answer_costs_nothing(build, dtype):
    loss = build(softmax_with_loss(), [[500.0, 0.0]], [0], dtype=dtype).forward()
    assert loss == 0 and not np.signbit(loss)
    assert loss.dtype == dtype


@pytest.mark.parametrize("axis", [0, -2])
def test_the_class_axis(build, axis):
    text = f'type: "SoftmaxWithLoss" softmax_param {{ axis: {axis} engine: CUDNN }}'
    built = build(text, [[1.0, 0.0], [2.0, -1.0]], [1, 0])
    p = probabilities(np.array([[1.0, 0.0], [2.0, -1.0]]), 0)
    assert built.forward() == pytest.approx(-(np.log(p[1, 0]) + np.log(p[0, 1])) / 2)


def test_another_batch_size(build):
    built = build(softmax_with_loss(), X, [2, 0])
    first = float(built.forward())
    for rows in (3, 2, 1):
        for blob, values in zip(built.bottom, (X, [2, 0]), strict=True):
            blob.reshape(rows, *blob.shape[1:])
            blob.data[...] = np.resize(values, blob.shape)
        loss = float(built.forward())
        assert built.layer.normalizer == rows
    assert first == pytest.approx(np.mean([loss, -np.log(probabilities(X)[1, 0])]))


# InfogainLoss


def infogain(x, labels, matrix):
    p = probabilities(np.asarray(x))
    return -sum(matrix[label] @ np.log(p[n]) for n, label in enumerate(labels)) / len(labels)


MATRIX = np.array([[1, 0.5, 0], [0.1, 2, 0.3], [0.4, 0.2, 1]])


@pytest.fixture
def source(registry, tmp_path):
    def write(matrix, name="H.binaryproto"):
        proto = registry.schema.new("BlobProto")
        array_to_proto(np.asarray(matrix, dtype=np.float32), proto)
        path = tmp_path / name
        path.write_bytes(proto.SerializeToString())
        return path

    return write


def infogain_text(path):
    return f'type: "InfogainLoss" infogain_loss_param {{ source: "{path.as_posix()}" }}'


@pytest.mark.parametrize("shape", [(3, 3), (1, 1, 3, 3), (9,)])
def test_infogain_matrix_from_a_bottom_or_a_file(build, source, shape):
    matrix = MATRIX.reshape(shape)
    expected = infogain(X, [2, 0], MATRIX)
    assert build('type: "InfogainLoss"', X, [2, 0], matrix).forward() == pytest.approx(expected)
    built = build(infogain_text(source(matrix)), X, [2, 0])
    assert built.forward() == pytest.approx(expected, rel=1e-6)


def test_infogain_with_the_identity_is_softmax_with_loss(build, rng):
    x, labels, _ = maps(rng)
    loss = "loss_param { ignore_label: 255 normalization: FULL }"
    ours = build(f'type: "InfogainLoss" {loss}', x, labels, np.eye(3))
    theirs = build(f'type: "SoftmaxWithLoss" {loss}', x, labels)
    assert ours.forward() == pytest.approx(float(theirs.forward()))
    np.testing.assert_allclose(
        ours.backward(propagate_down=[True, False, False])[0],
        theirs.backward(propagate_down=[True, False])[0],
        atol=1e-15,
    )


def test_infogain_reads_its_bottom_anew_in_each_forward(build):
    built = build('type: "InfogainLoss"', X, [2, 0], MATRIX)
    first = float(built.forward())
    built.bottom[2].data[...] *= 2
    assert built.forward() == pytest.approx(2 * first)


def test_infogain_without_a_usable_matrix(build, source, tmp_path):
    with pytest.raises(LayerError, match="needs the matrix as a third bottom") as error:
        build('type: "InfogainLoss"', X, [2, 0])
    assert error.value.field == "infogain_loss_param.source"
    with pytest.raises(LayerError, match=r'"it" \(InfogainLoss\): matrix file .* does not exist'):
        build(infogain_text(tmp_path / "no.binaryproto"), X, [2, 0])
    (tmp_path / "text").write_text("this is no matrix")
    with pytest.raises(LayerError, match="text does not contain a BlobProto message"):
        build(infogain_text(tmp_path / "text"), X, [2, 0])
    with pytest.raises(LayerError, match="cannot read"):
        build(infogain_text(tmp_path), X, [2, 0])
    with pytest.raises(
        LayerError, match=r'matrix \(2, 2\) in the file has 4 .*"b0" \(2, 3\) has 3 .* 3 x 3 = 9'
    ):
        build(infogain_text(source(np.eye(2))), X, [2, 0])
    with pytest.raises(LayerError, match=r'bottom "b2" \(4, 3\) has 12 elements.*"b0" \(2, 3\)'):
        build('type: "InfogainLoss"', X, [2, 0], np.ones((4, 3)))


def test_infogain_file_with_fewer_values_than_its_shape(build, registry, tmp_path):
    proto = registry.schema.new("BlobProto", data=[1, 2])
    proto.shape.dim.extend([3, 3])
    path = tmp_path / "short"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(LayerError, match=r"short: a stored blob declares shape \(3, 3\) but has 2"):
        build(infogain_text(path), X, [2, 0])


@pytest.mark.parametrize("value", ["true", "false"])
def test_infogain_refuses_normalize(build, value):
    with pytest.raises(LayerError, match="normalize is deprecated") as error:
        build(f'type: "InfogainLoss" loss_param {{ normalize: {value} }}', X, [2, 0], MATRIX)
    assert error.value.field == "loss_param.normalize"


# MultinomialLogisticLoss and HingeLoss


def test_multinomial_takes_probabilities_and_bounds_them(build):
    built = build('type: "MultinomialLogisticLoss"', [[0.25, 0.75], [1.0, 0.0]], [0, 1])
    assert built.forward() == pytest.approx((-np.log(0.25) - np.log(1e-20)) / 2)
    dp, _ = built.backward(2.0, propagate_down=[True, False])
    np.testing.assert_allclose(dp, [[-4, 0], [0, -1e20]])


def test_hinge_margins(build):
    # labels 2 and 0: margins 1 + x, but 1 - x for the label: (2, 3, -3 -> 0), (1, 0, 6)
    l1 = build('type: "HingeLoss"', X, [2, 0])
    assert l1.forward() == 12 / 2
    np.testing.assert_array_equal(
        l1.backward(propagate_down=[True, False])[0], [[0.5, 0.5, 0], [-0.5, 0, 0.5]]
    )
    l2 = build('type: "HingeLoss" hinge_loss_param { norm: L2 }', X, [2, 0])
    assert l2.forward() == (4 + 9 + 1 + 36) / 2
    np.testing.assert_array_equal(
        l2.backward(propagate_down=[True, False])[0], [[2, 3, 0], [-1, 0, 6]]
    )


# All of them


@pytest.mark.parametrize("name", ["SoftmaxWithLoss", "MultinomialLogisticLoss", "HingeLoss"])
def test_no_rows(build, name):
    built = build(f'type: "{name}"', np.zeros((0, 3)), np.zeros(0))
    assert built.forward() == 0
    assert built.backward(propagate_down=[True, False])[0].shape == (0, 3)


def test_infogain_of_no_rows(build):
    built = build('type: "InfogainLoss"', np.zeros((0, 3)), np.zeros(0), MATRIX)
    assert built.forward() == 0
    built.backward(propagate_down=[True, False, False])


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("SOFTMAXWITH_LOSS", "SoftmaxWithLoss"),
        ("softmax_loss", "SoftmaxWithLoss"),
        ("Multinomiallogistic_Loss", "MultinomialLogisticLoss"),
        ("HINGE_LOSS", "HingeLoss"),
        ("infogain_loss", "InfogainLoss"),
        ("sigmoidcrossentropy_loss", "SigmoidCrossEntropyLoss"),
        ("CONTRASTIVE_LOSS", "ContrastiveLoss"),
    ],
)
def test_mycaffe_spellings(registry, spelling, name):
    assert registry.layers.find(spelling).type == name
