"""A progress line for a training, by rich."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_line(updates: int) -> Iterator[Callable[[int, str], None]]:
    """Show a line on stderr while the block runs; its value takes the updates so far, and a text."""
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = TextColumn("{task.fields[text]}", markup=False)
    with Progress(*columns, shown, console=Console(stderr=True)) as progress:
        task = progress.add_task("training", total=updates, text="")
        yield lambda done, text: progress.update(task, completed=done, text=text)
