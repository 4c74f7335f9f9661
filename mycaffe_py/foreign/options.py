"""What other command lines call the options of ``mycaffe``.

An option that is not in the table may be a setting of solver or model: its name is looked up as that of ``--set``.
"""

from __future__ import annotations

from .words import folded

LETTERS = {
    "b": "batchsize", "c": "config", "d": "device", "e": "epochs", "g": "gpu", "i": "input", "l": "lr", "m": "model",
    "o": "output", "r": "resume", "s": "solver", "w": "weights",
}  # fmt: skip
"""Short options of other tools."""

# What to write, N for the value given; several alternatives, of which the first with an option of the verb is meant.
_OPTIONS: dict[tuple[str, ...], str] = {
    ("--iterations N", "--steps N"): (
        "maxiter maxiters maxsteps steps numsteps iters numiter numiterations iteration niter nsteps updates "
        "maxiterations totalsteps trainsteps niterations n"
    ),
    ("--steps N",): "horizon ahead predictsteps future forecaststeps futuresteps nsteps count",
    ("--tensorboard",): "tb usetensorboard tensorboardlogger",
    ("--observe N",): "logger callback callbacks observer observers hook hooks",
    (
        "--model N",
    ): "model net network modelfile netfile prototxt arch architecture modeldef proto nettype",
    ("--solver N",): "solver solverfile solverprototxt optimizerfile trainconfig",
    ("--weights N",): (
        "weights checkpoint ckpt pretrained pretrainedmodel initfrom initweights caffemodel loadweights weight load "
        "pretrainedweights checkpointpath ckptpath trained runfolder modelpath"
    ),
    ("--resume N",): (
        "resume resumefrom resumefromcheckpoint restore restorefrom solverstate continue continuefrom state"
    ),
    ("--run-dir N", "--out N", "--folder N"): (
        "output outputdir outdir out outputpath o outputfile savedir savepath logdir workdir exportdir rundir dest "
        "destination save defaultrootdir checkpointdir rootdir dir"
    ),
    ("--device gpu",): "cuda usegpu usecuda withgpu gpuonly accelerator",
    ("--device cpu",): "cpu nocuda nogpu cpuonly cpumode usecpu",
    ("--device N",): "device",
    ("--gpu 0",): "gpu gpus ngpus numgpus gpuids deviceids gpuid deviceid cudadevice",
    ("--seed N",): "randomseed randomstate manualseed rngseed",
    ("--dtype float64",): "double doubleprecision fp64",
    ("--dtype float32",): "fp32 fp16 half amp bf16 mixedprecision precision usefp16",
    ("--print-config",): "dryrun showconfig dumpconfig dump checkonly",
    ("--stage N",): "stages",
    ("--plugin N",): "plugins pluginfile custom customlayers import extension",
    ("--json",): "format outputformat jsonoutput asjson",
    ("-q",): "silent noverbose noprogress nolog quietly",
    ("-v",): "debuglevel verbosity vv loglevel",
    ("--input N",): "data csv inputfile file datafile inputcsv dataset source",
    ("--from N",): "start startat begin startdate",
    ("--phase TEST",): "eval test evaluate evalmode testonly validate",
    ("--phase TRAIN",): "train training trainmode",
}

# What is said instead, where an option is no setting and has no counterpart.
_SENTENCES = {
    "workers numworkers nworkers j threads numthreads nthreads": (
        "leave it out: data layers read ahead in a thread of their own; OMP_NUM_THREADS sets the threads of a CPU"
    ),
    "dropout droprate dropoutrate dropoutprob": (
        'add a layer to the model: layer { name: "drop" type: "Dropout" bottom: "NAME" top: "NAME" '
        "dropout_param { dropout_ratio: 0.5 } }"
    ),
    "loss criterion lossfn objective": (
        'the loss is a layer of the model, such as layer { name: "loss" type: "SoftmaxWithLoss" ... }'
    ),
    "augment augmentation transforms transform": (
        "write it into the model's data layer: transform_param { mirror: true crop_size: N }"
    ),
    "patience earlystopping earlystop": (
        "leave it out: a run keeps its best weights in best.caffemodel; mycaffe stop RUN ends a run"
    ),
    "config cfg configfile yaml params hparams": (
        "settings are in the solver and model files: --solver FILE --model FILE, changed by --set KEY=VALUE"
    ),
    "name project experiment expname runname tag experimentname": (
        "a run is named by the net and a number; write --run-dir DIR for a folder of your own"
    ),
    "imgsz imagesize imgsize inputsize inputshape": (
        "the input's size is in the model: --set LAYER.input_param.shape.0.dim.2=N for an Input layer"
    ),
    "exist-ok overwrite existok force": (
        "leave it out: a run is never overwritten; --run-dir DIR must be new or empty"
    ),
    "wandb mlflow csvlogger": (
        "metrics.csv in the run folder has all figures; --tensorboard writes those of TensorBoard, too"
    ),
    "ddp distributed strategy nodes numnodes worldsize": (
        "leave it out: a net trains on one device at a time; --gpu 0 chooses it"
    ),
    "version v": "write mycaffe --version",
    "helpall fullhelp h?": "write --help",
    "interactive live watch plot show": "leave it out: on a terminal the live view is shown by itself; -q turns it off",
}


def options_meant(name: str) -> tuple[str, ...]:
    """Return what to write for another tool's option, alternatives for different verbs; () if it is unknown."""
    wanted = folded(name)
    return next((ours for ours, theirs in _OPTIONS.items() if wanted in theirs.split()), ())


def sentence_for(name: str) -> str | None:
    """Return what there is to say to another tool's option without a counterpart, or None."""
    wanted = folded(name)
    return next((text for names, text in _SENTENCES.items() if wanted in names.split()), None)


_EPOCHS = ("epochs", "epoch", "numepochs", "nepochs", "maxepochs", "numtrainepochs")


def is_epochs(name: str) -> bool:
    """Return whether an option of another tool is the number of epochs."""
    return folded(name) in _EPOCHS


def all_options() -> set[str]:
    """Return all options that are suggested."""
    return {one.split()[0] for ours in _OPTIONS for one in ours}
