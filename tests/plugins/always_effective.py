"""The settings of the bundled types that have an effect whatever else is set, in one of the types that read them.

Also those that never have one, for files made elsewhere: ``engine``, ``cudnn_...``, ``input_size``, and old forms,
which are refused or moved. A new setting goes here, or its class declares its condition.
"""

from __future__ import annotations

ALWAYS = {
    "AccuracyParameter": "top_k axis ignore_label",
    "AnnotatedDataParameter": "batch_sampler label_map_file anno_type",
    "ArgMaxParameter": "out_max_val top_k axis operation enable_cuda_impl",
    "BatchNormParameter": "use_global_stats eps scale_bias engine",
    "BiasParameter": "axis",
    "BitStreamParameter": "batch_size streams seed dense shuffle pad_front",
    "BoxAnnotatorOHEMParameter": "roi_per_img ignore_label",
    "CReLUParameter": "negative_slope concat_axis",
    "CenterLossParameter": "num_output center_filler axis",
    "BNParameter": (
        "scale_filler shift_filler bn_mode slope_filler bias_filler momentum eps frozen engine var_eps decay "
        "moving_average axis"
    ),
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
        "cudnn_enable_tensor_cores hole hole_h hole_w"
    ),
    "CorrelationParameter": (
        "pad kernel_size max_displacement stride_1 stride_2 single_direction correlation_type"
    ),
    "CosinAddmParameter": "m transform_test",
    "CropParameter": "axis offset",
    "CurveParameter": "curve step history random_start input time drop_ratio",
    "DataParameter": (
        "prefetch source batch_size rand_skip backend enable_random_selection scale mean_file crop_size mirror"
    ),
    "DenseImageDataParameter": (
        "source batch_size rand_skip shuffle new_height new_width is_color mean_file root_folder mirror "
        "crop_height crop_width"
    ),
    "DetectionEvaluateParameter": (
        "num_classes background_label_id overlap_threshold evaluate_difficult_gt name_size_file"
    ),
    "DetectionOutputParameter": (
        "num_classes share_location background_label_id nms_param code_type keep_top_k "
        "variance_encoded_in_target confidence_threshold"
    ),
    "DropoutParameter": "active",
    "DualParameter": "trainer_type",
    "DummyDataParameter": "data_filler shape num channels height width",
    "ELUParameter": "alpha",
    "EltwiseParameter": "operation",
    "EmbedParameter": "num_output input_dim bias_term weight_filler backward_compute_type",
    "ExpParameter": "base scale shift",
    "FlattenParameter": "axis end_axis",
    "FocalLossParameter": "type gamma alpha beta axis",
    "ForecastParameter": "distances outputs features columns settings fit_size",
    "GatherParameter": "axis",
    "GeluParameter": "enable_bert_version",
    "HDF5DataParameter": "source batch_size shuffle",
    "HDF5OutputParameter": "file_name",
    "HardSigmoidParameter": "alpha beta",
    "HingeLossParameter": "norm",
    "ImageDataParameter": (
        "source batch_size rand_skip shuffle new_height new_width is_color scale mean_file "
        "crop_size mirror root_folder label_type ignore_label"
    ),
    "ImResizeParameter": "factor start_scale scale_gap",
    "InfogainLossParameter": "axis",
    "InnerProductParameter": "num_output bias_term weight_filler axis transpose min_top_axes normalize",
    "InputParameter": "shape",
    "L1LossParameter": "l2_per_location normalize_by_num_entries plateau",
    "InterpParameter": ("height width zoom_factor shrink_factor pad_beg pad_end interp_type"),
    "LRNParameter": "local_size alpha beta norm_region engine",
    "LabelSpecificAddParameter": "bias transform_test",
    "LayerNormParameter": "enable_passthrough enable_cuda_impl",
    "LogParameter": "base scale shift",
    "LossParameter": "ignore_label normalization normalize weight_by_label_freqs class_balanced",
    "LtcUnitParameter": (
        "input_size hidden_size ode_unfolds epsilon gleak_init_min gleak_init_max vleak_init_min "
        "vleak_init_max cm_init_min cm_init_max w_init_min w_init_max sigma_init_min sigma_init_max "
        "mu_init_min mu_init_max sensory_w_init_min sensory_w_init_max sensory_sigma_init_min "
        "sensory_sigma_init_max sensory_mu_init_min sensory_mu_init_max form positivity"
    ),
    "MVNParameter": "normalize_variance across_channels",
    "MarginInnerProductParameter": "num_output type weight_filler axis",
    "MeanErrorLossParameter": "mean_error_type skip_missing",
    "MemoryDataParameter": "batch_size channels height width",
    "MishParameter": "threshold method",
    "NmsParameter": "threshold max_peaks num_parts",
    "MultiBoxLossParameter": (
        "loc_loss_type conf_loss_type loc_weight num_classes share_location match_type "
        "use_prior_for_matching background_label_id use_difficult_gt do_neg_mining code_type "
        "encode_variance_in_target map_object_to_agnostic ignore_cross_boundary_bbox bp_inside "
        "mining_type ignore_corss_boundary_bbox use_gpu"
    ),
    "NormalizeParameter": "across_spatial scale_filler channel_shared eps esp",
    "NLLLossParameter": "axis",
    "PReLUParameter": "filler channel_shared",
    "ParameterParameter": "shape",
    "PinballLossParameter": "quantile skip_missing",
    "PermuteParameter": "order",
    "PoolingParameter": (
        "pool pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w engine "
        "global_pooling"
    ),
    "PowerParameter": "power scale shift",
    "ProposalParameter": "feat_stride base_size min_size ratio scale pre_nms_topn post_nms_topn nms_thresh",
    "PSROIPoolingParameter": "spatial_scale output_dim group_size",
    "PriorBoxParameter": (
        "min_size max_size aspect_ratio flip clip variance img_size img_h img_w step step_h step_w offset"
    ),
    "PythonParameter": "module layer param_str share_in_parallel",
    "ReLU6Parameter": "n negative_slope",
    "ReLUParameter": "negative_slope engine",
    "RecurrentParameter": "num_output weight_filler bias_filler debug_info expose_hidden",
    "ReductionParameter": "operation axis coeff",
    "ReorgParameter": "stride reverse",
    "ReshapeParameter": "shape axis num_axes",
    "RnnSimpleParameter": "accuracy_window accuracy_tolerance",
    "ROIAlignParameter": "pooled_h pooled_w spatial_scale sampling_ratio",
    "ROIPoolingParameter": "pooled_h pooled_w spatial_scale pad_ratio",
    "SmoothL1LossParameter": "sigma",
    "SegAccuracyParameter": "metric ignore_label reset output_label",
    "ShuffleChannelParameter": "group",
    "SpatialTransformerParameter": (
        "transform_type sampler_type output_H output_W to_compute_dU theta_1_1 theta_1_2 theta_1_3 "
        "theta_2_1 theta_2_2 theta_2_3"
    ),
    "SPPParameter": "pyramid_height pool engine",
    "ReverseParameter": "axis keep_first",
    "ScaleParameter": "axis bias_term",
    "SerfParameter": "threshold",
    "SeLUParameter": "lambda alpha",
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
    "SoftmaxParameter": "engine axis algorithm algorithm_train",
    "SqueezeParameter": "axes",
    "StandardizeParameter": "columns relative_columns inverse settings",
    "SwishParameter": "beta",
    "TanHParameter": "engine",
    "ThresholdParameter": "threshold",
    "TileParameter": "axis tiles",
    "TransformationParameter": (
        "scale mirror crop_size mean_file mean_value force_color force_gray resize_param noise_param "
        "emit_constraint crop_h crop_w distort_param expand_param distortion_param expansion_param "
        "mask_param label_mapping color_order crop_height crop_width scale_factors"
    ),
    "TransposeParameter": "dim",
    "TripletLossParameter": "alpha pregen_label_start",
    "UnpoolingParameter": (
        "unpool kernel_size kernel_h kernel_w stride stride_h stride_w pad pad_h pad_w engine "
        "unpool_size unpool_h unpool_w output_h output_w"
    ),
    "UpsampleParameter": "scale upsample_h upsample_w",
    "WindowDataParameter": (
        "source scale mean_file batch_size crop_size mirror fg_threshold bg_threshold fg_fraction "
        "context_pad crop_mode cache_images root_folder"
    ),
    "WiringParameter": "type motor_neurons seed",
}
