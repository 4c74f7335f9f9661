"""Layer types of Caffe's forks that are not here: which fork each is of.

The names are those that the forks' sources register. A type that a plugin provides is never looked up.
"""

from __future__ import annotations

from typing import NamedTuple

from .words import folded


class Fork(NamedTuple):
    """A fork of Caffe: its name, and the repository on GitHub where its sources are."""

    name: str
    repository: str

    def __str__(self) -> str:
        return f"{self.name} (github.com/{self.repository})"


FLOWNET2 = Fork("FlowNet2", "lmb-freiburg/flownet2")
OPENPOSE = Fork("OpenPose", "CMU-Perceptual-Computing-Lab/openpose_caffe_train")
RTPOSE = Fork("OpenPose's first fork", "CMU-Perceptual-Computing-Lab/caffe_rtpose")
CRF_AS_RNN = Fork("CRF-as-RNN", "torrvision/crfasrnn")
DEEPLAB = Fork("DeepLab", "xmojiao/deeplab_v2")
CTC = Fork("the CTC and LSTM fork", "ChWick/caffe")
WARP_CTC = Fork("Baidu's warp-ctc in Caffe", "xmfbit/warpctc-caffe")
SSD = Fork("SSD", "weiliu89/caffe")
TSN = Fork("TSN", "yjxiong/caffe")
CTPN = Fork("CTPN", "tianzhi0549/CTPN")
COLORIZATION = Fork("colorization", "richzhang/colorization")
CAFFE_WINDOWS = Fork("NormFace's and caffe-windows' Caffe", "happynear/caffe-windows")
MSCNN = Fork("MS-CNN and Cascade R-CNN", "zhaoweicai/cascade-rcnn")
DHN = Fork("deep hashing", "thuml/DHN")
MNC = Fork("MNC", "daijifeng001/MNC")
FASTER_RCNN = Fork("py-faster-rcnn", "rbgirshick/py-faster-rcnn")
FCN = Fork("FCN", "shelhamer/fcn.berkeleyvision.org")
DEFORMABLE = Fork("deformable convolution", "unsky/Deformable-ConvNets-caffe")
XILINX = Fork("Xilinx (DeePhi)", "Xilinx/Vitis-AI")
MYCAFFE = Fork("MyCaffe", "MyCaffe/MyCaffe")
NVIDIA = Fork("NVIDIA", "NVIDIA/caffe")
INTEL = Fork("Intel", "intel/caffe")
OPENVINO = Fork("OpenVINO's model converter", "openvinotoolkit/openvino")
YOLO = Fork("YOLO in Caffe", "eric612/MobileNet-YOLO")
YOLO1 = Fork("YOLO v1 in Caffe", "yeahkun/caffe-yolo")
C3D = Fork("C3D", "facebookarchive/C3D")
VIDEO_CAFFE = Fork("video-caffe", "chuckcho/video-caffe")
ENET = Fork("ENet", "TimoSaemann/ENet")
LARGE_MARGIN = Fork("Large-Margin Softmax", "wy1iu/LargeMargin_Softmax_Loss")
COSFACE = Fork("AM-Softmax and CosFace", "happynear/caffe-windows")
LIFTED = Fork("lifted structure embedding", "rksltnl/Caffe-Deep-Metric-Learning-CVPR16")
NPAIR = Fork("N-pair loss in Caffe", "quziyan/NPairLoss")
CAPSULES = Fork("capsule nets in Caffe", "chenzhenhua986/CAFFE-CapsNet")
INFOGAN = Fork("InfoGAN in Caffe", "godisboy/caffe_InfoGAN")
LOCAL = Fork("Caffe with locally connected layers", "cherrm/caffe")
RISTRETTO = Fork("Ristretto", "pmgysel/caffe")

