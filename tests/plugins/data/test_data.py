"""Data: records in key order, labels, sizes, LevelDB, bad records."""

from __future__ import annotations

import shutil
import sys

import lmdb
import numpy as np
import pytest

from mycaffe_py.errors import DataError, LayerError, MissingExtraError
from mycaffe_py.layer import TEST
from mycaffe_py.stores import DatabaseWriter

from ...storing import images, write_database


def data(source, more="batch_size: 2", rest=""):
    return f'type: "Data" data_param {{ source: "{source}" {more} }} {rest}'


@pytest.mark.parametrize("phase", [0, TEST])
def test_records_come_in_the_order_of_their_keys_and_again_from_the_start(
    build, batches, tmp_path, phase
):
    values = images(5)
    source = write_database(tmp_path / "db", values, [4, 3, 2, 1, 0])
    built = build(data(source), tops=2, phase=phase)
    assert built.top[0].shape == (2, 3, 4, 5) and built.top[1].shape == (2,)
    found = batches(built, 5)
    expected = [[0, 1], [2, 3], [4, 0], [1, 2], [3, 4]]
    for (pixels, labels), numbers in zip(found, expected, strict=True):
        np.testing.assert_array_equal(pixels, values[numbers])
        np.testing.assert_array_equal(labels, 4 - np.array(numbers))


def test_the_label_top_may_be_left_out(build, tmp_path):
    source = write_database(tmp_path / "db", images(2), [7, 8])
    built = build(data(source), tops=1)
    assert built.forward().shape == (2, 3, 4, 5)
    with pytest.raises(LayerError, match=r'layer "it" \(Data\): takes at most 2 top blobs, got 3'):
        build(data(source), tops=3)


def test_a_batch_may_be_larger_than_the_database(build, tmp_path):
    values = images(2)
    built = build(data(write_database(tmp_path / "db", values), "batch_size: 5"))
    np.testing.assert_array_equal(built.forward(), values[[0, 1, 0, 1, 0]])


@pytest.mark.parametrize("more", ["", "backend: LEVELDB", "backend: LMDB"])
def test_what_lies_there_decides_not_the_backend(build, tmp_path, more):
    values = images(2)
    source = write_database(tmp_path / "db", values)
    np.testing.assert_array_equal(build(data(source, f"batch_size: 2 {more}")).forward(), values)


def test_the_file_inside_the_folder_may_be_named(build, tmp_path):
    values = images(2)
    source = write_database(tmp_path / "db", values) / "data.mdb"
    np.testing.assert_array_equal(build(data(source)).forward(), values)


def test_float_records(build, tmp_path):
    values = np.random.default_rng(3).standard_normal((2, 1, 2, 3)).astype(np.float32)
    source = write_database(tmp_path / "db", values)
    np.testing.assert_array_equal(build(data(source)).forward(), values)


def test_encoded_records_are_blue_green_red(build, tmp_path):
    values = images(2)
    source = write_database(tmp_path / "db", values, encoded="png")
    np.testing.assert_array_equal(build(data(source)).forward(), values)


def test_encoded_gray_and_colour(build, tmp_path):
    gray, colour = images(2, (1, 4, 4)), images(2, (3, 4, 4))
    grays = write_database(tmp_path / "gray", gray, encoded="png")
    colours = write_database(tmp_path / "colour", colour, encoded="png")
    np.testing.assert_array_equal(build(data(grays)).forward(), gray)
    three = np.repeat(gray, 3, axis=1)
    force = "transform_param { force_color: true }"
    np.testing.assert_array_equal(build(data(grays, rest=force)).forward(), three)
    old = "batch_size: 2 force_encoded_color: true"
    np.testing.assert_array_equal(build(data(grays, old)).forward(), three)
    force = "transform_param { force_gray: true }"
    found = build(data(colours, rest=force)).forward()
    weighed = np.tensordot([0.114, 0.587, 0.299], colour.astype(float), (0, 1))[:, None]
    assert found.shape == (2, 1, 4, 4) and np.abs(found - weighed).max() <= 1


