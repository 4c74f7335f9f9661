"""What OpenCV and ONNX Runtime give for the layers of Faster R-CNN, R-FCN and OpenPose, in single precision."""

from __future__ import annotations

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import helper
from recording import Recorder

RECORDER = Recorder("regions_opencv_onnx")
SINGLE = 2e-5  # they compute in single precision
RNG = np.random.default_rng(20261201)
REGIONS = np.array(
    [
        [0, 0, 0, 100, 90],
        [0, 33, 20.5, 70, 60],
        [0, -20, -10, 300, 40],
        [0, 50, 50, 50, 50],
        [0, 7.25, 3.5, 90, 77.75],
    ],
    dtype=np.float32,
)


def opencv(layer, bottoms):
    """Return the top of a layer in OpenCV's reader of Caffe's files."""
    text = ""
    for index, values in enumerate(bottoms):
        dims = " ".join(f"dim: {size}" for size in values.shape)
        name = f'"b{index}"'
        text += f'layer {{ name: {name} type: "Input" top: {name} input_param {{ shape {{ {dims} }} }} }}\n'
    names = " ".join(f'bottom: "b{index}"' for index in range(len(bottoms)))
    text += f'layer {{ name: "y" {names} top: "y" {layer} }}'
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(text.encode(), np.uint8))
    for index, values in enumerate(bottoms):
        net.setInput(values, f"b{index}")
    return net.forward()


def record(name, layer, *bottoms):
    """Enter what OpenCV gives."""
    RECORDER.add(
        name, layer, bottoms=bottoms, tops=[opencv(layer, bottoms)], phase="TEST", tolerance=SINGLE
    )


def run_onnx(node, inputs):
    """Return the output of one ONNX node."""
    values = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in inputs.items()
    ]
    output = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "g", values, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)])
    model.ir_version = 8
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, inputs)[0]


def proposals(name, ratios, scales, **settings):
    """Enter Proposal, with scores of which no two are equal."""
    anchors, height, width = len(ratios) * len(scales), 6, 7
    count = 2 * anchors * height * width
    scores = ((1 + RNG.permutation(count)).reshape(1, 2 * anchors, height, width) / count).astype(
        np.float32
    )
    deltas = (RNG.standard_normal((1, 4 * anchors, height, width)) * 0.3).astype(np.float32)
    fields = " ".join(f"{key}: {value}" for key, value in settings.items())
    fields += "".join(f" ratio: {r}" for r in ratios) + "".join(f" scale: {s}" for s in scales)
    layer = (
        f'type: "Proposal" proposal_param {{ feat_stride: 16 base_size: 16 min_size: 1 {fields} }}'
    )
    bottoms = scores, deltas, np.array([[96, 112, 1]], np.float32)
    regions = opencv(layer, bottoms)
    found = regions[regions.any(axis=1)]  # OpenCV fills up with zeros
    RECORDER.add(
        f"opencv-proposal-{name}",
        layer,
        bottoms=bottoms,
        tops=[found],
        phase="TEST",
        tolerance=SINGLE,
    )


def main():
    """Write all cases."""
    x = RNG.standard_normal((1, 8, 12, 15)).astype(np.float32)
    record(
        "opencv-roi_pooling",
        'type: "ROIPooling" roi_pooling_param { pooled_h: 3 pooled_w: 4 spatial_scale: 0.125 }',
        x,
        REGIONS,
    )
    record(
        "opencv-psroi_pooling",
        'type: "PSROIPooling" psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 0.125 }',
        x,
        REGIONS,
    )
    proposals("few", [0.5, 1, 2], [1, 2, 4], pre_nms_topn=200, post_nms_topn=20, nms_thresh=0.5)
    proposals("all", [0.667, 1.5], [3], pre_nms_topn=6000, post_nms_topn=300, nms_thresh=0.7)
    size = {"output_height": 3, "output_width": 4, "spatial_scale": 0.125}
    for ratio in (0, 2):
        node = helper.make_node(
            "RoiAlign",
            ["x", "r", "i"],
            ["y"],
            sampling_ratio=ratio,
            coordinate_transformation_mode="output_half_pixel",
            **size,
        )
        corners = np.ascontiguousarray(REGIONS[:, 1:])
        top = run_onnx(node, {"x": x, "r": corners, "i": np.zeros(len(REGIONS), np.int64)})
        RECORDER.add(
            f"onnx-roi_align-{ratio}",
            'type: "ROIAlign" roi_align_param { pooled_h: 3 pooled_w: 4 spatial_scale: 0.125 '
            f"sampling_ratio: {ratio} }}",
            bottoms=[x, REGIONS],
            tops=[top],
            tolerance=SINGLE,
        )
    node = helper.make_node(
        "MaxRoiPool", ["x", "r"], ["y"], pooled_shape=[7, 6], spatial_scale=0.125
    )
    RECORDER.add(
        "onnx-roi_pooling",
        'type: "ROIPooling" roi_pooling_param { pooled_h: 7 pooled_w: 6 spatial_scale: 0.125 }',
        bottoms=[x, REGIONS],
        tops=[run_onnx(node, {"x": x, "r": REGIONS})],
        tolerance=SINGLE,
    )
    RECORDER.write()


main()
