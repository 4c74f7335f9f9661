"""Make the pictures of docs/tutorial.md and docs/gallery.md: ``python -m tools.pictures [--work FOLDER] [NAME ...]``.

Trains what the pictures show, in FOLDER or a temporary one; runs that FOLDER has already are not repeated. Needs the
extras ``caffe`` and ``test``. Without names, it makes all pictures. Ten minutes on a CPU.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from . import calls, digits, gallery, tutorial
from .training import ROOT

IMAGES = ROOT / "docs" / "images"
PARTS = ((tutorial, "tutorial"), (calls, "tutorial"), (gallery, "gallery"), (digits, "gallery"))


def main() -> None:
    """Make the pictures that are named, else all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", metavar="FOLDER", help="where to train; kept")
    parser.add_argument("names", nargs="*", metavar="NAME", help="functions, such as following")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = Path(given.work or place)
        work.mkdir(parents=True, exist_ok=True)
        os.chdir(work)
        for module, folder in PARTS:
            for picture in module.PICTURES:
                if not given.names or picture.__name__ in given.names:
                    print(picture.__name__)
                    picture(IMAGES / folder)


if __name__ == "__main__":
    main()
