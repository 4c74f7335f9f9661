"""What OpenCV makes of an image: expected values for resizing, colours and noise in ``transform_param``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

PATH = Path(__file__).parents[2] / "tests" / "data" / "opencv.npz"
METHODS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA,
    "cubic": cv2.INTER_CUBIC,
    "lanczos4": cv2.INTER_LANCZOS4,
}
SIZES = ((20, 31), (40, 60), (19, 27), (10, 54), (57, 9), (1, 1))

if __name__ == "__main__":
    rng = np.random.default_rng(11)
    image = rng.integers(0, 256, (38, 54, 3), dtype=np.uint8)
    image[:8] //= 32  # dark, and grey, where hues are coarse
    image[8:10] = image[8:10, :, :1]
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hues = hsv.copy()
    hues[..., 0] = rng.integers(0, 256, hues.shape[:2])
    arrays = {
        "image": image,
        "hsv": hsv,
        "hues": hues,
        "from_hues": cv2.cvtColor(hues, cv2.COLOR_HSV2BGR),
        "grey": cv2.cvtColor(image, cv2.COLOR_BGR2GRAY),
        "gauss_blur": cv2.GaussianBlur(image, (7, 7), 1.5),
        "erode": cv2.erode(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3), (1, 1))),
        "reflect": cv2.copyMakeBorder(image, 3, 4, 0, 0, cv2.BORDER_REFLECT_101),
        "replicate": cv2.copyMakeBorder(image, 3, 4, 0, 0, cv2.BORDER_REPLICATE),
    }
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    luma[..., 0] = cv2.equalizeHist(np.ascontiguousarray(luma[..., 0]))
    arrays["hist_eq"] = cv2.cvtColor(luma, cv2.COLOR_YCrCb2BGR)
    arrays["grey_hist_eq"] = cv2.equalizeHist(arrays["grey"])
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    arrays["jpeg"] = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    for name, method in METHODS.items():
        for size in SIZES:
            arrays[f"{name}/{size[0]}/{size[1]}"] = cv2.resize(
                image, size[::-1], interpolation=method
            )
    np.savez_compressed(
        PATH, **{key: a if a.ndim == 2 else a.transpose(2, 0, 1) for key, a in arrays.items()}
    )