# Types, folded as the registry folds them.
_TYPES: dict[Fork, str] = {
    FLOWNET2: (
        "accum blackaugmentation channelnorm customdata dataaugmentation disparitydata downsample "
        "flowriter floatreader floatwriter flowaugmentation flowwarp generateaugmentationparameters imgreader "
        "imgwriter lpqloss negrelu pfmwriter resample"
    ),
    OPENPOSE: "opdata opvideo",
    RTPOSE: "cpmdata cpmbottomupdata cocodata",
    CRF_AS_RNN: "multistagemeanfield",
    DEEPLAB: "densecrf matread matwrite uniquelabel imagedimprefetch",
    CTC: "ctcloss ctcdecoder ctcgreedydecoder reversetime",
    WARP_CTC: "warpctcloss labelsequenceaccuracy",
    TSN: "videodata",
    COLORIZATION: "colorconv softmaxcrossentropyloss",
    CAFFE_WINDOWS: (
        "innerdistance generalcontrastiveloss generaltripletloss insanity softtruncation"
    ),
    MSCNN: (
        "boxoutput boxgroupoutput decodebbox detectiondata detectiongrouploss detectiongroupaccuracy proposaltarget "
        "bboxaccuracy"
    ),
    DHN: "multilabeldata quantizationloss",
    MNC: "roiwarping maskpooling maskresize",
    DEFORMABLE: "deformableconvolution deformablepsroipooling deformablepsroipool",
    XILINX: (
        "fixedneuron deephiresize gstiling tiling denseboxmapevaluation reshapelabel alignmentaccuracy pedata "
        "drivedata enhancedimagedata detectionoutputrefine detectionevaluaterefine multiboxlossrefine "
        "yoloevaldetection"
    ),
    MYCAFFE: (
        "causalselfattention multiheadattention transformerblock positionalencoder tokenizeddata tokenizeddatapairs "
        "tokenizeddatapairspy pretokenizeddata rmsnorm softmaxcrossentropy2loss glu grn gateaddnorm varselnet "
        "numerictrans categoricaltrans channelembedding multiheadattentioninterp reshapetemporal quantileloss "
        "quantileaccuracy sharpeloss sharpeaccuracy datatemporal nhitsblock nhitsstack revin gram tvloss scalar "
        "onehot attention lstmattention lstmsimple textdata modeldata datasequence decode accuracydecode "
        "accuracyencoding knn normalization1 accuracymape zscore bcewithlogitsloss pairwiseloss pairwiseaccuracy "
        "convolutionoctave spatialattention globresnorm gsl labelmapping datanormalizer debug"
    ),
    NVIDIA: "detectnettransformation",
    INTEL: "mnactivation mnparamgradcompress continuationindicator",
    OPENVINO: "simplernms regionyolo reorgyolo",
    YOLO: (
        "region regionloss yoloregionloss yoloseg yolov3 yolov3detectionoutput yolodetectionoutput"
    ),
    YOLO1: "boxdata detectionloss evaldetection",
    C3D: "convolution3d pooling3d volumedata deconvolution3d",
    VIDEO_CAFFE: "ndconvolution ndpooling",
    ENET: "spatialdropout",
    LARGE_MARGIN: "largemargininnerproduct",
    COSFACE: "labelspecificmargin",
    LIFTED: "liftedstructsimilaritysoftmax",
    NPAIR: "npairmulticlassloss npairloss",
    CAPSULES: (
        "capsulereshape capsulemask capsulelen capsulerelu capsulerouting capsuleconvrouting capsuledeconvrouting "
        "capsuleconvtransform capsuledeconvtransform"
    ),
    INFOGAN: "randvec",
    LOCAL: "locallyconnected",
    RISTRETTO: "convolutionristretto deconvolutionristretto fcristretto lrnristretto",
}

# Modules of Python layers, or the packages that they are in.
_MODULES = {
    "caffe.layers.detectnet": NVIDIA,
    "rpn": FASTER_RCNN,
    "roi_data_layer": FASTER_RCNN,
    "pylayer": MNC,
    "voc_layers": FCN,
    "nyud_layers": FCN,
    "siftflow_layers": FCN,
    "pascalcontext_layers": FCN,
}


def fork_of(type_name: str) -> Fork | None:
    """Return the fork that a layer type is of, or None if that is unknown."""
    wanted = folded(type_name)
    return next((fork for fork, types in _TYPES.items() if wanted in types.split()), None)


def fork_of_module(module: str) -> Fork | None:
    """Return the fork that a Python layer's module is of, or None if that is unknown."""
    parts = module.split(".")
    known = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((_MODULES[name] for name in known if name in _MODULES), None)


def all_types() -> list[str]:
    """Return all types in the table, folded."""
    return [name for types in _TYPES.values() for name in types.split()]