def test_forced_colour_leaves_plain_records_as_they_are(build, tmp_path):
    values = images(2, (1, 2, 2))
    source = write_database(tmp_path / "db", values)
    built = build(data(source, rest="transform_param { force_color: true }"))
    np.testing.assert_array_equal(built.forward(), values)


def test_each_batch_takes_its_size_from_its_first_record(build, tmp_path):
    values = [*images(2, (3, 4, 5)), *images(2, (3, 6, 2))]
    source = write_database(tmp_path / "db", values)
    built = build(data(source))
    assert built.forward().shape == (2, 3, 4, 5)
    assert built.forward().shape == (2, 3, 6, 2)
    assert built.forward().shape == (2, 3, 4, 5)


def test_a_record_of_another_size_is_named(build, tmp_path):
    values = [*images(1, (3, 4, 5)), *images(1, (3, 4, 6))]
    source = write_database(tmp_path / "db", values)
    built = build(data(source))
    with pytest.raises(DataError) as caught:
        built.forward()
    message = str(caught.value)
    assert message.startswith('layer "it" (Data): record 1 (key "00000001_image") of ')
    assert 'gives (3, 4, 6) for top "t0", but the batch began with (3, 4, 5)' in message


def test_rand_skip_leaves_out_records_by_lot(build, tmp_path):
    values = images(9, (1, 1, 1))
    source = write_database(tmp_path / "db", values)
    starts = set()
    for seed in range(20):
        built = build(data(source, "batch_size: 1 rand_skip: 4"), seed=seed)
        first, second = float(built.forward().item()), float(built.forward().item())
        start = int(np.flatnonzero(values.ravel() == first)[0])
        assert second == values[start + 1]
        starts.add(start)
    assert starts == {0, 1, 2, 3}


def test_random_selection_gives_each_pass_an_order_of_its_own(build, batches, tmp_path):
    source = write_database(tmp_path / "db", images(7), list(range(7)))
    more = "batch_size: 7 enable_random_selection: true"
    passes = [labels.tolist() for _, labels in batches(build(data(source, more), tops=2), 3)]
    assert all(sorted(one) == list(range(7)) for one in passes)
    assert len({tuple(one) for one in passes}) == 3
    again = [labels.tolist() for _, labels in batches(build(data(source, more), tops=2), 3)]
    assert again == passes
    other = batches(build(data(source, more), tops=2, seed=5), 3)
    assert [labels.tolist() for _, labels in other] != passes


def test_labels_and_pixels_come_in_the_nets_type(build, tmp_path):
    source = write_database(tmp_path / "db", images(2), [1, 2])
    built = build(data(source), tops=2, dtype=np.float32)
    built.forward()
    assert [blob.data.dtype for blob in built.top] == [np.float32, np.float32]


# What cannot be used.


@pytest.mark.parametrize(
    ("more", "rest", "message"),
    [
        ("", "", "batch_size must be at least 1"),
        ("batch_size: 2 prefetch: 0", "", "prefetch must be at least 1"),
        ("batch_size: 2 scale: 0.5", "", "scale belongs in transform_param"),
        ("batch_size: 2 crop_size: 3", "", "crop_size belongs in transform_param"),
    ],
)
def test_bad_settings(build, tmp_path, more, rest, message):
    source = write_database(tmp_path / "db", images(2))
    with pytest.raises(LayerError, match=rf'layer "it" \(Data\): {message}'):
        build(data(source, more, rest))


def test_no_source(build):
    with pytest.raises(LayerError, match="source is not set: expected the database"):
        build('type: "Data" data_param { batch_size: 2 }')


def test_a_missing_database(build, tmp_path):
    with pytest.raises(LayerError, match='database ".*nowhere" does not exist') as caught:
        build(data(tmp_path / "nowhere"))
    assert caught.value.field == "data_param.source"


def test_leveldb_says_how_to_convert(build, tmp_path):
    for name in ("CURRENT", "MANIFEST-000004", "000005.ldb"):
        (tmp_path / name).write_text("")
    with pytest.raises(DataError) as caught:
        build(data(tmp_path))
    assert "is a LevelDB database, but only LMDB is supported" in caught.value.message
    assert "plyvel" in caught.value.hint and "convert-imageset" in caught.value.hint
    assert caught.value.message.startswith('layer "it" (Data): ')
    assert caught.value.field == "data_param.source"


