"""Names of Keras, PyTorch, Lightning and other tools for what has another name here.

One word may stand for several of ours, in order of preference; which one is meant depends on the place.
"""

from __future__ import annotations

import re
from functools import cache

# Ours, in order of preference: their words, folded.
_OURS = (
    # fields of a solver
    ("base_lr lr_mult", "maxlr peaklr lr learningrate initiallr learnrate baselearningrate eta0"),
    (
        "max_iter",
        "tmax epoch epochs nepochs numepochs maxepochs iterations iteration iters maxiters maxiterations numiterations "
        "numiters maxsteps steps numsteps nsteps trainsteps totalsteps numtrainsteps updates",
    ),
    ("type", "optimizer optim algorithm class kind layertype"),
    ("momentum", "beta1 b1 betas"),
    ("momentum2", "beta2 b2"),
    ("delta eps", "eps epsilon adamepsilon"),
    ("rms_decay", "rho"),
    ("weight_decay decay_mult", "l2 wd decay l2reg regularization"),
    ("random_seed", "seed randomstate manualseed"),
    ("lr_policy", "scheduler lrscheduler schedule lrschedule lrdecaystyle"),
    ("warmup_iter", "warmup warmupsteps warmupiters warmupiterations warmupupdates numwarmupsteps warmupepochs"),
    ("min_lr", "etamin lrmin minlearningrate finallr endlr"),
    ("observer", "callback callbacks logger loggers hooks"),
    ("stepvalue", "milestones boundaries"),
    ("gamma", "lrdecay decayrate lrgamma"),
    ("clip_gradients", "clip clipgrad gradclip clipnorm maxgradnorm maxnorm gradientclipval clipgradients"),
    ("iter_size", "accumulate accumulategradbatches gradaccum gradientaccumulationsteps accumulationsteps"),
    ("display", "loginterval logevery logeverynsteps printfreq displayinterval printevery logsteps"),
    ("snapshot", "saveevery savefreq savesteps saveinterval checkpointinterval snapshotinterval checkpointevery"),
    ("test_interval", "valinterval evalinterval evalsteps evalevery valcheckinterval testevery validationfreq"),
    ("test_iter", "evaliters validationsteps limitvalbatches valsteps"),
    ("solver_mode", "device accelerator mode"),
    ("device_id", "gpuid deviceids"),
    ("net", "model network netfile"),
    # fields of layers
    ("bottom", "input inputs bottoms src inblob"),
    ("top", "output outputs tops dst outblob"),
    (
        "hidden_size num_output",
        "units numunits nunits hidden hiddenunits hiddendim nhidden numhidden rnnunits neurons hiddenchannels",
    ),
    ("num_output output_features", "filters numfilters nout outchannels outfeatures outputdim outputsize numoutputs"),
    ("input_features input_dim", "infeatures inputsize inchannels inputunits"),
    ("kernel_size", "kernel ksize filtersize windowsize poolsize"),
    ("stride", "strides"),
    ("pad", "padding pads"),
    ("bias_term", "usebias bias hasbias"),
    ("dropout_ratio", "dropout rate p prob droprate dropoutprob dropoutrate"),
    ("negative_slope", "leak leakiness slope"),
    ("weight_filler", "kernelinitializer weightinit init initializer kernelinit weightinitializer"),
    ("bias_filler", "biasinitializer biasinit"),
    ("backbone_activation", "activation nonlinearity act actfn activationfn activationfunction"),
    ("backbone_layers", "numlayers nlayers depth layers"),
    ("group", "groups numgroups"),
    ("moving_average_fraction", "bnmomentum"),
    ("lr_mult", "trainable frozen requiresgrad lrmultiplier"),
    ("ignore_label", "ignoreindex"),
    ("batch_size", "batch bs batchsize minibatch minibatchsize trainbatchsize"),
    ("source csv_file", "path file filename dataset datapath datadir csv data dataroot"),
    ("csv_file source", "inputfile inputcsv"),
    ("curve", "curvetype function signal"),
    ("history", "sequencelength seqlen seqlength window lookback timesteps"),
    # values
    ("COS", "cosine"),
    ("SIN", "sine sinus"),
    ("CSV_FILE", "csv file"),
    ("fixed constant", "const none constantlr constant"),
    ("exp", "exponential exponentiallr"),
    ("step", "steplr"),
    ("multistep", "multisteplr piecewise"),
    ("poly", "polynomial polynomiallr linear lineardecay"),
    ("cosine", "cosineannealing cosineannealinglr cosinedecay warmupcosine cosinewithwarmup"),
    ("one_cycle", "onecycle onecyclelr superconvergence"),
    ("TensorBoard", "tb tensorboardlogger summarywriter"),
    ("TEST", "val valid validation validate eval evaluate evaluation dev inference infer predict testing"),
    ("TRAIN", "training fit"),
    ("GPU", "cuda nvidia"),
    ("MSE", "l2 l2loss squared meansquarederror"),
    ("MAE", "l1 l1loss absolute meanabsoluteerror"),
    ("MAX", "maximum maxpool"),
    ("AVE", "avg average mean avgpool"),
    ("SUM", "add plus addition"),
    ("PROD", "mul multiply product times"),
    ("float32", "float fp32 single f32 fp16 half float16 bf16 bfloat16 mixed"),
    ("float64", "double fp64 f64"),
    # fillers
    ("constant", "zeros zero ones one fill"),
    ("xavier", "glorot glorotuniform glorotnormal xavieruniform xaviernormal"),
    ("msra", "kaiming he henormal heuniform kaimingnormal kaiminguniform heinit"),
    ("gaussian", "normal randn randomnormal truncatednormal truncnormal"),
    ("uniform", "random rand randomuniform"),
    # solvers
    ("SGD", "momentum sgdm sgdmomentum gradientdescent"),
    ("Nesterov", "nag sgdnesterov"),
    ("Adam", "adamax nadam amsgrad"),
    # gyms
    ("Curve", "sine sin cos wave curves curvegym"),
    ("Series", "csv timeseries data csvfile dataset"),
    # layers; those that need settings as well are in types.py
    ("InnerProduct", "dense linear fc fullyconnected affine gemm matmul"),
    ("Convolution", "conv conv1d conv2d conv3d convolution1d convolution2d convolutional"),
    ("Deconvolution", "convtranspose convtranspose1d convtranspose2d conv2dtranspose transposedconv upconv"),
    ("SoftmaxWithLoss", "crossentropy crossentropyloss softmaxcrossentropy categoricalcrossentropy "
                        "sparsecategoricalcrossentropy softmaxcrossentropyloss ce celoss"),
    ("SigmoidCrossEntropyLoss", "bce bceloss bcewithlogits bcewithlogitsloss binarycrossentropy"),
    ("MultinomialLogisticLoss", "nll nllloss"),
    ("Concat", "concatenate cat merge join"),
    ("Embed", "embedding embeddings"),
    ("LSTMUnit", "lstmcell"),
    ("RNN", "simplernn rnncell vanillarnn"),
    ("CFC", "cfc liquid closedformcontinuous wiredcfc liquidnet"),
    ("CFC_UNIT", "cfccell"),
    ("LTC_UNIT", "ltccell"),
    ("Transpose", "permute"),
    ("Reshape", "view"),
    ("Input", "placeholder inputlayer"),
    ("HDF5Data", "h5data hdf5"),
    ("ImageData", "imagefolder imagedataset"),
    ("MemoryData", "tensordataset arraydata"),
    ("Swish", "swish1"),
    ("Softmax", "logsoftmax"),
)  # fmt: skip


def folded(name: str) -> str:
    """Return a name without case, signs and spaces, as the tables of this package have it."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for ours, theirs in _OURS:
        for word in theirs.split():
            table[word] = (*table.get(word, ()), *ours.split())
    return table


def meanings(name: str) -> tuple[str, ...]:
    """Return our names for what another tool calls ``name``, the likeliest first; () if it is no word of theirs."""
    return _table().get(folded(name), ())


def all_meanings() -> set[str]:
    """Return all of our names that the table leads to."""
    return {word for words in _table().values() for word in words}
