"""What other command lines call the things that the verbs of ``mycaffe`` do."""

from __future__ import annotations

from .words import folded

_VERBS = {
    "mycaffe train": "fit run start trainnet learn begin launch training tune finetune",
    "mycaffe train --resume auto": "resume continue restart restore",
    "mycaffe test": "eval evaluate validate val score accuracy evaluation metrics",
    "mycaffe predict": "infer inference forecast generate sample apply classify pred",
    "mycaffe check FILE": "summary lint verify validatefile syntax parse inspect describe info show print view cat",
    "mycaffe draw FILE": "visualize visualise graph viz picture diagram drawnet netron",
    "mycaffe plot RUN": "plotloss plotlog plottraininglog curve chart lossplot",
    "mycaffe report RUN": "summarize summarise results compare",
    "mycaffe designer": "ui gui serve server web app dashboard tensorboard studio editor open notebook",
    "mycaffe runs": "list ls status history log logs experiments jobs ps tail watch monitor",
    "mycaffe stop RUN": "kill cancel abort halt end pause quit",
    "mycaffe new project NAME": "init create make scaffold startproject generateproject",
    "mycaffe time": "profile speed perf",
    "mycaffe benchmark": "bench benchmarks",
    "mycaffe explain": "interpret attribution attribute saliency",
    "mycaffe device-query": "gpu gpus devices device cuda nvidiasmi listdevices",
    "mycaffe doctor": "env environment diagnose debug systeminfo selftest",
    "mycaffe doctor, or mycaffe --version": "version ver about",
    "mycaffe --help": "help usage man commands verbs",
    "mycaffe solvers": "optimizers optimisers optimizer optim",
    "mycaffe layers": "activations losses layertypes ops modules operators",
    "mycaffe fillers": "initializers init_types initialisers",
    "mycaffe gyms": "datasets environments envs data",
    "mycaffe upgrade-net OLD NEW": "upgrade migrate convert convertmodel upgradeprototxt",
    "mycaffe new project, which lists the shipped models": "models zoo modelzoo hub",
    "pip install --upgrade mycaffe-py": "install update",
    "mycaffe train --print-config, with --model and --solver": "config configure settings",
    "python -m mycaffe_py.as_caffe SCRIPT": "python script exec",
}


_NOTHING = {
    "export onnx saveas toonnx torchscript": (
        "nothing is to be exported: the run folder has the net in model.prototxt and the weights in best.caffemodel"
    ),
    "download fetch get pull": (
        "nothing is to be downloaded: mycaffe new project lists the shipped models"
    ),
    "publish upload push deploy": "a run folder holds all files of a run; copy it",
    "uninstall remove": "write: pip uninstall mycaffe-py",
    "clean delete rm purge": "a run is a folder; delete it as any other",
}
_SKELETONS = {
    "project": "model net network app workspace experiment",
    "layer": "layers activation module op operator plugin function node block",
    "loss": "losses criterion objective lossfn",
    "solver": "solvers optimizer optimiser optim",
    "filler": "fillers initializer initialiser init",
    "lr-policy": "lrpolicies scheduler schedule lrscheduler policy rate",
    "gym": "gyms environment env dataset data source",
    "trainer": "trainers agent loop",
    "observer": "observers callback logger hook tracker monitor",
    "command": "verb verbs commands cli subcommand",
    "package": "distribution library lib",
}


def nothing_to_do(name: str) -> str | None:
    """Return what there is to say to a verb of another tool that nothing here corresponds to, or None."""
    wanted = folded(name)
    return next((text for names, text in _NOTHING.items() if wanted in names.split()), None)


def skeleton_meant(name: str) -> str | None:
    """Return the kind of ``mycaffe new`` for another tool's word, or None."""
    wanted = folded(name)
    return next((ours for ours, names in _SKELETONS.items() if wanted in names.split()), None)


def verb_meant(name: str) -> str | None:
    """Return the command that does what another tool's verb does, or None."""
    wanted = folded(name)
    return next((ours for ours, theirs in _VERBS.items() if wanted in theirs.split()), None)


def commands() -> list[str]:
    """Return all commands that are suggested."""
    return list(_VERBS)