def test_a_folder_without_a_database(build, tmp_path):
    with pytest.raises(DataError, match=r"is not an LMDB database: there is no data\.mdb in it"):
        build(data(tmp_path))


def test_a_damaged_database(build, tmp_path):
    (tmp_path / "data.mdb").write_bytes(b"no database" * 1000)
    with pytest.raises(DataError, match="is not an LMDB database: it is a text file"):
        build(data(tmp_path))


def test_an_empty_database(build, tmp_path):
    with DatabaseWriter(tmp_path / "db"):
        pass
    with pytest.raises(LayerError, match="has no records"):
        build(data(tmp_path / "db"))


def write_records(path, *records):
    with DatabaseWriter(path) as writer:
        for index, record in enumerate(records):
            writer.put(str(index).encode(), record)
    return path


def datum(registry, **fields):
    return registry.schema.new("Datum", **fields).SerializeToString()


def test_records_with_boxes_are_named(build, registry, tmp_path):
    record = registry.schema.new("AnnotatedDatum")
    record.datum.channels = record.datum.height = record.datum.width = 1
    record.datum.data, record.type = b"a", 0
    source = write_records(tmp_path / "db", record.SerializeToString())
    with pytest.raises(DataError) as caught:
        build(data(source))
    assert "AnnotatedData" in caught.value.hint


def test_records_that_are_no_datums(build, registry, tmp_path):
    good = datum(registry, channels=1, height=1, width=1, data=b"a")
    for name, record, message in [
        ("a", b"\xff\xff\xff", "not a Datum: 3 bytes"),
        ("b", datum(registry, channels=1, height=2, width=2, data=b"abc"),
         r"it declares \(1, 2, 2\) \(channels, height, width\) but has 3 values"),
        ("e", datum(registry, channels=1 << 21, height=1 << 21, width=1 << 22),
         r"it declares \(2097152, 2097152, 4194304\) .* but has 0 values"),
        ("f", datum(registry, channels=-1, height=1, width=-1, data=b"a"),
         r"it declares \(-1, 1, -1\) .* but has 1 values"),
        ("c", datum(registry), r"it declares \(0, 0, 0\) .* but has 0 values"),
        ("d", datum(registry, encoded=True, data=b"abc"), "3 bytes that are not a complete image"),
    ]:  # fmt: skip
        with pytest.raises(DataError, match=message):
            build(data(write_records(tmp_path / name, record)))
        built = build(data(write_records(tmp_path / f"{name}2", good, record)))
        with pytest.raises(DataError, match=message) as caught:
            built.forward()
        assert 'layer "it" (Data): ' in str(caught.value)
        assert 'record 1 (key "1") of ' in str(caught.value)


def test_a_missing_extra(build, tmp_path, monkeypatch):
    source = write_database(tmp_path / "db", images(2), encoded="png")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError) as caught:
        build(data(source))
    assert 'pip install "mycaffe-py[image]"' in caught.value.hint


def test_a_database_that_is_replaced_after_the_net_was_built(build, tmp_path):
    source = write_database(tmp_path / "db", images(2))
    built = build(data(source))
    shutil.rmtree(source)
    write_database(source, images(3))
    with pytest.raises(DataError, match="had 2 records when the net was built and has 3 now"):
        built.forward()


def test_many_layers_share_one_database(build, batches, tmp_path):
    values = images(4)
    source = write_database(tmp_path / "db", values)
    first, second = build(data(source)), build(data(source), phase=TEST)
    np.testing.assert_array_equal(first.forward(), values[:2])
    np.testing.assert_array_equal(second.forward(), values[:2])
    np.testing.assert_array_equal(first.forward(), values[2:])
    for built in (first, second):
        built.layer.close()
    np.testing.assert_array_equal(first.forward(), values[:2])


def test_a_database_is_closed_when_no_layer_uses_it(build, tmp_path):
    source = write_database(tmp_path / "db", images(2))
    built = build(data(source))
    built.forward()
    built.layer.close()
    del built
    with lmdb.open(str(source), lock=False) as again:  # a second one would be refused by lmdb
        assert again.stat()["entries"] == 2
