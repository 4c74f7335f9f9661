"""Kernels of convolutions of small images, without columns: sums over the taps of each place.

Images are worked on as [place][image][channel], some at a time. One sweep computes maps, gradients of images and those
of weights: at each target (a place of the maps, a place of the images, an element of the kernel) it adds up products of
small matrices over a box of taps. Boxes at the border are smaller, so that padding costs nothing.

All arguments but the tables of :mod:`.taps` are numbers: addresses, and strides in bytes.
"""

from __future__ import annotations

from typing import Any

from mycaffe_py.compiled import HOST, compiled, inlined, kernel_source, merged

from .tap_tiles import square_tile, tap_tile

kernel_source(__name__)

_WIDTH = HOST.width
_REGISTERS = 32 if HOST.tall[0] == 8 else 16  # eight rows of two vectors need 32
_whole, _four, _one = square_tile(), square_tile(4), square_tile(1)


@inlined
def _side(lanes, rows, columns):
    """The side of the largest square tile that fits."""
    least = min(rows, columns)
    return lanes if least >= lanes else 4 if least >= 4 else 1


@inlined
def _square(like, side, lanes, source, source_row, out, out_row):
    if side == lanes:
        _whole(like, source, source_row, out, out_row)
    elif side == 4:
        _four(like, source, source_row, out, out_row)
    else:
        _one(like, source, source_row, out, out_row)


@compiled
def turn(like, size, rows, columns, source, source_row, out, out_row):
    """out[c, r] = source[r, c]; the last squares overlap those before."""
    lanes = _WIDTH // size
    side = _side(lanes, rows, columns)
    column = 0
    while column < columns:
        column = min(column, columns - side)
        row = 0
        while row < rows:
            row = min(row, rows - side)
            at, to = source + row * source_row + column * size, out + column * out_row + row * size
            _square(like, side, lanes, at, source_row, to, out_row)
            row += side
        column += side


