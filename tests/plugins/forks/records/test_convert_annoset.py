"""``mycaffe convert-annoset``: PASCAL VOC's files, COCO's and lines of numbers become records of SSD."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from mycaffe_plugins.forks.records.annotations import read_annotations

from mycaffe_py.cli.app import app
from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import datum_to_array, decode_image, encode_image, open_database, resample

from ....storing import images

VALUES = images(2, (3, 40, 60))
MAP = """
item { name: "none_of_the_above" label: 0 display_name: "background" }
item { name: "cat" label: 1 display_name: "cat" }
item { name: "dog" label: 2 display_name: "dog" }
"""
VOC = """<annotation><folder>VOC</folder><size><width>60</width><height>40</height><depth>3</depth></size>
<object><name>dog</name><difficult>0</difficult><bndbox><xmin>6</xmin><ymin>4</ymin><xmax>30</xmax><ymax>20</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>
<object><name>cat</name><difficult>1</difficult><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>60</xmax><ymax>40</ymax></bndbox></object>
<object><name>dog</name><bndbox><xmin>30.5</xmin><ymin>10</ymin><xmax>45</xmax><ymax>30</ymax></bndbox></object></annotation>
"""
COCO = {
    "image": {"height": 40, "width": 60},
    "annotation": [
        {"category_id": "dog", "bbox": [6, 4, 24, 16], "iscrowd": 0},
        {"category_id": "cat", "bbox": [0, 0, 60, 40], "iscrowd": 1},
        {"category_id": "dog", "bbox": [30.5, 10, 14.5, 20], "iscrowd": 0},
    ],
}
LINES = "2 6 4 30 20\n1 0 0 60 40\n\n2 30.5 10 45 30\n"
ROWS = [
    [2, 0, 0.1, 0.1, 0.5, 0.5],
    [2, 1, 30.5 / 60, 0.25, 0.75, 0.75],
    [1, 0, 0, 0, 1, 1],
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for index, image in enumerate(VALUES):
        (tmp_path / f"{index}.png").write_bytes(encode_image(image, "png"))
    (tmp_path / "map.prototxt").write_text(MAP)
    (tmp_path / "a.xml").write_text(VOC)
    (tmp_path / "a.json").write_text(json.dumps(COCO))
    (tmp_path / "a.txt").write_text(LINES)
    (tmp_path / "empty.xml").write_text("<annotation></annotation>")
    (tmp_path / "list.txt").write_text("0.png a.xml\n1.png empty.xml\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convert(*options, verb="convert-annoset", detection=True, database="db"):
    given = ["--anno-type", "detection"] if detection else []
    return CliRunner().invoke(app, [verb, *given, *options, ".", "list.txt", database])


def records(path="db"):
    parse = default_registry().schema.message_class("AnnotatedDatum").FromString
    return [(key, parse(value)) for key, value in open_database(path)]


MAPPED = ("--label-map-file", "map.prototxt")


@pytest.mark.parametrize("kind", ["xml", "json", "txt"])
def test_each_form(folder, kind):
    (folder / "list.txt").write_text(f"0.png a.{kind}\n")
    result = convert("--label-type", kind, *(MAPPED if kind != "txt" else ()))
    assert (result.exit_code, result.stdout) == (0, "db\n"), result.output
    ((key, record),) = records()
    assert key == b"00000000_0.png"
    np.testing.assert_array_equal(datum_to_array(record.datum), VALUES[0])
    found = read_annotations(record)
    rows = np.column_stack((found.labels, found.instances, found.boxes))
    np.testing.assert_allclose(rows, ROWS, rtol=1e-6)
    assert found.difficult.tolist() == ([False, False, True] if kind != "txt" else [False] * 3)


def test_caffes_spelling_and_images_without_objects(folder):
    result = convert("-label_map_file=map.prototxt", "-encoded", verb="convert_annoset")
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == ["A total of 2 images.", "Processed 2 files."]
    (_, first), (_, second) = records()
    assert first.datum.encoded and first.datum.data == (folder / "0.png").read_bytes()
    assert second.HasField("type") and not second.annotation_group


def test_sizes_and_kinds_of_images(folder):
    assert convert(*MAPPED, "--resize-height", "20", "--resize-width", "25").exit_code == 0
    (_, first), _ = records()
    np.testing.assert_array_equal(datum_to_array(first.datum), resample(VALUES[0], (20, 25)))
    np.testing.assert_allclose(read_annotations(first).boxes[0], [0.1, 0.1, 0.5, 0.5], rtol=1e-6)
    for options, shape in (
        (("--min-dim", "20"), (3, 20, 30)),
        (("--max-dim", "30"), (3, 20, 30)),
        (("--min-dim", "20", "--max-dim", "24"), (3, 16, 24)),
        (("--gray", "--encode-type", "jpg"), (1, 40, 60)),
    ):
        database = "-".join(options).strip("-")
        result = convert(*MAPPED, *options, "--check-size", database=database)
        assert result.exit_code == 0, result.output
        (_, first), _ = records(database)
        values = datum_to_array(first.datum, None)
        assert values.shape == shape
        if first.datum.encoded:
            assert (
                first.datum.data[:2] == b"\xff\xd8"
                and decode_image(first.datum.data).shape == shape
            )


def test_shuffled(folder):
    (folder / "list.txt").write_text("".join(f"{n % 2}.png empty.xml\n" for n in range(20)))
    assert convert(*MAPPED, "--shuffle", "--seed", "3").exit_code == 0
    names = [key[9:] for key, _ in records()]
    assert (
        sorted(names) == [b"0.png"] * 10 + [b"1.png"] * 10 and names[:4] != [b"0.png", b"1.png"] * 2
    )


def test_classes_of_whole_images(folder):
    (folder / "list.txt").write_text("0.png 3\n1.png 7\n")
    assert convert(detection=False).exit_code == 0
    assert [(r.datum.label, r.HasField("type")) for _, r in records()] == [(3, False), (7, False)]


BIG = "9" * 400
"""A number of JSON that no float holds."""


def coco(box="[1, 2, 3, 4]", width="10"):
    item = f'{{"category_id": "dog", "bbox": {box}}}'
    return f'{{"image": {{"height": 8, "width": {width}}}, "annotation": [{item}]}}'


@pytest.mark.parametrize("width", ["Infinity", "null", '"wide"', "-1"])
def test_a_size_that_is_none_is_that_of_the_image(folder, width):
    (folder / "a.json").write_text(coco(width=width))
    (folder / "list.txt").write_text("0.png a.json\n")
    assert convert("--label-type", "json", *MAPPED).exit_code == 0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.xml", "<annotation>", "it is no XML"),
        ("a.xml", VOC.replace("<ymin>4</ymin>", ""), "does not have four numbers"),
        ("a.xml", VOC.replace("30.5", "nan"), "box 3 is no finite number"),
        ("a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]>" + VOC, "document type"),
        ("a.json", "[", "it is not of the form"),
        ("a.json", '{"annotation": [{"category_id": "dog", "bbox": [1, 2]}]}', "four numbers"),
        ("a.txt", "1 2 3 4\n", "line 1 is not a class"),
        ("a.txt", "cat 2 3 4 5\n", "line 1 is not a class"),
        ("a.json", None, "does not exist"),
        ("a.json", coco(box=f"[1, 2, 3, {BIG}]"), "four numbers"),
        ("a.json", coco(width=BIG), "a side of the image has more than"),
        ("a.txt", "--2 2 3 4 5\n", "line 1 is not a class"),
        ("a.txt", "9999999999 2 3 4 5\n", "line 1: class 9999999999 is too large"),
    ],
)
def test_files_that_cannot_be_read_are_skipped(folder, name, text, words):
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    (folder / "good.txt").write_text("")
    (folder / "list.txt").write_text(
        f"0.png {name}\n0.png a.{'xml' if name != 'a.xml' else 'json'}\n"
    )
    kind = name.rpartition(".")[2]
    result = convert("--label-type", kind, *(MAPPED if kind != "txt" else ()))
    assert words in result.stderr and name in result.stderr
    assert "Could not read ./0.png or what belongs to it" in result.stderr
    assert "Traceback" not in result.output and result.exit_code == 2
    assert "none of the 2 images" in result.stderr and not (folder / "db").exists()


def test_odd_boxes_are_kept_with_a_warning(folder):
    (folder / "a.txt").write_text("1 50 10 70 20\n1 9 9 5 5\n")
    (folder / "a.xml").write_text(VOC.replace("<width>60", "<width>120"))
    (folder / "list.txt").write_text("0.png a.txt\n")
    result = convert("--label-type", "txt")
    assert result.exit_code == 0
    assert "box 1 is not all in the image" in result.stderr
    assert "box 2 ends before it begins" in result.stderr
    (folder / "list.txt").write_text("0.png a.xml\n")
    result = convert(*MAPPED, database="other")
    assert "it says 40 x 120 (height, width), but the image is 40 x 60" in result.stderr
    ((_, record),) = records("other")
    np.testing.assert_allclose(read_annotations(record).boxes[0], [0.05, 0.1, 0.25, 0.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), 2, "--label-type xml needs --label-map-file"),
        ((*MAPPED, "--seed", "3"), 2, "without --shuffle"),
        ((*MAPPED, "--resize-width", "3"), 2, "given together"),
        ((*MAPPED, "--resize-width", "3", "--resize-height", "3", "--min-dim", "3"), 2, "not both"),
        ((*MAPPED, "--backend", "leveldb"), 2, "LevelDB"),
        ((*MAPPED, "--encode-type", "gif"), 2, 'written as "gif"'),
        (("--label-map-file", "lost.prototxt"), 3, "lost.prototxt"),
        (("--label-map-file", "list.txt"), 2, "list.txt"),
        (("--label-map-file", "few.prototxt"), 2, 'a.xml: class "dog" is not in the label map'),
        (("--label-map-file", "no.prototxt"), 2, "names no class"),
        (("--label-map-file", "twice.prototxt", "--check-label"), 2, "twice"),
    ],
)
def test_mistakes(folder, options, code, words):
    (folder / "few.prototxt").write_text('item { name: "cat" label: 1 }')
    (folder / "no.prototxt").write_text("")
    (folder / "twice.prototxt").write_text(MAP + 'item { name: "cow" label: 2 }')
    result = convert(*options)
    assert words in result.stderr and "Traceback" not in result.output, result.output
    assert result.exit_code == code and not (folder / "db").exists()
