"""The compiled kernel of depthwise correlation.

An image's plane is copied with its padding, its rows and columns divided by their remainders by the stride. In what
results, all windows' elements of one kernel element are consecutive, the end of a row followed by the beginning of the
next: each element of the kernel is one long loop. Sums that belong to no window are left out in the end.
"""

from __future__ import annotations

from mycaffe_py.compiled import compiled


@compiled
def correlate(images, kernels, bias, maps, across, planes, sums, row_starts, sides, starts):
    """Write maps (N, C q, rows, columns) from images (N, C, H, W), kernels (C, q, elements) and bias (C, q).

    ``planes`` is working memory of zeros, with rows of length ``across``; ``sums`` is as large as one of the planes.
    ``row_starts`` has the beginning of each row of the image there, -1 if it has none; ``sides`` the first column of
    the image, its place in the row and the number of columns, for each remainder; ``starts`` that of each
    element of the kernel.
    """
    multiple, elements = kernels.shape[1:]
    rows, columns = maps.shape[2:]
    stride = len(sides)
    total = sums[: (rows - 1) * across + columns]
    for image in range(images.shape[0]):
        for channel in range(images.shape[1]):
            plane = images[image, channel]
            for row in range(len(row_starts)):
                for side in range(stride):
                    start, count = row_starts[row] + sides[side, 1], sides[side, 2]
                    if row_starts[row] >= 0 and count > 0:
                        line, cells = planes[start : start + count], plane[row, sides[side, 0] :]
                        if stride == 1:
                            for column in range(count):
                                line[column] = cells[column]
                        else:
                            for column in range(count):
                                line[column] = cells[column * stride]
            for number in range(multiple):
                total[:] = bias[channel, number]
                for element in range(
                    0, elements - 2, 3
                ):  # three at a time: the sums are read less often
                    first, second, third = kernels[channel, number, element : element + 3]
                    cells, middle = planes[starts[element] :], planes[starts[element + 1] :]
                    last = planes[starts[element + 2] :]
                    for place in range(len(total)):
                        total[place] += (
                            first * cells[place] + second * middle[place] + third * last[place]
                        )
                for element in range(elements - elements % 3, elements):
                    cells, factor = planes[starts[element] :], kernels[channel, number, element]
                    for place in range(len(total)):
                        total[place] += factor * cells[place]
                target = maps[image, channel * multiple + number]
                for row in range(rows):
                    line, found = target[row], total[row * across :]
                    for column in range(columns):
                        line[column] = found[column]
