"""Coverage-guided fuzzing of the parsers, by atheris, which is not among our requirements: ``pip install atheris``.

    python -m tools.fuzz.guided PARSER [FOLDER] [libFuzzer's options, such as -max_total_time=600]

PARSER is one of ``prototxt``, ``solver``, ``weights``, ``state``, ``table``. Inputs that reach new code are kept in
FOLDER (by default below ``fuzz-finds/``), from which the next search goes on. An input that ends in an exception
that is not one of ours is written to ``crash-...`` in the current folder, and the search ends; ``python -m
tools.fuzz.guided PARSER crash-...`` runs it again. Keep it, cut down, as a test in ``tests/fuzz``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from .worker import prepare_process

prepare_process()

import atheris  # noqa: E402

with atheris.instrument_imports(include=["mycaffe_py", "mycaffe_plugins"]):
    from mycaffe_py.errors import MyCaffeError
    from mycaffe_py.plugins import default_registry
    from mycaffe_py.schema import load_net_text, load_solver_text
    from mycaffe_py.tables import Clock, read_table
    from mycaffe_py.weights.entries import read_entries
    from mycaffe_py.weights.files import kind_of

ROOT = Path(__file__).parents[2]
FINDS = Path("fuzz-finds")


def prototxt(data: bytes) -> None:
    """Read a net's text."""
    load_net_text(default_registry().schema, data.decode("utf-8", errors="replace"))


def solver(data: bytes) -> None:
    """Read a solver's text."""
    load_solver_text(default_registry().schema, data.decode("utf-8", errors="replace"))


def weights(data: bytes) -> None:
    """Read a net in binary format."""
    kind_of(data)
    default_registry().schema.parse_binary(data, "NetParameter")


def state(data: bytes) -> None:
    """Read a solver's state and what its entries contain."""
    kind_of(data)
    message = default_registry().schema.parse_binary(data, "SolverState")
    read_entries(message, Path("s.solverstate"))


def table(data: bytes) -> None:
    """Read a table, its numbers and its times."""
    path = _folder() / "t.csv"
    path.write_bytes(data)
    read = read_table(path)
    for index in range(read.width):
        try:
            read.numbers(index)
        except MyCaffeError:
            Clock.of(read.cells(index))


PARSERS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (prototxt, solver, weights, state, table)
}


def _folder() -> Path:
    """Return a folder in memory, where there is one: a file is written for each table."""
    memory = Path("/dev/shm")
    folder = (memory if memory.is_dir() else Path(tempfile.gettempdir())) / f"fuzz-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    return folder


def begin(name: str, folder: Path) -> None:
    """Write what a search begins with, if there is nothing yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    if name in ("weights", "state"):
        from .kinds.small_run import only, snapshot

        ending = {"weights": ".caffemodel", "state": ".solverstate"}[name]
        with tempfile.TemporaryDirectory() as place:
            files = snapshot(Path(place), "begin")
        found = [files[only(files, ending)]]
    else:
        pattern = {"prototxt": "models/*", "solver": "solvers/*", "table": "examples/series/*.csv"}
        found = [path.read_bytes()[:2000] for path in sorted(ROOT.glob(pattern[name]))]
    for number, data in enumerate(found):
        (folder / f"begin-{number}").write_bytes(data)


def main(words: list[str]) -> None:
    """Search until an input is found, or as long as libFuzzer's options say."""
    if not words or words[0] not in PARSERS:
        raise SystemExit(__doc__)
    name = words[0]
    place = next((word for word in words[1:] if not word.startswith("-")), str(FINDS / name))
    if not os.path.isfile(place):
        begin(name, Path(place))
    parser = PARSERS[name]

    def one(data: bytes) -> None:
        try:
            parser(data)
        except MyCaffeError as error:
            error.render()

    warnings.simplefilter("ignore")
    options = [word for word in words[1:] if word.startswith("-")]
    atheris.Setup([sys.argv[0], place, "-timeout=5", "-rss_limit_mb=2048", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
