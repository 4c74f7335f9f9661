"""Which tests need what only POSIX systems have: read from their own text, so that none is forgotten.

A test that uses such a thing, itself or through a function of its file, is marked ``posix`` and left out on Windows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ATTRIBUTES = {
    *("mkfifo", "forkpty", "setsid", "killpg", "getuid", "geteuid", "openpty", "pipe2"),
    *("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "send_signal", "set_blocking"),
    *("setrlimit", "getrlimit", "RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "getrusage"),
}  # fmt: skip
OF_OS = {("os", "kill"), ("os", "fork")}
MODULES = {"fcntl", "resource", "pty", "termios", "tty", "grp", "pwd"}
KEYWORDS = {"preexec_fn", "pass_fds", "start_new_session"}
PLACES = ("/proc/", "/dev/")
SHELLS = {"sh", "bash", "/bin/sh", "/bin/bash"}
MARK = "posix"


def unmarked(path: Path) -> list[tuple[int, str, str]]:
    """Return line, name and reason of each test in a file that needs the mark and has none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if any(_marks(node) for node in tree.body if isinstance(node, ast.Assign)):
        return []
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    needs = {name: _reason(node) for name, node in functions.items()}
    found = []
    for name, node in functions.items():
        if not name.startswith("test_") or any(map(_names_mark, node.decorator_list)):
            continue
        reason = next(filter(None, (needs[each] for each in _called(name, functions))), None)
        if reason:
            found.append((node.lineno, name, reason))
    return found


def _called(name: str, functions: dict[str, ast.FunctionDef]) -> list[str]:
    """Return a function and those of its file that it calls or takes as fixtures, directly or not."""
    found, waiting = [], [name]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        node = functions[one]
        named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        named |= {argument.arg for argument in node.args.args}
        waiting += sorted(named & set(functions))
    return found


def _reason(function: ast.FunctionDef) -> str | None:
    return next(_reasons(function), None)


def _reasons(function: ast.FunctionDef) -> Iterator[str]:
    text = ast.get_docstring(function, clean=False)
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in ATTRIBUTES or (owner, node.attr) in OF_OS:
                yield node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {each.name for each in node.names} | {getattr(node, "module", None) or ""}
            yield from names & MODULES
        elif isinstance(node, ast.keyword) and node.arg in KEYWORDS:
            yield str(node.arg)
        elif isinstance(node, ast.Constant) and _is_place(node.value) and node.value != text:
            yield str(node.value)


def _is_place(value: object) -> bool:
    return isinstance(value, str) and (value.startswith(PLACES) or value in SHELLS)


def _marks(node: ast.Assign) -> bool:
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names == ["pytestmark"] and _names_mark(node.value)


def _names_mark(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == MARK for each in ast.walk(node))
