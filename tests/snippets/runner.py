"""Runs the blocks of one page, from top to bottom, in the current folder: ``runner.py PAGE [--shell]``.

Python blocks share one namespace. Commands run line by line. Trainings are cut short, since a test cannot wait for
them: ``train`` gets ``--iterations``, and larger numbers of ``--iterations`` and ``--steps`` are lowered; the rest is
as typed. Without ``--shell``, ``mycaffe`` runs within this process and pictures are small; with it, every line
goes through a shell, and more updates are made.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import traceback
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

if __package__:
    from .pages import LANGUAGES, ROOT, Block, blocks_of, commands_in
else:
    from pages import LANGUAGES, ROOT, Block, blocks_of, commands_in

UPDATES = {False: 3, True: 30}  # of a training: in this process, through a shell
# Any warning but those that a reader gets as well, or that so short a training deserves.
UNEXPECTED = r"^warning: (?!--set \S+ is taken as|do not rely on this forecast)"
STEPS = {False: 5, True: 60}  # of a test or a forecast
PLAIN = re.compile(r"[|<>;$*?`(){}]")  # what only a shell understands
SHIM = """#!{python}
import sys
sys.path.insert(0, {here!r})
from runner import shortened
import os
os.execv(sys.executable, [sys.executable, "-m", "mycaffe_py", *shortened(sys.argv[1:], True)])
"""


class Failed(Exception):
    """A block that does not do what a reader expects."""


def shortened(words: list[str], in_shell: bool) -> list[str]:
    """Return the words of a mycaffe command with few updates, passes or steps."""
    words = list(words)
    for option, most in (("--iterations", STEPS[in_shell]), ("--steps", STEPS[in_shell])):
        if option in words:
            at = words.index(option) + 1
            words[at] = str(min(int(words[at]), most))
        elif option == "--iterations" and words[:1] == ["train"] and "--print-config" not in words:
            words += [option, str(UPDATES[in_shell])]
    return words


class PageRunner:
    """What one page has done so far: its namespace, its folder, its last output."""

    def __init__(self, in_shell: bool) -> None:
        self.in_shell = in_shell
        self.namespace: dict = {"__name__": "__main__"}
        self.output = ""
        self.plugins: list[str] = []  # files of this page, whose settings its prototxt may use

    def run(self, block: Block) -> None:
        """Run a block; raise Failed if it does not work."""
        for name in block.needs:
            self._bring(name)
        if block.file is not None:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        if block.language not in LANGUAGES:
            raise Failed(f'a block in "{block.language}", expected one of {sorted(LANGUAGES)}')
        if block.not_run is None:
            getattr(self, f"run_{block.language}")(block)

    def _bring(self, name: str) -> None:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, name, dirs_exist_ok=True)
        else:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, name)

    def run_python(self, block: Block) -> None:
        if block.file is not None:
            compile(block.text, block.file, "exec")
            if "@hookimpl" in block.text:
                self.plugins.append(block.file)
            return
        code = "\n" * block.line + block.text  # so that tracebacks name lines of the page
        try:
            with redirect_stdout(StringIO()) as printed:
                exec(compile(code, block.page, "exec"), self.namespace)  # noqa: S102
        except Exception as error:
            raise Failed(traceback.format_exc()) from error
        self.output = printed.getvalue()

    def run_sh(self, block: Block) -> None:
        self.output = ""
        commands = commands_in(block.text)
        for command in commands:
            status, output = self._status_of(command)
            self.output += output
            expected = block.status if command is commands[-1] else 0
            if status != expected:
                raise Failed(f"{command}\nended with {status}, not {expected}:\n{output}")
            if re.search(UNEXPECTED, output, re.M):
                raise Failed(f"{command}\nwarns:\n{output}")

    def _status_of(self, command: str) -> tuple[int, str]:
        outputs = []
        for part in re.split(r"\s+&&\s+", command):
            status, output = self._status_of_part(part)
            outputs.append(output)
            if status:
                break
        return status, "".join(outputs)

    def _status_of_part(self, part: str) -> tuple[int, str]:
        words = shlex.split(part, comments=True)
        if words[0] == "cd":
            os.chdir(words[1])
            return 0, ""
        if words[0] == "mycaffe" and not self.in_shell and not PLAIN.search(" ".join(words)):
            return in_process(shortened(words[1:], False))
        if words[:3] == ["python", "-m", "pytest"] and not self.in_shell:
            return tests_in_process(words[3:])
        done = subprocess.run(
            ["bash", "-c", part], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return done.returncode, done.stdout

    def run_text(self, block: Block) -> None:
        if not block.is_output:
            return
        for line in filter(None, map(str.strip, block.text.splitlines())):
            pattern = ".*".join(map(re.escape, re.split(r" *\.\.\. *", line)))
            if not re.search(pattern, self.output):
                raise Failed(f"the output has no line\n{line}\nbut is\n{self.output}")

    def run_toml(self, block: Block) -> None:
        try:
            import tomllib
        except ImportError:  # Python 3.10; pytest brings this one there
            import tomli as tomllib
        try:
            tomllib.loads(block.text)
        except tomllib.TOMLDecodeError as error:
            raise Failed(str(error)) from error

    def run_prototxt(self, block: Block) -> None:
        """Read a whole net or solver, a layer, or the fields of one."""
        from mycaffe_py.errors import PrototxtError
        from mycaffe_py.plugins import load_registry

        schema, problems = load_registry(self.plugins).schema, []
        names = ["NetParameter", "SolverParameter", "LayerParameter", "TrainerParameter"]
        for name in [*names, "GymParameter", "SolverParameter"]:
            try:
                schema.parse_text(block.text, name, block.page)
                return
            except PrototxtError as error:
                problems.append(f"as {name}: {error}")
        raise Failed("\n".join(problems))


def in_process(words: list[str]) -> tuple[int, str]:
    """Run a mycaffe command within this process; return its exit status and output."""
    from click.testing import CliRunner

    from mycaffe_py.cli.app import app

    result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return 1, "".join(traceback.format_exception(result.exception))
    return result.exit_code, result.output


def tests_in_process(words: list[str]) -> tuple[int, str]:
    """Run pytest within this process; return its exit status and output."""
    import pytest

    with redirect_stdout(StringIO()) as printed:
        status = pytest.main([*words, "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"])
    return int(status), printed.getvalue()


def make_shim() -> None:
    """Put ``mycaffe`` and ``python`` first on the path of shells."""
    folder = Path.cwd().parent / "bin"
    folder.mkdir()
    here = str(Path(__file__).parent)
    (folder / "mycaffe").write_text(SHIM.format(python=sys.executable, here=here))
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for path in folder.iterdir():
        path.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def paint_small() -> None:
    """Paint pictures with few pixels, which is quicker."""
    import matplotlib

    matplotlib.rcParams["figure.dpi"] = 20


def main() -> None:
    page, in_shell = sys.argv[1], "--shell" in sys.argv
    sys.path.insert(0, "")  # a reader's own modules, as for python in that folder
    make_shim()
    if not in_shell:
        paint_small()
    runner = PageRunner(in_shell)
    for block in blocks_of(page):
        try:
            runner.run(block)
        except Failed as failure:
            sys.exit(f"{block.place}: {failure}")


if __name__ == "__main__":
    main()
