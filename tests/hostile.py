"""A folder as a stranger may have prepared it: whatever of it is executed leaves a mark."""

from __future__ import annotations

import json
import os
import pickle
import sys
from pathlib import Path

# Modules that ours import, and that tools load by themselves.
MODULES = (
    *("setup", "conftest", "sitecustomize", "usercustomize", "caffe", "mycaffe_plugins", "layers"),
    *("numpy", "click", "rich", "pluggy", "google", "h5py", "lmdb", "PIL", "matplotlib", "torch", "numba"),
    *("json", "dataclasses", "pathlib", "subprocess", "logging", "argparse", "cupy", "evil_plugin"),
    # On Python 3.10 these are loaded by Python's -m itself.
    *(("typing", "__future__") if sys.version_info >= (3, 11) else ()),
)  # fmt: skip
PROGRAMS = ("git", "gs", "latex", "dvipng", "kpsewhich")
ESCAPE = r"\033]0;owned\007\033[31m"

_LAYERS = (
    ("in", "Input", "", "x t", "input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } }"),
    (f"py{ESCAPE}", "Python", "x", f"y{ESCAPE}", 'python_param { module: "MODULE" layer: "Net" }'),
    ("ip", "InnerProduct", f"y{ESCAPE}", "z", "inner_product_param { num_output: 1 }"),
    ("loss", "EuclideanLoss", "z t", "loss", ""),
)
NET = f'name: "Evil{ESCAPE}"\n' + "".join(
    f'layer {{ name: "{name}" type: "{kind}" '
    + "".join(f'bottom: "{blob}" ' for blob in bottoms.split())
    + "".join(f'top: "{blob}" ' for blob in tops.split())
    + f"{more} }}\n"
    for name, kind, bottoms, tops, more in _LAYERS
)
SOLVER = 'net: "net.prototxt" type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 2 '
RUN = Path("runs", "Evil", "001")


class Hostile:
    """The folder, the file with the marks, and the environment of a command in it."""

    def __init__(self, base: Path):
        self.base, self.folder, self.mark = base, base / "here", base / "mark"
        self.library = base / "library"
        self.folder.mkdir()
        self._code()
        self._files()
        self._run()

    @property
    def marks(self) -> str:
        """What was executed."""
        return self.mark.read_text() if self.mark.exists() else ""

    def environment(self) -> dict[str, str]:
        """The programs that a file could have started are found, and leave marks; Python looks nowhere else."""
        path = os.pathsep.join([str(self.base / "bin"), ".", os.environ.get("PATH", "")])
        places = filter(os.path.isabs, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        own = {"PATH": path, "PYTHONPATH": os.pathsep.join(places), "PYTHONDONTWRITEBYTECODE": "1"}
        return os.environ | {name: text for name, text in own.items() if text or name in os.environ}

    def write(self, name: str | Path, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def _code(self) -> None:
        code = f"open({str(self.mark)!r}, 'a').write({{!r}} + ' ')\n"
        for name in MODULES:
            self.write(f"{name}.py", code.format(name))
        for name in ("setup", "layers"):  # as if modules of these names were installed
            self.write(f"../library/{name}.py", code.format(f"installed {name}"))
        script = f"#!/bin/sh\necho {{}} >> '{self.mark}'\n"
        for program in PROGRAMS:
            # The real git is to be found; one in the current folder is not.
            place = "git" if program == "git" else f"../bin/{program}"
            self.write(place, script.format(program)).chmod(0o755)
        about = "evil-1.0.dist-info"
        self.write(f"{about}/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        self.write(
            f"{about}/entry_points.txt",
            "[mycaffe]\nevil = evil_plugin\n[mycaffe.commands]\nevil = evil_plugin:command\n",
        )

    def _files(self) -> None:
        self.write("net.prototxt", NET.replace("MODULE", "setup"))
        self.write("solver.prototxt", SOLVER)
        self.write("old.prototxt", NET.replace("MODULE", "layers").replace("layer {", "layers {"))
        self.write("matplotlibrc", "text.usetex: True\nbackend: module://layers\n")
        self.write("data.csv", "time,value\n1,2\n2,3\n")
        self.write("image.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n")
        self.write("list.txt", "image.jpg 0\n")
        self.write("weights.pt", self._pickle())
        self.write("weights.caffemodel", self._pickle())
        self.write(
            "project.json",
            json.dumps(
                {
                    "plugins": ["evil_plugin.py"],
                    "model": "net.prototxt",
                    "solver": "solver.prototxt",
                }
            ),
        )
        self.write(".git/HEAD", "ref: refs/heads/main\n")
        self.write(".git/refs/heads/main", f"{0:040x}\n")
        self.write(
            ".git/config",
            "[core]\nrepositoryformatversion = 0\nfsmonitor = ../here/git\npager = ../here/git\n"
            "[alias]\nrev-parse = !../here/git\n",
        )

    def _pickle(self) -> bytes:
        return pickle.dumps(_Marks(self.mark))

    def _run(self) -> None:
        for name, module in (("model", "layers"), ("net", "setup")):
            self.write(RUN / f"{name}.prototxt", NET.replace("MODULE", module))
        self.write(RUN / "solver.prototxt", SOLVER)
        for name in ("layers.py", "evil_plugin.py", "setup.py"):
            self.write(RUN / name, f"open({str(self.mark)!r}, 'a').write('run ')\n")
        for name in ("best.caffemodel", "last.caffemodel", "Evil_iter_2.solverstate"):
            self.write(RUN / name, self._pickle())
        plugins = [str(self.folder / RUN / "evil_plugin.py"), str(self.folder / "evil_plugin.py")]
        record = {
            **{"status": "finished", "net": "Evil\033[31m", "solver": "SGD", "seed": 1},
            **{"iteration": 2, "max_iter": 2, "message": "\033]0;owned\007", "dtype": "float32"},
            **{"command": ["mycaffe", "train", "\033[31m"], "folder": str(self.folder / RUN)},
            **{"plugins": [*plugins, "evil_plugin", "setup"], "signature": "0" * 64},
            "snapshots": [{"iteration": 2, "weights": "best.caffemodel", "state": "Evil_iter_2.solverstate"}],
        }  # fmt: skip
        self.write(RUN / "run.json", json.dumps(record))
        self.write(RUN / "metrics.csv", "iteration,loss\n1,2\n2,1\n")
        samples = {"iteration": 1, "x": [0.0], "target": [1.0], "prediction": [1.0]}
        self.write(RUN / "live.jsonl", json.dumps(samples) + "\n")


class _Marks:
    """What leaves a mark when it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return exec, (f"with open({str(self.mark)!r}, 'a') as file: file.write('pickle ')",)
