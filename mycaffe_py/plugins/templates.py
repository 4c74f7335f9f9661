"""Templates: model and solver files that a new project may begin with."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mycaffe_py.errors import PluginError

TEMPLATE_KINDS = ("model", "solver")
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Template:
    """A model or solver file to copy into a new project; plugins return them from ``mycaffe_templates``.

    ``kind`` is "model" or "solver", ``name`` what users choose it by (a model's copy is called ``NAME.prototxt``), and
    ``path`` the file. ``doc``: a line about it; empty: the file's first comment. ``gyms``: the types of the gyms that
    it goes with; None: found out by building.
    """

    kind: str
    name: str
    path: Path
    doc: str = ""
    gyms: tuple[str, ...] | None = None

    def check(self) -> None:
        """Raise PluginError unless kind and name can be used and the file exists."""
        what = f"template {self.name!r:.80}"
        if self.kind not in TEMPLATE_KINDS:
            raise PluginError(
                f"{what}: kind is {self.kind!r}; it must be one of {', '.join(TEMPLATE_KINDS)}"
            )
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise PluginError(
                f"{what}: its name must be at most 100 letters, digits and . _ + -, beginning with "
                "a letter or digit"
            )
        if not isinstance(self.path, str | os.PathLike) or not os.path.isfile(self.path):
            raise PluginError(f"{what}: there is no file {self.path}")
        if isinstance(self.gyms, str):
            raise PluginError(
                f'{what}: gyms is "{self.gyms}", not a tuple of types',
                hint=f'write gyms=("{self.gyms}",)',
            )
