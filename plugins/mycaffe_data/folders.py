"""Where the images of a list lie."""

from __future__ import annotations

import os
from pathlib import Path

from mycaffe_py.layer import Layer


def image_prefix(layer: Layer, root_folder: str, source: Path, first: str) -> str:
    """Return what to put before each path of a list so that the ``first`` one names a file.

    Caffe's rule is ``root_folder`` as it is written, from the current folder. Where that finds
    nothing, a slash behind ``root_folder``, the model's folder and the list's folder are tried.
    """
    folders = ["", layer.context.base_dir, source.parent]
    for folder in folders:
        base = os.path.join(folder, "") if folder else ""
        for root in (root_folder, os.path.join(root_folder, "")):
            prefix = root if os.path.isabs(root or first) else base + root
            if os.path.exists(prefix + first):
                return prefix
    return root_folder