def _sweep(vectors: int) -> Any:
    """Return the sweep over all targets, for a strip of that many vectors of columns.

    Tiles are as high as the registers allow: a sum for each row and vector, the vectors, and one more.
    """
    highest = min(8, (_REGISTERS - 1 - vectors) // vectors)
    high, four, single = (tap_tile(rows, vectors) for rows in (highest, 4, 1))

    @merged
    def sweep(
        like, down, across, steps, rows, inner, a, a_width, a_place, a_row, a_column,
        x, x_width, x_place, x_row, start, start_target, start_row, out, out_target, out_row,
    ):  # fmt: skip
        a_down, a_across = steps[0] * a_width * a_place, steps[1] * a_place
        x_down, x_across = steps[2] * x_width * x_place, steps[3] * x_place
        # Where a step across goes on where the rows before end, both are one loop.
        joined = a_across == inner * a_column and x_across == inner * x_row
        for y in range(down.shape[0]):
            for z in range(across.shape[0]):
                wide, deep = across[z, 0], inner
                if joined and wide > 0:
                    wide, deep = 1, inner * wide
                a_at = a + (down[y, 1] * a_width + across[z, 1]) * a_place
                x_at = x + (down[y, 2] * x_width + across[z, 2]) * x_place
                start_at, out_at, left = start, out, rows
                while left > 0:
                    # Two or three rows that are left take longer than two tiles of four rows.
                    if left >= highest and left - highest != 2 and left - highest != 3:
                        high(
                            like, down[y, 0], a_down, x_down, wide, a_across, x_across, deep,
                            a_at, a_row, a_column, x_at, x_row, start_at, start_row, out_at, out_row,
                        )  # fmt: skip
                        height = highest
                    elif left >= 4:
                        four(
                            like, down[y, 0], a_down, x_down, wide, a_across, x_across, deep,
                            a_at, a_row, a_column, x_at, x_row, start_at, start_row, out_at, out_row,
                        )  # fmt: skip
                        height = 4
                    else:
                        single(
                            like, down[y, 0], a_down, x_down, wide, a_across, x_across, deep,
                            a_at, a_row, a_column, x_at, x_row, start_at, start_row, out_at, out_row,
                        )  # fmt: skip
                        height = 1
                    a_at, left = a_at + height * a_row, left - height
                    start_at, out_at = start_at + height * start_row, out_at + height * out_row
                start, out = start + start_target, out + out_target

    return sweep


_sweep_1, _sweep_2, _sweep_3 = _sweep(1), _sweep(2), _sweep(3)


@inlined
def strip_width(left):
    """The next strip's number of vectors, of the ``left`` that remain: pairs, and at the end three."""
    return 2 if left == 2 or left > 3 else left


@compiled
def turn_images(like, size, images, channels, places, source, image, out, out_row, width):
    """out[place, image, channel] = source[image, channel, place]; images of out are ``width`` channels apart."""
    lanes = _WIDTH // size
    side = _side(lanes, channels, places)
    source_row = places * size
    place = 0
    while place < places:
        place = min(place, places - side)
        # All images at the same places: what is written is adjacent.
        for number in range(images):
            channel = 0
            while channel < channels:
                channel = min(channel, channels - side)
                _square(
                    like, side, lanes,
                    source + number * image + channel * source_row + place * size, source_row,
                    out + place * out_row + (number * width + channel) * size, out_row,
                )  # fmt: skip
                channel += side
        place += side


@compiled
def turn_back(like, size, images, channels, places, source, source_row, width, out, image):
    """out[image, channel, place] = source[place, image, channel]."""
    for number in range(images):
        turn(
            like, size, places, channels, source + number * width * size, source_row,
            out + number * image, places * size,
        )  # fmt: skip


@compiled
def pack_outputs(like, size, outputs, inner, weight, out):
    """Store a weight (outputs, inner) as strips of columns for :func:`correlate`: (inner, outputs of the strip)."""
    lanes, done = _WIDTH // size, 0
    while done < outputs:
        wide = strip_width((outputs - done + lanes - 1) // lanes) * lanes
        turn(
            like, size, min(wide, outputs - done), inner, weight + done * inner * size, inner * size,
            out + done * inner * size, wide * size,
        )  # fmt: skip
        done += wide


@compiled
def pack_channels(like, size, outputs, channels, taps, weight, out):
    """Store a weight (outputs, channels, taps) as strips of its channels: (outputs, taps, channels of the strip)."""
    lanes, done = _WIDTH // size, 0
    while done < channels:
        wide = strip_width((channels - done + lanes - 1) // lanes) * lanes
        strip = out + done * outputs * taps * size
        for output in range(outputs):
            turn(
                like, size, min(wide, channels - done), taps,
                weight + (output * channels + done) * taps * size, taps * size,
                strip + output * taps * wide * size, wide * size,
            )  # fmt: skip
        done += wide


@compiled
def sum_taps(
    like, size, down, across, steps, rows, inner, columns, a, a_width, a_place, a_row, a_column,
    x, x_width, x_place, x_row, packed, start, start_target, start_row, out, out_target, out_row,
):  # fmt: skip
    """out[target] = start[target] + the sum over its taps of a[place] (rows, inner) x[other place] (inner, columns).

    ``columns`` are whole vectors. Where x is a packed weight, ``packed`` is its number of taps, else 0; then its
    strides depend on the strip, and those given are not used.
    """
    lanes, done = _WIDTH // size, 0
    while done < columns:
        vectors = strip_width((columns - done) // lanes)
        wide = vectors * lanes * size
        x_at = x + done * size
        if packed:
            x_at, x_place, x_row = x + done * inner * packed * size, wide, packed * wide
        if vectors == 1:
            _sweep_1(
                like, down, across, steps, rows, inner, a, a_width, a_place, a_row, a_column, x_at, x_width,
                x_place, x_row, start, start_target, start_row, out, out_target, out_row,
            )  # fmt: skip
        elif vectors == 2:
            _sweep_2(
                like, down, across, steps, rows, inner, a, a_width, a_place, a_row, a_column, x_at, x_width,
                x_place, x_row, start, start_target, start_row, out, out_target, out_row,
            )  # fmt: skip
        else:
            _sweep_3(
                like, down, across, steps, rows, inner, a, a_width, a_place, a_row, a_column, x_at, x_width,
                x_place, x_row, start, start_target, start_row, out, out_target, out_row,
            )  # fmt: skip
        done, start, out = done + vectors * lanes, start + wide, out + wide
