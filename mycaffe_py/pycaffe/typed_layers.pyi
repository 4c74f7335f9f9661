"""The types of ``layers`` and ``params`` for editors and type checkers. Written by tools/typed_layers.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from mycaffe_py.schema.given import ProtoMessage

from .net_spec import Layers, Parameters, Top

Fields = Mapping[str, Any] | ProtoMessage
"""The fields of a message: a dict, or the message itself."""

class Tops(Top):
    """What ``L.Type`` returns: a Top; with ``ntop`` above 1 a tuple of Tops, which can be unpacked."""
    def __iter__(self) -> Iterator[Top]: ...
    def __getitem__(self, index: int) -> Top: ...
    def __len__(self) -> int: ...

class BNValues:
    LEARN: int
    INFERENCE: int
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class CfcValues:
    CFC: int
    LTC: int
    AS_GIVEN: int
    SPANS: int
    ABSOLUTE: int

class CfcUnitValues:
    SILU: int
    RELU: int
    TANH: int
    GELU: int
    LECUN: int

class ConvolutionValues:
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class CorrelationValues:
    MULTIPLY: int
    SUBTRACT: int

class CurveValues:
    SIN: int
    COS: int
    RANDOM: int
    CSV_FILE: int
    X: int
    Y: int
    X_AND_Y: int
    ABSOLUTE: int
    DELTA: int
    UNIT: int

class DataValues:
    LEVELDB: int
    LMDB: int

class EltwiseValues:
    PROD: int
    SUM: int
    MAX: int

class FillerValues:
    FAN_IN: int
    FAN_OUT: int
    AVERAGE: int

class FocalLossValues:
    ORIGIN: int
    LINEAR: int
    ONEADDP: int

class HingeLossValues:
    L1: int
    L2: int

class LRNValues:
    ACROSS_CHANNELS: int
    WITHIN_CHANNEL: int
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class LossValues:
    FULL: int
    VALID: int
    BATCH_SIZE: int
    NONE: int
    PRE_FIXED: int

class LtcUnitValues:
    AUTHORS: int
    NCPS: int
    NONE: int
    SOFTPLUS: int
    CLIP: int

class MarginInnerProductValues:
    SINGLE: int
    DOUBLE: int
    TRIPLE: int
    QUADRUPLE: int

class MeanErrorLossValues:
    MSE: int
    MAE: int

class MultiBoxLossValues:
    L2: int
    SMOOTH_L1: int
    SOFTMAX: int
    LOGISTIC: int
    BIPARTITE: int
    PER_PREDICTION: int
    NONE: int
    MAX_NEGATIVE: int
    HARD_EXAMPLE: int

class PoolingValues:
    MAX: int
    AVE: int
    STOCHASTIC: int
    DEFAULT: int
    CAFFE: int
    CUDNN: int
    CEIL: int
    FLOOR: int

class PriorBoxValues:
    CORNER: int
    CENTER_SIZE: int
    CORNER_SIZE: int

class ReLUValues:
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class ReductionValues:
    SUM: int
    ASUM: int
    SUMSQ: int
    MEAN: int

class ResizeValues:
    WARP: int
    FIT_SMALL_SIZE: int
    FIT_LARGE_SIZE_AND_PAD: int
    CONSTANT: int
    MIRRORED: int
    REPEAT_NEAREST: int
    LINEAR: int
    AREA: int
    NEAREST: int
    CUBIC: int
    LANCZOS4: int

class SPPValues:
    MAX: int
    AVE: int
    STOCHASTIC: int
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class SegAccuracyValues:
    PixelAccuracy: int
    ClassAccuracy: int
    PixelIOU: int

class SeriesValues:
    AUTO: int
    NONE: int
    LOG: int
    BEST: int
    LAST: int
    SEASONAL: int
    DRIFT: int
    RIDGE: int

class SigmoidValues:
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class SoftmaxValues:
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class SolverValues:
    HDF5: int
    BINARYPROTO: int
    CPU: int
    GPU: int
    SGD: int
    NESTEROV: int
    ADAGRAD: int
    RMSPROP: int
    ADADELTA: int
    ADAM: int
    LINEAR: int
    CONSTANT: int
    EXPONENTIAL: int

class TanHValues:
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class UnpoolingValues:
    MAX: int
    AVE: int
    TILE: int
    DEFAULT: int
    CAFFE: int

class V0LayerValues:
    MAX: int
    AVE: int
    STOCHASTIC: int

class V1LayerValues:
    NONE: int
    ABSVAL: int
    ACCURACY: int
    ARGMAX: int
    BNLL: int
    CONCAT: int
    CONTRASTIVE_LOSS: int
    CONVOLUTION: int
    DATA: int
    DECONVOLUTION: int
    DROPOUT: int
    DUMMY_DATA: int
    EUCLIDEAN_LOSS: int
    ELTWISE: int
    EXP: int
    FLATTEN: int
    HDF5_DATA: int
    HDF5_OUTPUT: int
    HINGE_LOSS: int
    IM2COL: int
    IMAGE_DATA: int
    INFOGAIN_LOSS: int
    INNER_PRODUCT: int
    LRN: int
    MEMORY_DATA: int
    MULTINOMIAL_LOGISTIC_LOSS: int
    MVN: int
    POOLING: int
    POWER: int
    RELU: int
    SIGMOID: int
    SIGMOID_CROSS_ENTROPY_LOSS: int
    SILENCE: int
    SOFTMAX: int
    SOFTMAX_LOSS: int
    SPLIT: int
    SLICE: int
    TANH: int
    WINDOW_DATA: int
    THRESHOLD: int
    BN: int
    INTERP: int
    SEG_ACCURACY: int
    UNPOOLING: int
    UPSAMPLE: int
    ROI_POOLING: int
    SMOOTH_L1_LOSS: int
    STRICT: int
    PERMISSIVE: int

class WiringValues:
    FULLY_CONNECTED: int
    RANDOM: int
    NCP: int
    AUTO_NCP: int

class TypedParams(Parameters):
    """``params``: the enum values of each message of the bundled layers."""
    def __getattr__(self, name: str) -> Any: ...
    BN: BNValues
    Cfc: CfcValues
    CfcUnit: CfcUnitValues
    Convolution: ConvolutionValues
    Correlation: CorrelationValues
    Curve: CurveValues
    Data: DataValues
    Eltwise: EltwiseValues
    Filler: FillerValues
    FocalLoss: FocalLossValues
    HingeLoss: HingeLossValues
    LRN: LRNValues
    Loss: LossValues
    LtcUnit: LtcUnitValues
    MarginInnerProduct: MarginInnerProductValues
    MeanErrorLoss: MeanErrorLossValues
    MultiBoxLoss: MultiBoxLossValues
    Pooling: PoolingValues
    PriorBox: PriorBoxValues
    ReLU: ReLUValues
    Reduction: ReductionValues
    Resize: ResizeValues
    SPP: SPPValues
    SegAccuracy: SegAccuracyValues
    Series: SeriesValues
    Sigmoid: SigmoidValues
    Softmax: SoftmaxValues
    Solver: SolverValues
    TanH: TanHValues
    Unpooling: UnpoolingValues
    V0Layer: V0LayerValues
    V1Layer: V1LayerValues
    Wiring: WiringValues

class TypedLayers(Layers):
    """``layers``: a method for each type of the bundled layers."""
    def __getattr__(self, type_name: str) -> Callable[..., Any]: ...
    def AbsVal(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Absolute value."
    def Accuracy(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., top_k: int = ..., axis: int = ...,
        ignore_label: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Share of the items whose label is among the \"top_k\" highest scores."
    def AnnotatedData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ..., scale: float = ...,
        mean_file: str = ..., crop_size: int = ..., mirror: bool = ..., force_encoded_color: bool = ...,
        prefetch: int = ..., enable_random_selection: bool = ..., mean_value: float | Sequence[float] = ...,
        force_color: bool = ..., force_gray: bool = ..., emit_constraint: Fields = ..., crop_h: int = ...,
        crop_w: int = ..., label_mapping: Fields = ..., color_order: int | Literal["RGB", "BGR"] = ...,
        crop_height: int = ..., crop_width: int = ..., scale_factors: float | Sequence[float] = ...,
        batch_sampler: Fields | Sequence[Fields] = ..., label_map_file: str = ...,
        anno_type: int | Literal["BBOX"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Reads images and the boxes of their objects from an LMDB database of AnnotatedDatum messages."
    def ArgMax(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., out_max_val: bool = ..., top_k: int = ...,
        axis: int = ..., operation: int | Literal["MAX", "MIN"] = ..., enable_cuda_impl: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Finds the \"top_k\" (default 1) largest values and their indices, largest first."
    def Axpy(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Weights the channels of one blob and adds another: y = a x + b, as squeeze-and-excitation nets do."
    def BatchNorm(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., use_global_stats: bool = ...,
        moving_average_fraction: float = ..., eps: float = ..., scale_bias: bool = ..., scale_filler: Fields = ...,
        bias_filler: Fields = ..., engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Normalises each channel (axis 1) to mean 0 and variance 1."
    def BatchReindex(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Picks items of the batch by index, in any order and with repetitions."
    def Bias(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., num_axes: int = ...,
        filler: Fields = ..., **layer_parameter: Any
    ) -> Tops:
        "Adds a bias, learned or from a second bottom."
    def BitStreamData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., batch_size: int = ..., streams: int = ...,
        seed: int = ..., dense: bool = ..., shuffle: bool = ..., pad_front: bool = ..., source: str = ...,
        rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ..., scale: float = ...,
        mean_file: str = ..., crop_size: int = ..., mirror: bool = ..., force_encoded_color: bool = ...,
        prefetch: int = ..., enable_random_selection: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Streams of 2 to 31 random bits whose label is the parity of their ones: the CfC paper's XOR task."
    def BN(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., scale_filler: Fields = ...,
        shift_filler: Fields = ..., bn_mode: int | Literal["LEARN", "INFERENCE"] = ..., slope_filler: Fields = ...,
        bias_filler: Fields = ..., momentum: float = ..., eps: float = ..., frozen: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., var_eps: float = ..., decay: float = ...,
        moving_average: bool = ..., axis: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Batch normalisation as SegNet, PSPNet, DeepLab and others have it: with a factor and an addend for each channel."
    def BNLL(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Binomial normal log likelihood, the same function as SoftPlus."
    def BoxAnnotatorOHEM(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., roi_per_img: int = ..., ignore_label: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Keeps the labels and weights of the regions with the largest losses (R-FCN's online hard example mining)."
    def CenterLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ...,
        center_filler: Fields = ..., axis: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Pulls the features of each class to their center (Wen et al. 2016)."
    def CFC(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., cell_type: int | Literal["CFC", "LTC"] = ...,
        input_features: int = ..., hidden_size: int = ..., output_features: int = ..., return_sequences: bool = ...,
        use_mixed: bool = ..., initial_state: bool = ...,
        time: int | Literal["AS_GIVEN", "SPANS", "ABSOLUTE"] = ..., first_span: float = ..., no_gate: bool = ...,
        minimal: bool = ..., input_size: int = ..., backbone_units: int = ..., backbone_layers: int = ...,
        backbone_dropout_ratio: float = ...,
        backbone_activation: int | Literal["SILU", "RELU", "TANH", "GELU", "LECUN"] = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ..., ode_unfolds: int = ..., epsilon: float = ...,
        gleak_init_min: float = ..., gleak_init_max: float = ..., vleak_init_min: float = ...,
        vleak_init_max: float = ..., cm_init_min: float = ..., cm_init_max: float = ..., w_init_min: float = ...,
        w_init_max: float = ..., sigma_init_min: float = ..., sigma_init_max: float = ..., mu_init_min: float = ...,
        mu_init_max: float = ..., sensory_w_init_min: float = ..., sensory_w_init_max: float = ...,
        sensory_sigma_init_min: float = ..., sensory_sigma_init_max: float = ..., sensory_mu_init_min: float = ...,
        sensory_mu_init_max: float = ..., form: int | Literal["AUTHORS", "NCPS"] = ...,
        positivity: int | Literal["NONE", "SOFTPLUS", "CLIP"] = ...,
        type: int | Literal["FULLY_CONNECTED", "RANDOM", "NCP", "AUTO_NCP"] = ..., motor_neurons: int = ...,
        sparsity_level: float = ..., seed: int = ..., self_connections: bool = ..., inter_neurons: int = ...,
        command_neurons: int = ..., sensory_fanout: int = ..., inter_fanout: int = ...,
        recurrent_command_synapses: int = ..., motor_fanin: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Runs a liquid cell over a sequence and reads out the state after the last observed step, or after every step."
    def CFC_UNIT(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., no_gate: bool = ..., minimal: bool = ...,
        input_size: int = ..., hidden_size: int = ..., backbone_units: int = ..., backbone_layers: int = ...,
        backbone_dropout_ratio: float = ...,
        backbone_activation: int | Literal["SILU", "RELU", "TANH", "GELU", "LECUN"] = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        type: int | Literal["FULLY_CONNECTED", "RANDOM", "NCP", "AUTO_NCP"] = ..., motor_neurons: int = ...,
        sparsity_level: float = ..., seed: int = ..., self_connections: bool = ..., inter_neurons: int = ...,
        command_neurons: int = ..., sensory_fanout: int = ..., inter_fanout: int = ...,
        recurrent_command_synapses: int = ..., motor_fanin: int = ..., **layer_parameter: Any
    ) -> Tops:
        "h' = cell(x, h, ts): one step, so that a net can be wired cell by cell."
    def Clip(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., min: float = ..., max: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Keeps values within bounds."
    def Concat(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., concat_dim: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Joins blobs along one axis."
    def ContrastiveLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., margin: float = ..., legacy_version: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Pulls similar pairs together, and pushes dissimilar ones apart."
    def Convolution(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., hole: int = ..., hole_h: int = ...,
        hole_w: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Correlates images with learned kernels: y = W * x + b; the kernels are not flipped."
    def ConvolutionDepthwise(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., hole: int = ..., hole_h: int = ...,
        hole_w: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Convolution in which each channel has a kernel of its own: y = W * x + b."
    def Correlation(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., pad: int = ..., kernel_size: int = ...,
        max_displacement: int = ..., stride_1: int = ..., stride_2: int = ..., do_abs: bool = ...,
        single_direction: int = ..., correlation_type: int | Literal["MULTIPLY", "SUBTRACT"] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Compares the patches of two images, the second one displaced: FlowNet's."
    def Correlation1D(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., pad: int = ..., kernel_size: int = ...,
        max_displacement: int = ..., stride_1: int = ..., stride_2: int = ..., do_abs: bool = ...,
        single_direction: int = ..., correlation_type: int | Literal["MULTIPLY", "SUBTRACT"] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Compares the patches of two images, the second one displaced along the rows: DispNet's."
    def CosinAddm(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., m: float = ..., transform_test: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Adds a margin to the angle between each item and its class, for ArcFace (Deng et al. 2019)."
    def CReLU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., negative_slope: float = ...,
        concat_axis: int = ..., **layer_parameter: Any
    ) -> Tops:
        "ReLU of x and of -x, one after the other along an axis (Shang et al. 2016)."
    def Crop(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ...,
        offset: int | Sequence[int] = ..., **layer_parameter: Any
    ) -> Tops:
        "Crops a blob to the size of another."
    def Data(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ..., scale: float = ...,
        mean_file: str = ..., crop_size: int = ..., mirror: bool = ..., force_encoded_color: bool = ...,
        prefetch: int = ..., enable_random_selection: bool = ..., mean_value: float | Sequence[float] = ...,
        force_color: bool = ..., force_gray: bool = ..., emit_constraint: Fields = ..., crop_h: int = ...,
        crop_w: int = ..., label_mapping: Fields = ..., color_order: int | Literal["RGB", "BGR"] = ...,
        crop_height: int = ..., crop_width: int = ..., scale_factors: float | Sequence[float] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reads the records of an LMDB database of Datum messages, in key order and cyclically."
    def Deconvolution(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., hole: int = ..., hole_h: int = ...,
        hole_w: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Transposed convolution: each element of x adds a kernel to y, and b."
    def DenseImageData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., shuffle: bool = ..., new_height: int = ..., new_width: int = ...,
        is_color: bool = ..., mean_file: str = ..., root_folder: str = ..., mirror: bool = ...,
        crop_height: int = ..., crop_width: int = ..., scale: float = ..., crop_size: int = ...,
        mean_value: float | Sequence[float] = ..., force_color: bool = ..., force_gray: bool = ...,
        emit_constraint: Fields = ..., crop_h: int = ..., crop_w: int = ..., label_mapping: Fields = ...,
        color_order: int | Literal["RGB", "BGR"] = ..., scale_factors: float | Sequence[float] = ...,
        backend: int | Literal["LEVELDB", "LMDB"] = ..., force_encoded_color: bool = ..., prefetch: int = ...,
        enable_random_selection: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Reads images and images of their pixels' classes: two paths on each line of \"dense_image_data_param.source\"."
    def DepthwiseConvolution(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., hole: int = ..., hole_h: int = ...,
        hole_w: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Convolution for \"group\" equal to the number of channels: y = W * x + b."
    def DetectionEvaluate(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_classes: int = ...,
        background_label_id: int = ..., overlap_threshold: float = ..., evaluate_difficult_gt: bool = ...,
        name_size_file: str = ..., **layer_parameter: Any
    ) -> Tops:
        "Which of the detected boxes are right, by SSD's rules; a test's mean average precision is made of it."
    def DetectionOutput(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_classes: int = ...,
        share_location: bool = ..., background_label_id: int = ...,
        code_type: int | Literal["CORNER", "CENTER_SIZE", "CORNER_SIZE"] = ..., keep_top_k: int = ...,
        variance_encoded_in_target: bool = ..., confidence_threshold: float = ..., visualize: bool = ...,
        visualize_threshold: float = ..., save_file: str = ..., **layer_parameter: Any
    ) -> Tops:
        "What SSD has found: for each class the boxes with the highest scores that do not overlap a better one."
    def Dropout(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., dropout_ratio: float = ..., active: bool = ...,
        scale_train: bool = ..., sample_weights_test: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Drops elements at random during training."
    def DummyData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., data_filler: Fields | Sequence[Fields] = ...,
        shape: Fields | Sequence[Fields] = ..., num: int | Sequence[int] = ..., channels: int | Sequence[int] = ...,
        height: int | Sequence[int] = ..., width: int | Sequence[int] = ..., **layer_parameter: Any
    ) -> Tops:
        "Generates data with fillers, to try a net without a data set."
    def Eltwise(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        operation: int | Literal["PROD", "SUM", "MAX"] = ..., coeff: float | Sequence[float] = ...,
        stable_prod_grad: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Combines blobs of one shape, element by element."
    def ELU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., alpha: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Exponential linear unit."
    def Embed(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., input_dim: int = ...,
        bias_term: bool = ..., weight_filler: Fields = ..., bias_filler: Fields = ...,
        backward_compute_type: int | Literal["ACCUMULATE", "FAST"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Looks up a learned vector for each index: y = W[x] + b."
    def EuclideanLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Half the mean, over the batch, of the squared distance."
    def Exp(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., base: float = ..., scale: float = ...,
        shift: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Exponential function of any base."
    def Filter(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Keeps some items of the batch."
    def Flatten(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., end_axis: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Merges the axes \"axis\" to \"end_axis\" (inclusive; default: all but the first) into one."
    def FocalLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        type: int | Literal["ORIGIN", "LINEAR", "ONEADDP"] = ..., gamma: float = ..., alpha: float = ...,
        beta: float = ..., axis: int = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy in which items that are already right count little (Lin et al. 2017)."
    def FORECAST(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., distances: int = ..., outputs: int = ...,
        features: int = ..., columns: int = ..., settings: str = ..., fit_size: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Adds a net's correction to a baseline's forecast, weighted by how many rows ahead it looks."
    def Gather(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Picks slices along one axis by index, in any order and with repetitions."
    def GELU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., enable_bert_version: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Gaussian error linear unit."
    def HardSigmoid(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., alpha: float = ..., beta: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Piecewise linear form of the logistic function, with its slope and offset as settings."
    def HDF5Data(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        shuffle: bool = ..., rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ...,
        scale: float = ..., mean_file: str = ..., crop_size: int = ..., mirror: bool = ...,
        force_encoded_color: bool = ..., prefetch: int = ..., enable_random_selection: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reads rows of datasets from the HDF5 files listed in a text file, one path per line."
    def HDF5Output(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., file_name: str = ..., **layer_parameter: Any
    ) -> Tops:
        "Writes its bottoms into an HDF5 file, as datasets \"data\" and \"label\"."
    def HingeLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., norm: int | Literal["L1", "L2"] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "One-against-all hinge loss of scores against class labels."
    def HSigmoid(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Piecewise linear form of the logistic function, of MobileNet V3 (Howard et al. 2019)."
    def HSwish(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Piecewise form of Swish, of MobileNet V3 (Howard et al. 2019)."
    def Im2col(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., hole: int = ..., hole_h: int = ...,
        hole_w: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Unfolds the windows of images to the columns that a convolution multiplies by its kernels."
    def ImageData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., shuffle: bool = ..., new_height: int = ..., new_width: int = ...,
        is_color: bool = ..., scale: float = ..., mean_file: str = ..., crop_size: int = ..., mirror: bool = ...,
        root_folder: str = ..., label_type: int | Literal["NONE", "IMAGE", "PIXEL"] = ..., ignore_label: int = ...,
        mean_value: float | Sequence[float] = ..., force_color: bool = ..., force_gray: bool = ...,
        emit_constraint: Fields = ..., crop_h: int = ..., crop_w: int = ..., label_mapping: Fields = ...,
        color_order: int | Literal["RGB", "BGR"] = ..., crop_height: int = ..., crop_width: int = ...,
        scale_factors: float | Sequence[float] = ..., backend: int | Literal["LEVELDB", "LMDB"] = ...,
        force_encoded_color: bool = ..., prefetch: int = ..., enable_random_selection: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reads image files and labels listed in a text file: a path, a space and a label per line."
    def ImageLabelmapData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., shuffle: bool = ..., new_height: int = ..., new_width: int = ...,
        is_color: bool = ..., scale: float = ..., mean_file: str = ..., crop_size: int = ..., mirror: bool = ...,
        root_folder: str = ..., label_type: int | Literal["NONE", "IMAGE", "PIXEL"] = ..., ignore_label: int = ...,
        mean_value: float | Sequence[float] = ..., force_color: bool = ..., force_gray: bool = ...,
        emit_constraint: Fields = ..., crop_h: int = ..., crop_w: int = ..., label_mapping: Fields = ...,
        color_order: int | Literal["RGB", "BGR"] = ..., crop_height: int = ..., crop_width: int = ...,
        scale_factors: float | Sequence[float] = ..., backend: int | Literal["LEVELDB", "LMDB"] = ...,
        force_encoded_color: bool = ..., prefetch: int = ..., enable_random_selection: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reads images and maps of their edges: two paths on each line of \"image_data_param.source\"."
    def ImageSegData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., shuffle: bool = ..., new_height: int = ..., new_width: int = ...,
        is_color: bool = ..., scale: float = ..., mean_file: str = ..., crop_size: int = ..., mirror: bool = ...,
        root_folder: str = ..., label_type: int | Literal["NONE", "IMAGE", "PIXEL"] = ..., ignore_label: int = ...,
        mean_value: float | Sequence[float] = ..., force_color: bool = ..., force_gray: bool = ...,
        emit_constraint: Fields = ..., crop_h: int = ..., crop_w: int = ..., label_mapping: Fields = ...,
        color_order: int | Literal["RGB", "BGR"] = ..., crop_height: int = ..., crop_width: int = ...,
        scale_factors: float | Sequence[float] = ..., backend: int | Literal["LEVELDB", "LMDB"] = ...,
        force_encoded_color: bool = ..., prefetch: int = ..., enable_random_selection: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reads images and the classes of their pixels: two words on each line of \"image_data_param.source\"."
    def ImResize(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., target_spatial_width: int = ...,
        target_spatial_height: int = ..., factor: float = ..., start_scale: float = ..., scale_gap: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Maps of one image at several scales, resized by cubic interpolation and averaged (OpenPose)."
    def InfogainLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., axis: int = ...,
        ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of scores, each pair of label and class weighted by a matrix H."
    def InnerProduct(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ..., axis: int = ..., transpose: bool = ...,
        min_top_axes: int = ..., normalize: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Fully connected layer: y = x W^T + b."
    def Input(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., shape: Fields | Sequence[Fields] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Input blobs, filled by the user, a gym or a trainer."
    def Interp(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., height: int = ..., width: int = ...,
        zoom_factor: int = ..., shrink_factor: int = ..., pad_beg: int = ..., pad_end: int = ...,
        interp_type: str = ..., **layer_parameter: Any
    ) -> Tops:
        "Resizes images by bilinear interpolation whose corners are those of the image: DeepLab's and PSPNet's."
    def L1Loss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., l2_per_location: bool = ...,
        l2_prescale_by_channels: bool = ..., normalize_by_num_entries: bool = ..., epsilon: float = ...,
        plateau: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Absolute error, or the length of the error at each place, as FlowNet learns flow (Dosovitskiy et al. 2015)."
    def LabelSpecificAdd(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., bias: float = ..., transform_test: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Adds a margin to the score of each item's class, for AM-Softmax (Wang et al. 2018) and CosFace."
    def LayerNorm(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., epsilon: float = ...,
        enable_passthrough: bool = ..., enable_cuda_impl: bool = ..., eps: float = ...,
        elementwise_affine: bool = ..., axis: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Normalises each item, or each step of it, to mean 0 and variance 1 (Ba et al. 2016)."
    def LeCun(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Scaled tanh, in the form used by CfC networks."
    def Log(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., base: float = ..., scale: float = ...,
        shift: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Logarithm to any base."
    def LRN(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., local_size: int = ..., alpha: float = ...,
        beta: float = ..., norm_region: int | Literal["ACROSS_CHANNELS", "WITHIN_CHANNEL"] = ..., k: float = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Local response normalisation: divides each element by a power of the mean square around it."
    def LSTM(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ..., debug_info: bool = ..., expose_hidden: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Long short-term memory over sequences; time is the first axis."
    def LSTMUnit(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "One step of an LSTM, given the sums of its gates."
    def LTC_UNIT(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., input_size: int = ..., hidden_size: int = ...,
        ode_unfolds: int = ..., epsilon: float = ..., gleak_init_min: float = ..., gleak_init_max: float = ...,
        vleak_init_min: float = ..., vleak_init_max: float = ..., cm_init_min: float = ...,
        cm_init_max: float = ..., w_init_min: float = ..., w_init_max: float = ..., sigma_init_min: float = ...,
        sigma_init_max: float = ..., mu_init_min: float = ..., mu_init_max: float = ...,
        sensory_w_init_min: float = ..., sensory_w_init_max: float = ..., sensory_sigma_init_min: float = ...,
        sensory_sigma_init_max: float = ..., sensory_mu_init_min: float = ..., sensory_mu_init_max: float = ...,
        form: int | Literal["AUTHORS", "NCPS"] = ..., positivity: int | Literal["NONE", "SOFTPLUS", "CLIP"] = ...,
        type: int | Literal["FULLY_CONNECTED", "RANDOM", "NCP", "AUTO_NCP"] = ..., motor_neurons: int = ...,
        sparsity_level: float = ..., seed: int = ..., self_connections: bool = ..., inter_neurons: int = ...,
        command_neurons: int = ..., sensory_fanout: int = ..., inter_fanout: int = ...,
        recurrent_command_synapses: int = ..., motor_fanin: int = ..., **layer_parameter: Any
    ) -> Tops:
        "h' = cell(x, h, ts): one step, so that a net can be wired cell by cell."
    def MarginInnerProduct(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ...,
        type: int | Literal["SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"] = ..., weight_filler: Fields = ...,
        axis: int = ..., base: float = ..., gamma: float = ..., power: float = ..., iteration: int = ...,
        lambda_min: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Product with unit weights, and a multiplied angle for each item's own class: SphereFace (Liu et al. 2017)."
    def MEAN_ERROR_LOSS(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ...,
        mean_error_type: int | Literal["MSE", "MAE"] = ..., skip_missing: bool = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Mean absolute or mean squared error."
    def MemoryData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., batch_size: int = ..., channels: int = ...,
        height: int = ..., width: int = ..., scale: float = ..., mirror: bool = ..., crop_size: int = ...,
        mean_file: str = ..., mean_value: float | Sequence[float] = ..., force_color: bool = ...,
        force_gray: bool = ..., emit_constraint: Fields = ..., crop_h: int = ..., crop_w: int = ...,
        label_mapping: Fields = ..., color_order: int | Literal["RGB", "BGR"] = ..., crop_height: int = ...,
        crop_width: int = ..., scale_factors: float | Sequence[float] = ..., **layer_parameter: Any
    ) -> Tops:
        "Delivers arrays passed by the program, batch by batch and cyclically."
    def MemoryLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "A loss whose value and gradients a function returns: that of a trainer, or of one's own code."
    def Mish(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., threshold: float = ..., method: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Self-gated unit with a tanh."
    def MultiBoxLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        loc_loss_type: int | Literal["L2", "SMOOTH_L1"] = ...,
        conf_loss_type: int | Literal["SOFTMAX", "LOGISTIC"] = ..., loc_weight: float = ..., num_classes: int = ...,
        share_location: bool = ..., match_type: int | Literal["BIPARTITE", "PER_PREDICTION"] = ...,
        overlap_threshold: float = ..., use_prior_for_matching: bool = ..., background_label_id: int = ...,
        use_difficult_gt: bool = ..., do_neg_mining: bool = ..., neg_pos_ratio: float = ...,
        neg_overlap: float = ..., code_type: int | Literal["CORNER", "CENTER_SIZE", "CORNER_SIZE"] = ...,
        encode_variance_in_target: bool = ..., map_object_to_agnostic: bool = ...,
        ignore_cross_boundary_bbox: bool = ..., bp_inside: bool = ...,
        mining_type: int | Literal["NONE", "MAX_NEGATIVE", "HARD_EXAMPLE"] = ..., sample_size: int = ...,
        use_prior_for_nms: bool = ..., ignore_corss_boundary_bbox: bool = ..., use_gpu: bool = ...,
        ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "SSD's loss: of the boxes of priors with an object, and of the classes of these and of the worst others."
    def MultinomialLogisticLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of probabilities against class labels."
    def MVN(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., normalize_variance: bool = ...,
        across_channels: bool = ..., eps: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Mean and variance normalisation of each item's channels."
    def NLLLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Negative log-likelihood of class labels, from logarithms of probabilities."
    def Nms(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., threshold: float = ..., num_peak: int = ...,
        max_peaks: int = ..., num_parts: int = ..., **layer_parameter: Any
    ) -> Tops:
        "The peaks of heat maps, at more than whole places (OpenPose)."
    def Normalization2(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., across_spatial: bool = ...,
        scale_filler: Fields = ..., channel_shared: bool = ..., eps: float = ..., esp: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Normalize under MyCaffe's name; without settings it has one scale and one norm for each item."
    def Normalize(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., across_spatial: bool = ...,
        scale_filler: Fields = ..., channel_shared: bool = ..., eps: float = ..., esp: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Divides by the Euclidean norm and multiplies by learned scales."
    def Parameter(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., shape: Fields = ..., **layer_parameter: Any
    ) -> Tops:
        "A learnable blob that other layers read as a bottom."
    def Permute(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., order: int | Sequence[int] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Permutes the axes, as Transpose does, with a list that may be incomplete."
    def PINBALL_LOSS(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., quantile: float | Sequence[float] = ...,
        skip_missing: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Loss of quantiles: trains predictions below which given shares of the targets lie."
    def Pooling(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        pool: int | Literal["MAX", "AVE", "STOCHASTIC"] = ..., pad: int = ..., pad_h: int = ..., pad_w: int = ...,
        kernel_size: int = ..., kernel_h: int = ..., kernel_w: int = ..., stride: int = ..., stride_h: int = ...,
        stride_w: int = ..., engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., global_pooling: bool = ...,
        round_mode: int | Literal["CEIL", "FLOOR"] = ..., ceil_mode: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Reduces each window of an image to its maximum, its average, or a randomly drawn value."
    def Power(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., power: float = ..., scale: float = ...,
        shift: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Power of a linear function; with power 1 it scales and shifts."
    def PReLU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., filler: Fields = ...,
        channel_shared: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Rectified linear unit whose slopes for negative values are learned."
    def PriorBox(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., min_size: float | Sequence[float] = ...,
        max_size: float | Sequence[float] = ..., aspect_ratio: float | Sequence[float] = ..., flip: bool = ...,
        clip: bool = ..., variance: float | Sequence[float] = ..., img_size: int = ..., img_h: int = ...,
        img_w: int = ..., step: float = ..., step_h: float = ..., step_w: float = ..., offset: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Boxes of several sizes and shapes around each place of a map, from which SSD's boxes are predicted."
    def Proposal(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., feat_stride: int = ..., base_size: int = ...,
        min_size: int = ..., ratio: float | Sequence[float] = ..., scale: float | Sequence[float] = ...,
        pre_nms_topn: int = ..., post_nms_topn: int = ..., nms_thresh: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Regions from the scores and deltas of a region proposal net (the C++ form of PVANet and OpenVINO's Caffe)."
    def PSROIPooling(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., spatial_scale: float = ...,
        output_dim: int = ..., group_size: int = ..., **layer_parameter: Any
    ) -> Tops:
        "The average of each bin of each region, from maps of its own for each position (R-FCN)."
    def Python(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., module: str = ..., layer: str = ...,
        param_str: str = ..., share_in_parallel: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Runs a user-defined class written for pycaffe; \"python_param\" names its module and the class."
    def Reduction(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        operation: int | Literal["SUM", "ASUM", "SUMSQ", "MEAN"] = ..., axis: int = ..., coeff: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reduces all axes from \"axis\" (default 0) on to one value."
    def ReLU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., negative_slope: float = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Rectified linear unit, leaky with \"negative_slope\"."
    def ReLU6(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., n: float = ..., negative_slope: float = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Rectified linear unit with an upper bound, of MobileNet V2."
    def Reorg(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., stride: int = ..., reverse: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Turns blocks of s x s cells into channels, in the order that Darknet's layer has; s = \"stride\"."
    def Reshape(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., shape: Fields = ..., axis: int = ...,
        num_axes: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Changes the shape, without moving data."
    def Reverse(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., keep_first: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Reverses a blob along one axis, such as the steps of sequences."
    def RNN(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ..., debug_info: bool = ..., expose_hidden: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Simple recurrent net over sequences; time is the first axis."
    def ROIAlign(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., pooled_h: int = ..., pooled_w: int = ...,
        spatial_scale: float = ..., sampling_ratio: int = ..., pad_ratio: float = ..., **layer_parameter: Any
    ) -> Tops:
        "The average of interpolated samples of each bin of each region, without rounding (Mask R-CNN)."
    def ROIPooling(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., pooled_h: int = ..., pooled_w: int = ...,
        spatial_scale: float = ..., pad_ratio: float = ..., **layer_parameter: Any
    ) -> Tops:
        "The maximum of each bin of each region (Fast R-CNN)."
    def Scale(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., num_axes: int = ...,
        filler: Fields = ..., bias_term: bool = ..., bias_filler: Fields = ..., **layer_parameter: Any
    ) -> Tops:
        "Multiplies by a factor, learned or from a second bottom, and may add a learned bias."
    def SegAccuracy(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        metric: int | Literal["PixelAccuracy", "ClassAccuracy", "PixelIOU"] = ...,
        ignore_label: int | Sequence[int] = ..., reset: bool = ..., output_label: int | Sequence[int] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Figures of a segmentation: share of right pixels, mean over the classes, intersection over union."
    def SeLU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., alpha: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Scaled exponential linear unit, which keeps mean and variance of its inputs (Klambauer et al. 2017)."
    def Serf(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., threshold: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Self-gated unit with the error function."
    def ShuffleChannel(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., group: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Mixes the channels of groups: the first of each group comes first, then the second of each."
    def Sigmoid(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Logistic function."
    def SigmoidCrossEntropyLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of independent binary predictions: a sigmoid and its logarithm."
    def Silence(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Consumes blobs that nothing else uses, so that they are not outputs of the net."
    def SiLU(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Sigmoid-weighted linear unit."
    def Slice(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ...,
        slice_point: int | Sequence[int] = ..., slice_dim: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Splits a blob into parts along one axis."
    def SmoothL1Loss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., sigma: float = ..., **layer_parameter: Any
    ) -> Tops:
        "The sum of smooth L1 distances over the number of items (Fast R-CNN)."
    def SmoothL1LossOHEM(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Smooth L1 distances, their sum over a divisor and that of each place (R-FCN)."
    def Softmax(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ...,
        algorithm: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        algorithm_train: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        pos_mult: float | Sequence[float] = ..., pos_cid: int | Sequence[int] = ..., **layer_parameter: Any
    ) -> Tops:
        "Converts scores to probabilities, along one axis."
    def SoftmaxWithLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ...,
        algorithm: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        algorithm_train: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        pos_mult: float | Sequence[float] = ..., pos_cid: int | Sequence[int] = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of scores against class labels: a softmax and its logarithm."
    def SoftmaxWithLossOHEM(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ...,
        algorithm: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        algorithm_train: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        pos_mult: float | Sequence[float] = ..., pos_cid: int | Sequence[int] = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "SoftmaxWithLoss with one more top, the loss of each item (R-FCN)."
    def SoftPlus(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Smooth form of ReLU."
    def SpatialTransformer(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., transform_type: str = ...,
        sampler_type: str = ..., output_H: int = ..., output_W: int = ..., to_compute_dU: bool = ...,
        theta_1_1: float = ..., theta_1_2: float = ..., theta_1_3: float = ..., theta_2_1: float = ...,
        theta_2_2: float = ..., theta_2_3: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Samples images through an affine map that is predicted for each of them (Jaderberg et al. 2015)."
    def Split(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Passes one blob to several layers; inserted by the net automatically."
    def SPP(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., pyramid_height: int = ...,
        pool: int | Literal["MAX", "AVE", "STOCHASTIC"] = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Spatial pyramid pooling: the same number of values for images of any size."
    def Squeeze(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axes: int | Sequence[int] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Removes axes of size 1 from the shape."
    def Standardize(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., columns: int = ..., relative_columns: int = ...,
        inverse: bool = ..., settings: str = ..., **layer_parameter: Any
    ) -> Tops:
        "Scales columns of data to mean 0 and deviation 1, or back to their own units."
    def Swish(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., beta: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Sigmoid-weighted linear unit with a factor; SiLU is Swish with beta 1."
    def TanH(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Hyperbolic tangent."
    def Threshold(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., threshold: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Compares values with a threshold."
    def Tile(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., tiles: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Repeats a blob along one axis."
    def Transpose(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., dim: int | Sequence[int] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Permutes the axes."
    def TripletLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., margin: float = ..., alpha: float = ...,
        pregen_label_start: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Wants each anchor nearer to its positive than to its negative, by a margin (Schroff et al. 2015)."
    def Unpooling(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        unpool: int | Literal["MAX", "AVE", "TILE"] = ..., kernel_size: int = ..., stride: int = ...,
        pad: int = ..., kernel_h: int = ..., kernel_w: int = ..., stride_h: int = ..., stride_w: int = ...,
        pad_h: int = ..., pad_w: int = ..., engine: int | Literal["DEFAULT", "CAFFE"] = ..., unpool_size: int = ...,
        unpool_h: int = ..., unpool_w: int = ..., output_h: int = ..., output_w: int = ..., scale: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Puts each element of small images into a window of larger ones: DeconvNet's and FuseNet's forms."
    def Unsqueeze(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axes: int | Sequence[int] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Inserts axes of size 1 into the shape."
    def Upsample(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., scale: float = ..., scale_h: int = ...,
        scale_w: int = ..., pad_out_h: bool = ..., pad_out_w: bool = ..., upsample_h: int = ...,
        upsample_w: int = ..., stride: int = ..., stride_h: int = ..., stride_w: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Enlarges images: by the mask of a Pooling layer, or by repeating each element."
    def WeightedSoftmaxWithLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ...,
        algorithm: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        algorithm_train: int | Literal["FAST", "ACCURATE", "LOG", "DEFAULT"] = ...,
        pos_mult: float | Sequence[float] = ..., pos_cid: int | Sequence[int] = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED"] = ...,
        normalize: bool = ..., pre_fixed_normalizer: float = ..., weight_by_label_freqs: bool = ...,
        class_weighting: float | Sequence[float] = ..., class_balanced: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "SoftmaxWithLoss whose items have weights, from a bottom or from their classes."
    def WindowData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., scale: float = ...,
        mean_file: str = ..., batch_size: int = ..., crop_size: int = ..., mirror: bool = ...,
        fg_threshold: float = ..., bg_threshold: float = ..., fg_fraction: float = ..., context_pad: int = ...,
        crop_mode: str = ..., cache_images: bool = ..., root_folder: str = ...,
        mean_value: float | Sequence[float] = ..., force_color: bool = ..., force_gray: bool = ...,
        emit_constraint: Fields = ..., crop_h: int = ..., crop_w: int = ..., label_mapping: Fields = ...,
        color_order: int | Literal["RGB", "BGR"] = ..., crop_height: int = ..., crop_width: int = ...,
        scale_factors: float | Sequence[float] = ..., rand_skip: int = ...,
        backend: int | Literal["LEVELDB", "LMDB"] = ..., force_encoded_color: bool = ..., prefetch: int = ...,
        enable_random_selection: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Draws random windows of images, some with an object and some without: R-CNN's input."
