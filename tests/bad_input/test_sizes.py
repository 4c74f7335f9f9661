"""Files that claim to be huge: each is refused, or looked at, in little memory. Each runs in a process of its own."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zlib

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.posix,
    pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere"),
]

MOST = 1 << 20
"""KiB: what a verb may take at most."""
LONGEST = 120
"""Seconds after which a verb counts as hanging; it takes some."""

# Runs verbs in forked processes, each for itself: the peak of memory is that of one verb.
RUN = """
import json, os, signal, sys
from click.testing import CliRunner
from mycaffe_py.cli.app import app
import mycaffe_py.cli.actions.check, mycaffe_py.cli.actions.draw, mycaffe_py.cli.actions.train
from mycaffe_py.plugins import default_registry
default_registry()
for line in json.load(sys.stdin):
    reading, writing = os.pipe()
    number = os.fork()
    if not number:
        signal.alarm({longest})
        result = CliRunner().invoke(app, line)
        os.write(writing, json.dumps([result.exit_code, result.output[:4000]]).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        answer = file.read()
    _, status, used = os.wait4(number, 0)
    code, output = json.loads(answer) if answer else [None, "no answer"]
    print(json.dumps([line, code, output, used.ru_maxrss]), flush=True)
""".replace("{longest}", str(LONGEST))

BIG = 2_000_000_000
LAYERS = {
    "pooling": ("Pooling", f"pooling_param {{ kernel_size: {BIG} pad: {BIG - 1} }}"),
    "one window": ("Pooling", f"pooling_param {{ kernel_size: {BIG} pad: {BIG - 1} stride: {BIG} }}"),
    "far windows": ("Pooling", f"pooling_param {{ kernel_size: {BIG} pad: {BIG // 2} stride: 1000000 }}"),
    "averages": ("Pooling", f"pooling_param {{ pool: AVE kernel_size: {BIG} pad: {BIG - 1} }}"),
    "outputs": ("Convolution", f"convolution_param {{ num_output: {BIG} kernel_size: 3 }}"),
    "kernel": ("Convolution", f"convolution_param {{ num_output: 1 kernel_size: {BIG} pad: {BIG} }}"),
    "wide kernel": ("Convolution", "convolution_param { num_output: 1 kernel_size: 30000 pad: 20000 }"),
    "dilation": ("Convolution", f"convolution_param {{ num_output: 1 kernel_size: 3 dilation: {BIG} pad: {BIG} }}"),
    "groups": ("Convolution", f"convolution_param {{ num_output: {BIG} kernel_size: 3 group: {BIG} }}"),
    "stride": ("Deconvolution", f"convolution_param {{ num_output: 3 kernel_size: 3 stride: {BIG} }}"),
    "product": ("InnerProduct", f"inner_product_param {{ num_output: {BIG} weight_filler {{ type: 'xavier' }} }}"),
    "large product": ("InnerProduct", "inner_product_param { num_output: 5000000 weight_filler { type: 'xavier' } }"),
    "tiles": ("Tile", f"tile_param {{ tiles: {BIG} }}"),
    "neighbours": ("LRN", f"lrn_param {{ local_size: {BIG + 1} }}"),
    "pyramid": ("SPP", "spp_param { pyramid_height: 4000000000 }"),
    "reshape": ("Reshape", f"reshape_param {{ shape {{ dim: {BIG} dim: -1 }} }}"),
    "top k": ("ArgMax", f"argmax_param {{ top_k: {BIG} }}"),
}  # fmt: skip
LIQUID = {
    "hidden": f"cfc_param {{ input_features: 1 hidden_size: {BIG} output_features: 1 }}",
    "backbone": "cfc_param { input_features: 1 hidden_size: 4 output_features: 1 } "
    f"cfc_unit_param {{ backbone_units: 4 backbone_layers: {BIG} }}",
    "wiring": "cfc_param { input_features: 1 hidden_size: 1000000 output_features: 1 } "
    "wiring_param { type: FULLY_CONNECTED }",
    "ltc": "cfc_param { input_features: 1 output_features: 1 cell_type: LTC } ltc_unit_param { hidden_size: 30000 }",
}
DATA = 'layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }'
SERIES = (
    'layer { name: "d" type: "Input" top: "x" top: "t" '
    "input_param { shape { dim: 1 dim: 5 dim: 1 } shape { dim: 1 dim: 5 dim: 1 } } }"
)
NETS = {
    **{
        name: f'{DATA} layer {{ name: "it" type: "{kind}" bottom: "x" top: "y" {settings} }}'
        for name, (kind, settings) in LAYERS.items()
    },
    **{
        name: f'{SERIES} layer {{ name: "it" type: "CFC" bottom: "x" bottom: "t" top: "y" {settings} }}'
        for name, settings in LIQUID.items()
    },
    "dummy": f'layer {{ name: "d" type: "DummyData" top: "x" dummy_data_param {{ shape {{ dim: {BIG} }} }} }}',
    "input": f'layer {{ name: "d" type: "Input" top: "x" input_param {{ shape {{ dim: {BIG} dim: {BIG} }} }} }}',
    "parameter": f'layer {{ name: "d" type: "Parameter" top: "x" parameter_param {{ shape {{ dim: {BIG} }} }} }}',
    "deep": "layer { " + "a { " * 20_000,
    "axes": DATA.replace("dim: 2", "dim: 2 " * 10_000),
    "digits": "name: " + "9" * 500_000,
    "text": "#" * (5 << 20),
}


def measured(folder, lines):
    """Run verbs in ``folder``; yield (words, exit code, output, peak in KiB)."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN],
        input=json.dumps(lines), cwd=folder, capture_output=True, text=True, timeout=30 * LONGEST,
        env={**os.environ, "MYCAFFE_MEMORY": "700M", "MYCAFFE_FAST": "0"},
    )  # fmt: skip
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(found) == len(lines), result.stderr
    return found


