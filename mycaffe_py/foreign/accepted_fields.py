"""Fields and values of Caffe's forks that are no fields here, but with which a file is read all the same.

Each has its reason: it has no effect here, it is refused unless its value changes nothing, or it is a field of ours
under another name. Fields that need support are in ``fork_fields``. Read from the .proto files of NVIDIA/caffe,
intel/caffe and PSPNet and, for MyCaffe, which has none, from its sources and model files.
"""

from __future__ import annotations

from typing import NamedTuple

MYCAFFE, NVIDIA, INTEL = "MyCaffe", "NVIDIA's Caffe", "Intel's Caffe"
_ANY = "*"


class ForkField(NamedTuple):
    """A fork's field: ``means`` is our name for it; ``harmless`` are the values that need no support, all if None.

    ``silent``: values of a field without effect of which nothing need be said.
    """

    fork: str
    reason: str = ""
    harmless: tuple[str, ...] | None = None
    means: str = ""
    silent: tuple[str, ...] = ("false", "0")


class ForkValue(NamedTuple):
    """A fork's value of an enum: what it is read as, "" for a field that is not given, and why."""

    fork: str
    read_as: str
    reason: str


_OFF, _ON, _ZERO, _ONE = ("false", "0"), ("true", "1"), ("0",), ("1",)
_IMPLEMENTATION = "it chooses the implementation there"
_PRECISION = "precision is chosen by --dtype"
_CLUSTER = "one machine computes the net"
_PARTS_OF_SNAPSHOTS = ("snapshot_include_weights", "snapshot_include_state")
_HOST = "it is for MyCaffe's own programs"
_SHAPED = "recurrent layers have one layer and direction, and (time, batch, ...) as in Caffe"

