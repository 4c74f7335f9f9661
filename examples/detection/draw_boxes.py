"""Find circles and squares in new images with a trained net, and paint the boxes: ``python draw_boxes.py WEIGHTS``.

Writes ``boxes.png``: eight images, four times their size, with the boxes of all objects of a score above
0.3. Circles are green, squares orange; the number is the score. Needs ``pip install "mycaffe-py[caffe]"``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from make_shapes import CIRCLE, SIZE, SQUARE, make_image
from PIL import Image, ImageDraw

import mycaffe_py as caffe

ZOOM, COLUMNS, ROWS = 4, 4, 2
COLOURS = {CIRCLE: (40, 220, 90), SQUARE: (255, 140, 0)}


def find(weights: str, images: np.ndarray) -> np.ndarray:
    """Return a row (image, class, score, xmin, ymin, xmax, ymax) for each object in images (n, 3, 64, 64)."""
    net = caffe.Net(str(Path(__file__).with_name("deploy.prototxt")), caffe.TEST, weights=weights)
    net.blobs["data"].reshape(*images.shape)
    net.blobs["data"].data[...] = (images - 127.5) / 128
    rows = net.forward()["detection_out"][0, 0]
    return rows[rows[:, 1] >= 0]


def paint(images: np.ndarray, rows: np.ndarray) -> Image.Image:
    """Return one picture of all images with the boxes of their objects."""
    side, gap = SIZE * ZOOM, 6
    picture = Image.new("RGB", (COLUMNS * (side + gap) + gap, ROWS * (side + gap) + gap), "white")
    pen = ImageDraw.Draw(picture)
    for index, image in enumerate(images):
        left = gap + (index % COLUMNS) * (side + gap)
        upper = gap + (index // COLUMNS) * (side + gap)
        shown = Image.fromarray(image[::-1].transpose(1, 2, 0))  # red, green, blue
        picture.paste(shown.resize((side, side), Image.Resampling.NEAREST), (left, upper))
        for _, kind, score, *corners in rows[rows[:, 0] == index]:
            xmin, ymin, xmax, ymax = (np.clip(corners, 0, 1) * side).tolist()
            colour = COLOURS[int(kind)]
            pen.rectangle(
                (left + xmin, upper + ymin, left + xmax, upper + ymax), outline=colour, width=3
            )
            pen.rectangle(
                (left + xmin, upper + ymin, left + xmin + 32, upper + ymin + 14), fill=colour
            )
            pen.text((left + xmin + 3, upper + ymin + 1), f"{score:.2f}", fill="black")
    return picture


def main(weights: str) -> None:
    """Draw new images, find their objects and write the picture."""
    rng = np.random.default_rng(2026)
    images = np.stack([make_image(rng)[0] for _ in range(COLUMNS * ROWS)])
    rows = find(weights, images)
    paint(images, rows).save("boxes.png")
    print(f"boxes.png: {len(rows)} objects")


if __name__ == "__main__":
    main(sys.argv[1])
