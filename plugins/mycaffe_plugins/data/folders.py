"""Locates the images of a list."""

from __future__ import annotations

import os
from pathlib import Path

from mycaffe_py.layer import Layer


def image_prefix(layer: Layer, root_folder: str, source: Path, first: str) -> str:
    """Return the prefix for the paths of a list with which the ``first`` one names a file.

    As in Caffe, it is ``root_folder`` as written, from the current folder. If that finds nothing,
    a slash after ``root_folder``, the model's folder and the list's folder are tried.
    """
    folders = ["", layer.context.base_dir, source.parent]
    for folder in folders:
        base = os.path.join(folder, "") if folder else ""
        for root in (root_folder, os.path.join(root_folder, "")):
            prefix = root if os.path.isabs(root or first) else base + root
            if os.path.exists(prefix + first):
                return prefix
    return root_folder