_NO_EFFECT: dict[str, dict[str, tuple[str, str]]] = {
    "SolverParameter": {
        "snapshot_include_weights": (MYCAFFE, "a snapshot always has the weights"),
        "snapshot_include_state": (
            MYCAFFE,
            "a snapshot always has the state, by which a run is continued",
        ),
        "accuracy_average_window": (MYCAFFE, "an accuracy is the mean over the test's batches"),
        "use_test_net_for_running": (MYCAFFE, _HOST),
        "enable_clip_gradient_status": (MYCAFFE, _HOST),
        "output_average_results": (MYCAFFE, _HOST),
        "per_parameter_reduce": (NVIDIA, "there is one GPU"),
        "solver_data_type": (NVIDIA, _PRECISION),
        "store_blobs_in_old_format": (NVIDIA, "weights are stored as Caffe does"),
        "larc_policy": (NVIDIA, "larc is not supported"),
        "larc_turbo": (NVIDIA, "larc is not supported"),
        "larc_eta": (NVIDIA, "larc is not supported"),
        "global_grad_scale": (NVIDIA, "only 16-bit gradients need it"),
        "local_gw_ratio": ("NVIDIA's and Intel's Caffe", "local_lr_auto is not supported"),
        "engine": (INTEL, _IMPLEMENTATION),
        "richness": ("yjxiong's Caffe", "it bounds the memory of convolutions there"),
    },
    "NetParameter": {
        "engine": (INTEL, _IMPLEMENTATION),
        "compile_net_state": (INTEL, "it records what Intel's own optimisation did"),
        "multinode": (INTEL, _CLUSTER),
        "default_forward_type": (NVIDIA, _PRECISION),
        "default_backward_type": (NVIDIA, _PRECISION),
        "default_forward_math": (NVIDIA, _PRECISION),
        "default_backward_math": (NVIDIA, _PRECISION),
        "default_conv_algos_override": (NVIDIA, _IMPLEMENTATION),
        "default_cudnn_math_override": (NVIDIA, _IMPLEMENTATION),
        "global_grad_scale": (NVIDIA, "only 16-bit gradients need it"),
        "global_grad_scale_adaptive": (NVIDIA, "only 16-bit gradients need it"),
        "reduce_buckets": (NVIDIA, "there is one GPU"),
        "eltwise_mem_sharing": (NVIDIA, "memory is shared anyway where it can be"),
        "mem_param": ("yjxiong's Caffe", "memory is shared anyway where it can be"),
        "optimize_mem": ("yjxiong's Caffe", "memory is shared anyway where it can be"),
        "enable_memory_stats": (MYCAFFE, "mycaffe time shows the memory"),
        "model_type": (MYCAFFE, _HOST),
    },
    "LayerParameter": {
        "quantization_param": (INTEL, "the net is computed in floating point"),
        "engine": (INTEL, _IMPLEMENTATION),
        "multinode": (INTEL, _CLUSTER),
        "mn_activation_param": (INTEL, _CLUSTER),
        "mn_grad_compress_param": (INTEL, _CLUSTER),
        "split_param": (INTEL, _IMPLEMENTATION),
        "forward_type": (NVIDIA, _PRECISION),
        "backward_type": (NVIDIA, _PRECISION),
        "forward_math": (NVIDIA, _PRECISION),
        "backward_math": (NVIDIA, _PRECISION),
        "cudnn_math_override": (NVIDIA, _IMPLEMENTATION),
        "debug": (NVIDIA, "debug_info of the solver shows the sizes of blobs"),
        "connect_loss_event": (MYCAFFE, _HOST),
        "max_bottom_count": (
            MYCAFFE,
            "a layer reads all its bottoms: leave some out by include rules",
        ),
        "group_start": (MYCAFFE, _HOST),
        "use_halfsize": (MYCAFFE, _PRECISION),
        "reshape_every_iter": ("FlowNet's Caffe", "a layer is reshaped when its inputs are"),
    },
    "ConvolutionParameter": {
        "cudnn_workspace_allow_on_groups": (MYCAFFE, _IMPLEMENTATION),
        "cudnn_worspace_allow_on_groups": (MYCAFFE, _IMPLEMENTATION),
        "cudnn_convolution_algo_seeker": (NVIDIA, _IMPLEMENTATION),
        "cudnn_math_override": (NVIDIA, _IMPLEMENTATION),
        "conv_algos_override": (NVIDIA, _IMPLEMENTATION),
        "conv_algorithm": (INTEL, _IMPLEMENTATION),
    },
    "DataParameter": {
        "threads": (NVIDIA, "records are read by one thread"),
        "parser_threads": (NVIDIA, "records are read by one thread"),
        "cache": (NVIDIA, "the operating system keeps in memory what was read"),
        "display_timing": (MYCAFFE, "mycaffe time shows it"),
        "synchronize_with": (MYCAFFE, _HOST),
        "primary_data": (MYCAFFE, _HOST),
        "enable_noise_for_nonmatch": (MYCAFFE, "pairs of images are not read from one database"),
        "enable_debug_output": (MYCAFFE, _HOST),
    },
    "MemoryDataParameter": {
        "primary_data": (MYCAFFE, _HOST),
        "label_type": (MYCAFFE, "labels have the shape of what is given"),
    },
    "TransformationParameter": {
        "use_gpu_transform": (NVIDIA, "images are transformed on the CPU"),
        "use_imagedb_mean": (
            MYCAFFE,
            "an LMDB has no mean: mycaffe compute_image_mean makes a file for mean_file",
        ),
        "use_image_mean": (
            MYCAFFE,
            "an LMDB has no mean: mycaffe compute_image_mean makes a file for mean_file",
        ),
    },
    "DropoutParameter": {"seed": (MYCAFFE, "random numbers follow from the solver's random_seed")},
    "InnerProductParameter": {
        "sigma_init": (MYCAFFE, "enable_noise is not supported"),
        "output_contains_predictions": (MYCAFFE, _HOST),
    },
    "RecurrentParameter": {
        "dropout_seed": (MYCAFFE, "random numbers follow from the solver's random_seed"),
        "use_cudnn_rnn8_if_supported": (MYCAFFE, _IMPLEMENTATION),
        "cudnn_enable_tensor_cores": (MYCAFFE, _IMPLEMENTATION),
    },
    _ANY: {"engine": ("forks", _IMPLEMENTATION)},
}

