"""The settings of the bundled types that have an effect whatever else is set, in one of the types that read them.

Also those that never have one, for files made elsewhere: ``engine``, ``cudnn_...``, ``input_size``, and old forms,
which are refused or moved. A new setting goes here, or its class declares its condition.
"""

from __future__ import annotations

ALWAYS = {
    "AccuracyParameter": "top_k axis ignore_label",
    "ArgMaxParameter": "out_max_val top_k axis operation enable_cuda_impl",
    "BatchNormParameter": "use_global_stats eps scale_bias engine",
    "BiasParameter": "axis",
    "BitStreamParameter": "batch_size streams seed dense shuffle pad_front",
    "CfcParameter": (
        "cell_type input_features hidden_size output_features return_sequences use_mixed "
        "initial_state time"
    ),
    "CfcUnitParameter": "input_size hidden_size weight_filler bias_filler no_gate minimal",
    "ClipParameter": "min max",
    "ConcatParameter": "axis concat_dim",
    "ContrastiveLossParameter": "margin legacy_version",
    "ConvolutionParameter": (
        "num_output bias_term pad kernel_size stride dilation pad_h pad_w kernel_h kernel_w "
        "stride_h stride_w group weight_filler engine axis force_nd_im2col cudnn_workspace_limit "
        "cudnn_enable_tensor_cores"
    ),
    "CropParameter": "axis offset",
    "CurveParameter": "curve step history random_start input time drop_ratio",
    "DataParameter": (
        "prefetch source batch_size rand_skip backend scale mean_file crop_size mirror"
    ),
    "DropoutParameter": "active",
    "DualParameter": "trainer_type",
    "DummyDataParameter": "data_filler shape num channels height width",
    "ELUParameter": "alpha",
    "EltwiseParameter": "operation",
    "EmbedParameter": "num_output input_dim bias_term weight_filler backward_compute_type",
    "ExpParameter": "base scale shift",
    "FlattenParameter": "axis end_axis",
    "ForecastParameter": "distances outputs features columns settings fit_size",
    "GatherParameter": "axis",
    "GeluParameter": "enable_bert_version",
    "HDF5DataParameter": "source batch_size shuffle",
    "HDF5OutputParameter": "file_name",
    "HingeLossParameter": "norm",
    "ImageDataParameter": (
        "source batch_size rand_skip shuffle new_height new_width is_color scale mean_file "
        "crop_size mirror root_folder"
    ),
    "InfogainLossParameter": "axis",
    "InnerProductParameter": "num_output bias_term weight_filler axis transpose",
    "InputParameter": "shape",
    "LRNParameter": "local_size alpha beta norm_region engine",
    "LogParameter": "base scale shift",
    "LossParameter": "ignore_label normalization normalize",
    "LtcUnitParameter": (
        "input_size hidden_size ode_unfolds epsilon gleak_init_min gleak_init_max vleak_init_min "
        "vleak_init_max cm_init_min cm_init_max w_init_min w_init_max sigma_init_min sigma_init_max "
        "mu_init_min mu_init_max sensory_w_init_min sensory_w_init_max sensory_sigma_init_min "
        "sensory_sigma_init_max sensory_mu_init_min sensory_mu_init_max form positivity"
    ),
    "MVNParameter": "normalize_variance across_channels",
    "MeanErrorLossParameter": "mean_error_type skip_missing",
    "MemoryDataParameter": "batch_size channels height width",
    "MishParameter": "threshold method",
    "PReLUParameter": "filler channel_shared",
    "ParameterParameter": "shape",
    "PinballLossParameter": "quantile skip_missing",
    "PoolingParameter": (
        "pool pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w engine "
        "global_pooling"
    ),
    "PowerParameter": "power scale shift",
    "PythonParameter": "module layer param_str share_in_parallel",
    "ReLUParameter": "negative_slope engine",
    "RecurrentParameter": "num_output weight_filler bias_filler debug_info expose_hidden",
    "ReductionParameter": "operation axis coeff",
    "ReshapeParameter": "shape axis num_axes",
    "RnnSimpleParameter": "accuracy_window accuracy_tolerance",
    "SPPParameter": "pyramid_height pool engine",
    "ReverseParameter": "axis keep_first",
    "ScaleParameter": "axis bias_term",
    "SerfParameter": "threshold",
    "SeriesParameter": (
        "csv_file time_column time_format value_column input_column window stride time_unit horizon "
        "least_horizon train_share period fit_model season series_column known_input_column holiday_column calendar "
        "transform base members log_floor header decimal thousands fitted row_step"
    ),
    "SeriesTrainerParameter": (
        "validation_share validation_interval patience refit interval averaging"
    ),
    "SigmoidParameter": "engine",
    "SliceParameter": "axis slice_point slice_dim",
    "SoftmaxParameter": "engine axis",
    "SqueezeParameter": "axes",
    "StandardizeParameter": "columns relative_columns inverse settings",
    "SwishParameter": "beta",
    "TanHParameter": "engine",
    "ThresholdParameter": "threshold",
    "TileParameter": "axis tiles",
    "TransformationParameter": "scale mirror crop_size mean_file mean_value force_color force_gray",
    "TransposeParameter": "dim",
    "WindowDataParameter": (
        "source scale mean_file batch_size crop_size mirror fg_threshold bg_threshold fg_fraction "
        "context_pad crop_mode cache_images root_folder"
    ),
    "WiringParameter": "type motor_neurons seed",
}
