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

class LtcUnitValues:
    AUTHORS: int
    NCPS: int
    NONE: int
    SOFTPLUS: int
    CLIP: int

class MeanErrorLossValues:
    MSE: int
    MAE: int

class PoolingValues:
    MAX: int
    AVE: int
    STOCHASTIC: int
    DEFAULT: int
    CAFFE: int
    CUDNN: int
    CEIL: int
    FLOOR: int

class ReLUValues:
    DEFAULT: int
    CAFFE: int
    CUDNN: int

class ReductionValues:
    SUM: int
    ASUM: int
    SUMSQ: int
    MEAN: int

class SPPValues:
    MAX: int
    AVE: int
    STOCHASTIC: int
    DEFAULT: int
    CAFFE: int
    CUDNN: int

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
    Cfc: CfcValues
    CfcUnit: CfcUnitValues
    Convolution: ConvolutionValues
    Curve: CurveValues
    Data: DataValues
    Eltwise: EltwiseValues
    Filler: FillerValues
    HingeLoss: HingeLossValues
    LRN: LRNValues
    Loss: LossValues
    LtcUnit: LtcUnitValues
    MeanErrorLoss: MeanErrorLossValues
    Pooling: PoolingValues
    ReLU: ReLUValues
    Reduction: ReductionValues
    SPP: SPPValues
    Series: SeriesValues
    Sigmoid: SigmoidValues
    Softmax: SoftmaxValues
    Solver: SolverValues
    TanH: TanHValues
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
    def ArgMax(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., out_max_val: bool = ..., top_k: int = ...,
        axis: int = ..., operation: int | Literal["MAX", "MIN"] = ..., enable_cuda_impl: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Finds the \"top_k\" (default 1) largest values and their indices, largest first."
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
        prefetch: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Streams of 2 to 31 random bits whose label is the parity of their ones: the CfC paper's XOR task."
    def BNLL(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Binomial normal log likelihood, the same function as SoftPlus."
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
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Correlates images with learned kernels: y = W * x + b; the kernels are not flipped."
    def Crop(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ...,
        offset: int | Sequence[int] = ..., **layer_parameter: Any
    ) -> Tops:
        "Crops a blob to the size of another."
    def Data(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ..., scale: float = ...,
        mean_file: str = ..., crop_size: int = ..., mirror: bool = ..., force_encoded_color: bool = ...,
        prefetch: int = ..., mean_value: float | Sequence[float] = ..., force_color: bool = ...,
        force_gray: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Reads the records of an LMDB database of Datum messages, in key order and cyclically."
    def Deconvolution(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Transposed convolution: each element of x adds a kernel to y, and b."
    def Dropout(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., dropout_ratio: float = ..., active: bool = ...,
        **layer_parameter: Any
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
    def HDF5Data(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        shuffle: bool = ..., rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ...,
        scale: float = ..., mean_file: str = ..., crop_size: int = ..., mirror: bool = ...,
        force_encoded_color: bool = ..., prefetch: int = ..., **layer_parameter: Any
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
    def Im2col(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        pad: int | Sequence[int] = ..., kernel_size: int | Sequence[int] = ..., stride: int | Sequence[int] = ...,
        dilation: int | Sequence[int] = ..., pad_h: int = ..., pad_w: int = ..., kernel_h: int = ...,
        kernel_w: int = ..., stride_h: int = ..., stride_w: int = ..., group: int = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., force_nd_im2col: bool = ...,
        cudnn_workspace_limit: int = ..., cudnn_enable_tensor_cores: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Unfolds the windows of images to the columns that a convolution multiplies by its kernels."
    def ImageData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., batch_size: int = ...,
        rand_skip: int = ..., shuffle: bool = ..., new_height: int = ..., new_width: int = ...,
        is_color: bool = ..., scale: float = ..., mean_file: str = ..., crop_size: int = ..., mirror: bool = ...,
        root_folder: str = ..., mean_value: float | Sequence[float] = ..., force_color: bool = ...,
        force_gray: bool = ..., backend: int | Literal["LEVELDB", "LMDB"] = ..., force_encoded_color: bool = ...,
        prefetch: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Reads image files and labels listed in a text file: a path, a space and a label per line."
    def InfogainLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., axis: int = ...,
        ignore_label: int = ..., normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE"] = ...,
        normalize: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of scores, each pair of label and class weighted by a matrix H."
    def InnerProduct(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., num_output: int = ..., bias_term: bool = ...,
        weight_filler: Fields = ..., bias_filler: Fields = ..., axis: int = ..., transpose: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Fully connected layer: y = x W^T + b."
    def Input(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., shape: Fields | Sequence[Fields] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Input blobs, filled by the user, a gym or a trainer."
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
    def MEAN_ERROR_LOSS(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ...,
        mean_error_type: int | Literal["MSE", "MAE"] = ..., skip_missing: bool = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE"] = ..., normalize: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Mean absolute or mean squared error."
    def MemoryData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., batch_size: int = ..., channels: int = ...,
        height: int = ..., width: int = ..., scale: float = ..., mirror: bool = ..., crop_size: int = ...,
        mean_file: str = ..., mean_value: float | Sequence[float] = ..., force_color: bool = ...,
        force_gray: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Delivers arrays passed by the program, batch by batch and cyclically."
    def Mish(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., threshold: float = ..., method: int = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Self-gated unit with a tanh."
    def MultinomialLogisticLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of probabilities against class labels."
    def MVN(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., normalize_variance: bool = ...,
        across_channels: bool = ..., eps: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Mean and variance normalisation of each item's channels."
    def Parameter(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., shape: Fields = ..., **layer_parameter: Any
    ) -> Tops:
        "A learnable blob that other layers read as a bottom."
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
        round_mode: int | Literal["CEIL", "FLOOR"] = ..., **layer_parameter: Any
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
    def Scale(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axis: int = ..., num_axes: int = ...,
        filler: Fields = ..., bias_term: bool = ..., bias_filler: Fields = ..., **layer_parameter: Any
    ) -> Tops:
        "Multiplies by a factor, learned or from a second bottom, and may add a learned bias."
    def Serf(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., threshold: float = ..., **layer_parameter: Any
    ) -> Tops:
        "Self-gated unit with the error function."
    def Sigmoid(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., **layer_parameter: Any
    ) -> Tops:
        "Logistic function."
    def SigmoidCrossEntropyLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE"] = ..., normalize: bool = ...,
        **layer_parameter: Any
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
    def Softmax(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Converts scores to probabilities, along one axis."
    def SoftmaxWithLoss(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ...,
        engine: int | Literal["DEFAULT", "CAFFE", "CUDNN"] = ..., axis: int = ..., ignore_label: int = ...,
        normalization: int | Literal["FULL", "VALID", "BATCH_SIZE", "NONE"] = ..., normalize: bool = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Cross entropy of scores against class labels: a softmax and its logarithm."
    def SoftPlus(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., **layer_parameter: Any
    ) -> Tops:
        "Smooth form of ReLU."
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
    def Unsqueeze(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., axes: int | Sequence[int] = ...,
        **layer_parameter: Any
    ) -> Tops:
        "Inserts axes of size 1 into the shape."
    def WindowData(
        self, *bottoms: Top, ntop: int = ..., in_place: bool = ..., source: str = ..., scale: float = ...,
        mean_file: str = ..., batch_size: int = ..., crop_size: int = ..., mirror: bool = ...,
        fg_threshold: float = ..., bg_threshold: float = ..., fg_fraction: float = ..., context_pad: int = ...,
        crop_mode: str = ..., cache_images: bool = ..., root_folder: str = ...,
        mean_value: float | Sequence[float] = ..., force_color: bool = ..., force_gray: bool = ...,
        rand_skip: int = ..., backend: int | Literal["LEVELDB", "LMDB"] = ..., force_encoded_color: bool = ...,
        prefetch: int = ..., **layer_parameter: Any
    ) -> Tops:
        "Draws random windows of images, some with an object and some without: R-CNN's input."