_ONLY_IF: dict[str, dict[str, tuple[str, tuple[str, ...], str]]] = {
    "SolverParameter": {
        "local_lr_auto": ("NVIDIA's and Intel's Caffe", _OFF, "rates of their own for layers (LARS)"),
        "larc": (NVIDIA, _OFF, "rates of their own for layers (LARC)"),
        "disabled_update": (INTEL, _OFF, "every pass updates the weights here"),
        "max_epoch": (NVIDIA, _ZERO, "write max_iter: epochs x records / batch_size"),
        "test_interval_epoch": (NVIDIA, _ZERO, "write test_interval: epochs x records / batch_size"),
        "plateau_winsize": (INTEL, (), "the policy plateau does not exist here"),
        "lbfgs_corrections": (MYCAFFE, (), "the solver LBFGS does not exist here"),
        "lbgfs_corrections": (MYCAFFE, (), "the solver LBFGS does not exist here"),
    },
    "NetParameter": {
        "bn_stats_batch_size": (INTEL, _ZERO, "statistics are those of the whole batch"),
        "enable_lora": (MYCAFFE, _OFF, "weight adapters do not exist here"),
        "enable_lora_only": (MYCAFFE, _OFF, "weight adapters do not exist here"),
        "base_weight_file": (MYCAFFE, ("",), "weights are named by --weights or by the solver"),
    },
    "ConvolutionParameter": {
        "relu": (INTEL, _OFF, "write a layer of type ReLU behind it"),
        "negative_slope": (INTEL, _ZERO, "write a layer of type ReLU behind it"),
    },
    "PoolingParameter": {
        "avg_include_pad": (INTEL, _ON, "averages count the padding, as in Caffe"),
        "reshape_algorithm": (MYCAFFE, ("caffe", "default"), "write round_mode: FLOOR for ONNX"),
    },
    "BatchNormParameter": {
        "use_weight_bias": (INTEL, _OFF, "write scale_bias: true, or a layer of type Scale behind it"),
        "bias_term": (INTEL, _ON, "scale and bias are learned together"),
        "stats_batch_size": (INTEL, _ZERO, "statistics are those of the whole batch"),
        "relu": (INTEL, _OFF, "write a layer of type ReLU behind it"),
    },
    "ReLUParameter": {"fuse": (INTEL, _OFF, "layers are not joined")},
    "AccuracyParameter": {
        "enable_simple_accuracy": (MYCAFFE, _OFF, "the accuracy is Caffe's"),
        "enable_last_element_only": (MYCAFFE, _OFF, "the accuracy is of all elements"),
    },
    "DataParameter": {
        "enable_pair_selection": (MYCAFFE, _OFF, "pairs of images are not read from one database"),
        "images_per_blob": (MYCAFFE, _ONE, "a record of the database is one item"),
        "output_all_labels": (MYCAFFE, _OFF, "a record has one label"),
        "output_image_information": (MYCAFFE, _OFF, "tops are images and labels"),
        "balance_matches": (MYCAFFE, _OFF, "pairs of images are not read from one database"),
        "label_type": (MYCAFFE, ("single", "default"), "a record has one label"),
        "one_hot_label_size": (MYCAFFE, _ZERO, "a label is one number"),
        "time_align": (MYCAFFE, _OFF, "records come in the order of their keys"),
        "forced_primary_label": (MYCAFFE, ("-1",), "labels are the records' own"),
    },
    "MemoryDataParameter": {
        "label_channels": (MYCAFFE, _ONE, "an item has one label"),
        "label_height": (MYCAFFE, _ONE, "an item has one label"),
        "label_width": (MYCAFFE, _ONE, "an item has one label"),
    },
    "InnerProductParameter": {
        "enable_noise": (MYCAFFE, _OFF, "noisy nets do not exist here"),
        "bias_grad_scale": (MYCAFFE, _ONE, "write lr_mult in the second param"),
    },
    "EltwiseParameter": {
        "allow_single_batch_input": (MYCAFFE, _OFF, "all bottoms need one shape"),
    },
    "ContrastiveLossParameter": {
        "output_matches": (MYCAFFE, _OFF, "the layer has one top"),
    },
    "DenseImageDataParameter": {
        "label_divide_factor": ("ENet's Caffe", _ONE, "labels are taken as they are"),
    },
    "LossParameter": {"loss_scale": (MYCAFFE, _ONE, "write loss_weight")},
    "RecurrentParameter": {
        "num_layers": (MYCAFFE, _ONE, f"{_SHAPED}; write a layer for each"),
        "dropout_ratio": (MYCAFFE, _ZERO, "write a layer of type Dropout between layers"),
        "batch_first": (MYCAFFE, _OFF, f"{_SHAPED}; a layer of type Transpose turns them"),
        "bidirectional": (MYCAFFE, _OFF, f"{_SHAPED}; a layer of type Reverse gives the other"),
        "expose_hidden_input": (MYCAFFE, _OFF, "write expose_hidden for both"),
        "expose_hidden_output": (MYCAFFE, _OFF, "write expose_hidden for both"),
        "auto_repeat_hidden_states_across_layers": (MYCAFFE, _OFF, _SHAPED),
    },
}  # fmt: skip