def assert_small(found):
    for words, code, output, peak in found:
        assert code in (0, 2, 3, 5) and "E000" not in output, f"{words}: {code}\n{output}"
        assert peak < MOST, f"{words}: {peak >> 10} MiB\n{output}"


@pytest.mark.parametrize("verb", ["check", "draw", "train"])
def test_nets(tmp_path, verb):
    lines = []
    for name, text in NETS.items():
        stem = name.replace(" ", "_")
        (tmp_path / f"{stem}.prototxt").write_text(text)
        (tmp_path / f"{stem}_solver.prototxt").write_text(
            f'net: "{stem}.prototxt" type: "SGD" base_lr: 0.01 lr_policy: "fixed" max_iter: 1'
        )
        lines.append({
            "check": ["check", f"{stem}.prototxt"],
            "draw": ["draw", f"{stem}.prototxt", f"{stem}.svg"],
            "train": ["train", "--solver", f"{stem}_solver.prototxt", "--device", "cpu", "-q"],
        }[verb])  # fmt: skip
    assert_small(measured(tmp_path, lines))


def png(width, height):
    """Return a gray picture of zeros: some 1,000 times smaller than its pixels."""

    def chunk(kind, data):
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_images_and_files_of_holes(tmp_path):
    (tmp_path / "big.png").write_bytes(png(13_000, 13_000))
    (tmp_path / "list.txt").write_text("big.png 1\n")
    for name in ("holes.caffemodel", "holes.prototxt", "holes.csv"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(3 << 30)
    (tmp_path / "net.prototxt").write_text(NETS["top k"].replace(str(BIG), "2"))
    found = measured(tmp_path, [
        ["convert-imageset", ".", "list.txt", "out_lmdb"],
        ["check", "holes.prototxt"],
        ["test", "--model", "net.prototxt", "--weights", "holes.caffemodel"],
        ["check", "/dev/zero"],
        ["test", "--model", "net.prototxt", "--weights", "/dev/zero"],
        ["train", "--solver", "series.prototxt", "--set", "csv_file=holes.csv", "--device", "cpu"],
        ["train", "--solver", "series.prototxt", "--set", "csv_file=/dev/zero", "--device", "cpu"],
    ])  # fmt: skip
    assert_small(found)
    assert all(code for _, code, _, _ in found)
    assert "an image of 13000 x 13000 is too large" in found[0][2]
    assert "holes" in found[2][2] and "a device, not a file" in found[3][2] + found[4][2]


def test_the_largest_image_that_is_read_fits(tmp_path):
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8000, 6250)).save(file, "PNG")
    (tmp_path / "big.png").write_bytes(file.getvalue())
    (tmp_path / "list.txt").write_text("big.png 1\n")
    line = [
        "convert-imageset",
        "--resize-height",
        "8",
        "--resize-width",
        "8",
        ".",
        "list.txt",
        "db",
    ]
    found = measured(tmp_path, [line])
    assert_small(found)
    assert found[0][1] == 0, found
