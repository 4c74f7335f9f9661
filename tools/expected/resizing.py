"""What SciPy's splines make of an image: expected values for ``mycaffe_py.pycaffe.io.resize_image``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

PATH = Path(__file__).parents[2] / "tests" / "data" / "resizing.npz"
SIZES = ((20, 31), (5, 4), (13, 18))

if __name__ == "__main__":
    image = np.random.default_rng(7).standard_normal((13, 9, 2))
    arrays = {"image": image}
    for order in range(4):
        for size in SIZES:
            zoom = (size[0] / image.shape[0], size[1] / image.shape[1], 1)
            mode = "nearest" if order < 2 else "mirror"
            found = ndimage.zoom(image, zoom, order=order, mode=mode, grid_mode=True)
            arrays[f"{order}-{size[0]}-{size[1]}"] = np.clip(found, image.min(), image.max())
    np.savez_compressed(PATH, **arrays)