_OTHER_NAMES: dict[str, dict[str, tuple[str, str]]] = {
    "SolverParameter": {
        "ransom_seed": (MYCAFFE, "random_seed"),
        "rampup_interval": (NVIDIA, "warmup_iter"),
        "rampup_lr": (NVIDIA, "warmup_start_lr"),
    },
    "BatchNormParameter": {"filler": (INTEL, "scale_filler")},
    "UnpoolingParameter": {"pool": (MYCAFFE, "unpool")},
    "DataParameter": {"shuffle": ("NVIDIA's and Intel's Caffe", "enable_random_selection")},
}

_VALUES: dict[str, dict[str, ForkValue]] = {
    "DB": {
        "imagedb": ForkValue(
            MYCAFFE, "LMDB", "it is MyCaffe's database on SQL Server: source must name an LMDB here"
        ),
    },
    "AnnotationType": {"-1": ForkValue(MYCAFFE, "", "the records say what is annotated")},
    "Engine": {
        "mkl2017": ForkValue(INTEL, "DEFAULT", _IMPLEMENTATION),
        "mkldnn": ForkValue(INTEL, "DEFAULT", _IMPLEMENTATION),
    },
}


def fork_field(message: str, field: str) -> ForkField | None:
    """Return what is known of a field that a message does not have; None if it is no fork's."""
    if field in _OTHER_NAMES.get(message, {}):
        fork, means = _OTHER_NAMES[message][field]
        return ForkField(fork, means=means)
    if field in _ONLY_IF.get(message, {}):
        fork, harmless, reason = _ONLY_IF[message][field]
        return ForkField(fork, reason, harmless)
    found = _NO_EFFECT.get(message, {}).get(field)
    if found is None and message.endswith("Parameter"):
        found = _NO_EFFECT[_ANY].get(field)
    if found is None:
        return None
    silent = _ON if field in _PARTS_OF_SNAPSHOTS else _OFF
    return ForkField(*found, silent=silent)


def fork_value(enum: str, value: str) -> ForkValue | None:
    """Return what a fork's value of an enum, ``DataParameter.DB`` or such, is read as; None if it is no fork's."""
    return _VALUES.get(enum.rpartition(".")[2], {}).get(value.lower())


def listed_fields() -> list[tuple[str, str, ForkField]]:
    """Return every (message, field, what is known of it), for documentation and tests."""
    tables = (_NO_EFFECT, _ONLY_IF, _OTHER_NAMES)
    found = []
    for message, field in [
        (m, f) for table in tables for m, fields in table.items() for f in fields
    ]:
        known = fork_field("EltwiseParameter" if message == _ANY else message, field)
        assert known is not None
        found.append((message, field, known))
    return found
