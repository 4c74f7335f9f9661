"""Every layer type of Caffe is there, under Caffe's name and under MyCaffe's spellings."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import UnknownTypeError
from mycaffe_py.plugins import default_registry

CAFFE_TYPES = """
AbsVal Accuracy ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat ContrastiveLoss Convolution Crop Data Deconvolution
Dropout DummyData ELU Eltwise Embed EuclideanLoss Exp Filter Flatten HDF5Data HDF5Output HingeLoss Im2col ImageData
InfogainLoss InnerProduct Input LRN LSTM LSTMUnit Log MVN MemoryData MultinomialLogisticLoss PReLU Parameter Pooling
Power Python RNN ReLU Reduction Reshape SPP Scale Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax SoftmaxWithLoss
Split Swish TanH Threshold Tile WindowData
"""
CAFFE = CAFFE_TYPES.split()

# MyCaffe's, where it differs from Caffe's by more than case; its own types, as it writes them.
MYCAFFE = {
    "SOFTMAXWITH_LOSS": "SoftmaxWithLoss",
    "softmax_loss": "SoftmaxWithLoss",
    "BatchReIndex": "BatchReindex",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "HINGE_LOSS": "HingeLoss",
    "INFOGAIN_LOSS": "InfogainLoss",
    "MULTINOMIALLOGISTIC_LOSS": "MultinomialLogisticLoss",
    "SIGMOIDCROSSENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "Lstm_Unit": "LSTMUnit",
    "hdf5_data": "HDF5Data",
    "Cfc": "CFC",
    "Cfc_Unit": "CFC_UNIT",
    "MeanErrorLoss": "MEAN_ERROR_LOSS",
}


def test_caffe_has_sixty_one_types():
    assert len(set(CAFFE)) == 61


def type_found(word):
    try:
        return default_registry().layers.find(word).type
    except UnknownTypeError:
        return None


@pytest.mark.parametrize("spelling", [str, str.upper, str.lower])
def test_the_types_of_caffe_in_any_case(spelling):
    asked = {spelling(name): name for name in CAFFE}
    assert [word for word, name in asked.items() if type_found(word) != name] == []


@pytest.mark.parametrize(("spelling", "name"), MYCAFFE.items())
def test_a_spelling_of_mycaffe(spelling, name):
    assert default_registry().layers.find(spelling).type == name
