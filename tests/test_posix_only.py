"""Tests that cannot run on Windows are marked, and the search for them finds each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.posix_only import unmarked

TESTS = Path(__file__).parent
# Only run on Linux, which their folders see to.
LEFT_OUT = {"cuda", "gpu"}


def test_every_test_that_needs_a_posix_system_is_marked():
    files = [
        path
        for path in TESTS.rglob("test_*.py")
        if path.relative_to(TESTS).parts[0] not in LEFT_OUT
    ]
    found = [
        f"{path.relative_to(TESTS)}:{line}: {name} uses {reason}"
        for path in sorted(files)
        for line, name, reason in unmarked(path)
    ]
    assert not found, "mark with @pytest.mark.posix:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "body",
    [
        "os.mkfifo(path)",
        "os.kill(number, signal.SIGINT)",
        "process.send_signal(signal.SIGINT)",
        "import resource",
        "from resource import getrusage",
        "subprocess.run(['sh', '-c', 'true'])",
        "subprocess.run(command, pass_fds=[3])",
        "open('/dev/full', 'w')",
        "helper()",
    ],
)
def test_each_kind_is_found(tmp_path, body):
    file = tmp_path / "test_it.py"
    file.write_text(f"def helper():\n    os.fork()\n\ndef test_it():\n    {body}\n")
    assert [line for line, _, _ in unmarked(file)] == [4]
    marked = file.read_text().replace("def test_it", "@pytest.mark.posix\ndef test_it")
    file.write_text(marked)
    assert unmarked(file) == []


def test_others_are_left_alone(tmp_path):
    file = tmp_path / "test_it.py"
    file.write_text('def test_it():\n    """Of /dev/full."""\n    process.kill()\n')
    assert unmarked(file) == []
