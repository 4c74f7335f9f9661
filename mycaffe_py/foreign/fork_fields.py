"""Fields that forks of Caffe added to its messages and that are not here: what each sets, and what to do about it.

Those that need no support here are in ``accepted_fields``.
"""

from __future__ import annotations

from .forks import (
    C3D,
    CAFFE_WINDOWS,
    CAPSULES,
    CRF_AS_RNN,
    CTPN,
    DEFORMABLE,
    ENET,
    FLOWNET2,
    INFOGAN,
    INTEL,
    LOCAL,
    MSCNN,
    NVIDIA,
    OPENPOSE,
    RTPOSE,
    SSD,
    TSN,
    XILINX,
    YOLO,
    Fork,
    fork_of,
)

_QUANTISED = "numbers of few bits; leave it out, and the net computes in floating point"
_CROPS = "crops of several sizes; they have no counterpart"
_POSE = "how key points become maps; such data are not read here"

# Message -> field -> fork and what it sets, then what to write.
_FIELDS: dict[str, dict[str, tuple[Fork, str]]] = {
    "LayerParameter": {
        "continuation_indicator_param": (INTEL, "the marks of where sequences continue"),
        "spatial_dropout_param": (ENET, "dropout of whole channels; write a Dropout layer"),
        "coeff_schedule_param": (FLOWNET2, "how augmentation grows while training"),
        "augmentation_param": (FLOWNET2, "the augmentation of pairs of pictures"),
        "writer_param": (FLOWNET2, "which files a writing layer writes"),
        "reader_param": (FLOWNET2, "which files a reading layer reads"),
        "mean_param": (FLOWNET2, "the mean that a layer of its own subtracts"),
        "resample_param": (FLOWNET2, "size and method of a resized map"),
        "downsample_param": (FLOWNET2, "the size of a map made smaller"),
        "lpq_loss_param": (FLOWNET2, "the powers of its loss"),
        "flow_warp_param": (FLOWNET2, "what fills places that the flow leaves"),
        "cpmdata_param": (RTPOSE, _POSE),
        "cocodata_param": (RTPOSE, _POSE),
        "cpmbottomup_param": (RTPOSE, _POSE),
        "op_transform_param": (OPENPOSE, _POSE),
        "cpm_transform_param": (OPENPOSE, _POSE),
        "multi_stage_meanfield_param": (CRF_AS_RNN, "its conditional random field"),
        "deformable_convolution_param": (DEFORMABLE, "a convolution with learned offsets"),
        "deformable_psroi_pooling_param": (DEFORMABLE, "its pooling with learned offsets"),
        "convolution3d_param": (
            C3D,
            "a convolution in three dimensions; Convolution computes it from 5-D blobs: "
            "convolution_param { kernel_size: 3 kernel_size: 3 kernel_size: 3 }",
        ),
        "rand_vec_param": (INFOGAN, "how many random numbers, and their range"),
        "locally_connected_param": (LOCAL, "the windows, whose weights differ from place to place"),
        "pooling3d_param": (C3D, "pooling in three dimensions"),
        "volume_data_param": (C3D, "the clips that its data layer reads"),
        "video_data_param": (TSN, "the videos that its data layer reads"),
        "lstm_param": (
            CTPN,
            "an LSTM of its own, without marks of where sequences begin; LSTM here takes recurrent_param",
        ),
        "bbox_reg_param": (MSCNN, "mean and deviation of the boxes' shifts"),
        "normalize_param": (CAFFE_WINDOWS, "the norm; Normalize takes L2, without settings"),
        "fixed_param": (XILINX, _QUANTISED),
        "deephi_resize_param": (XILINX, "size and method of a resized map"),
        "gs_tiling_param": (XILINX, "how channels become places"),
        "tiling_param": (XILINX, "how channels become places"),
        "densebox_map_evaluation_param": (XILINX, "its measure of detections"),
        "reshape_label_param": (XILINX, "how labels are rearranged"),
        "alignment_accuracy_param": (XILINX, "its measure of key points"),
        "pe_transform_param": (XILINX, _POSE),
        "drive_data_param": (XILINX, "the road pictures that its data layer reads"),
        "enhanced_image_data_param": (XILINX, "the augmentation of its data layer"),
        "yolo_eval_detection_param": (XILINX, "its measure of detections"),
        "detectnet_groundtruth_param": (NVIDIA, "how boxes become maps of coverage"),
        "detectnet_augmentation_param": (NVIDIA, "the augmentation of pictures with boxes"),
        "capsule_reshape_param": (CAPSULES, "the length of a capsule"),
    },
    "SolverParameter": {
        "stagelr": (YOLO, "the rates of stages; write lr_policy and stepvalue"),
        "stageiter": (YOLO, "where stages end; write lr_policy and stepvalue"),
    },
    "NetParameter": {
        "item": (SSD, "a class of a label map, which is no net: convert_annoset reads it"),
        "quantize": (XILINX, _QUANTISED),
    },
    "ConvolutionParameter": {
        "fusion_type": (INTEL, "a layer that it computes with the convolution; leave it out"),
    },
    "TransformationParameter": {
        "random_resize_param": (INTEL, "random sizes of pictures; it has no counterpart"),
        "random_aspect_ratio_param": (INTEL, "random shapes of crops; it has no counterpart"),
        "fix_crop": (TSN, _CROPS),
        "more_fix_crop": (TSN, _CROPS),
        "multi_scale": (TSN, _CROPS),
        "max_distort": (TSN, _CROPS),
        "scale_ratios": (TSN, _CROPS),
        "is_flow": (TSN, "that pictures are optical flow; it has no counterpart"),
        "flow": (INTEL, "that pictures are optical flow; it has no counterpart"),
        "rotate": (XILINX, "random rotation; it has no counterpart"),
        "yolo_height": (XILINX, "the height of pictures; resize them before"),
        "yolo_width": (XILINX, "the width of pictures; resize them before"),
        "max_degree_rotations": (OPENPOSE, _POSE),
        "max_rotate_degree": (RTPOSE, _POSE),
        "center_perterb_max": (RTPOSE, _POSE),
        "target_dist": (RTPOSE, _POSE),
        "num_parts": (RTPOSE, _POSE),
        "np_in_lmdb": (RTPOSE, _POSE),
        "put_gaussian": (RTPOSE, _POSE),
        "sigma": (RTPOSE, _POSE),
    },
    "LossParameter": {
        "label_smoothing": (INTEL, "smoothed labels; it has no counterpart"),
    },
    "AnnotatedDataParameter": {
        "yolo_data_type": (YOLO, "the form of its labels; leave it out for SSD's"),
    },
    "ParameterParameter": {
        "blob_filler": (CAFFE_WINDOWS, "the blob's first values; here it starts with zeros"),
    },
    "AccuracyParameter": {
        "min_is_better": (CAFFE_WINDOWS, "that the lowest score wins; negate the scores before"),
    },
    "ScaleParameter": {
        "min_value": (CAFFE_WINDOWS, "the least factor; it has no counterpart"),
    },
    "PoolingParameter": {"relu": (INTEL, "a ReLU after pooling; write a layer of type ReLU")},
    "EltwiseParameter": {"relu": (INTEL, "a ReLU after the sum; write a layer of type ReLU")},
}


def fork_field_hint(message: str, field: str, layer_type: str = "") -> str | None:
    """Return which fork a message's unknown field is of, what it sets, and what to do; None if that is unknown.

    ``layer_type``: the type given beside it, whose own settings are those that end with ``_param``.
    """
    found = _FIELDS.get(message, {}).get(field)
    if found is not None:
        return f"of {found[0]}: it sets {found[1]}"
    fork = fork_of(layer_type) if layer_type and field.endswith("_param") else None
    return None if fork is None else f"of {fork}, as its layer type {layer_type}"


def all_fields() -> list[tuple[str, str]]:
    """Return all messages and fields in the table."""
    return [(message, field) for message, fields in _FIELDS.items() for field in fields]
