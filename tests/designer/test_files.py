"""Files are read and written byte for byte, and a change by another program is never overwritten."""

from __future__ import annotations

import hashlib
import stat

import pytest
from mycaffe_plugins.designer.faults import Fault
from mycaffe_plugins.designer.files import read_file, write_file
from mycaffe_plugins.designer.guard import LARGEST_BODY


def mark(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "solver.prototxt"
    file.write_bytes(b"base_lr: 0.01\r\n# \xc3\xbc\n")
    return file


def test_the_text_is_exact(path):
    found = read_file(path)
    assert found == {
        "text": "base_lr: 0.01\r\n# ü\n",
        "etag": mark(path.read_bytes()),
        "name": "solver.prototxt",
        "readonly": False,
        "bom": False,
    }


def test_a_byte_order_mark_is_its_first_character(path):
    path.write_bytes(b"\xef\xbb\xbfbase_lr: 1")
    found = read_file(path)
    assert found["bom"] and found["text"] == "\ufeffbase_lr: 1"
    etag = write_file(path, "\ufeffbase_lr: 2", found["etag"])
    assert path.read_bytes() == b"\xef\xbb\xbfbase_lr: 2" and etag == mark(path.read_bytes())


def test_what_is_written_is_what_was_given(path):
    text = "a\r\nb\rc\n\td ü"
    etag = write_file(path, text, mark(path.read_bytes()))
    assert path.read_bytes() == text.encode() and etag == mark(text.encode())


def test_a_file_that_another_program_changed_is_not_overwritten(path):
    old = mark(path.read_bytes())
    path.write_text("theirs")
    with pytest.raises(Fault) as fault:
        write_file(path, "mine", old)
    assert fault.value.status == 409 and path.read_text() == "theirs"
    assert fault.value.more == {"text": "theirs", "etag": mark(b"theirs")}
    assert "changed by another program" in fault.value.message


def test_a_file_that_another_program_removed_is_not_made_anew_unasked(path):
    old = mark(path.read_bytes())
    path.unlink()
    with pytest.raises(Fault) as fault:
        write_file(path, "mine", old)
    assert fault.value.status == 409 and fault.value.more == {"text": None, "etag": None}
    assert not path.exists()
    write_file(path, "mine", None)
    assert path.read_text() == "mine"


def test_a_new_file_does_not_replace_one_that_has_come_meanwhile(path):
    with pytest.raises(Fault) as fault:
        write_file(path, "mine", None)
    assert fault.value.status == 409


def test_a_file_marked_read_only_stays_as_it_is(path):
    path.chmod(0o444)
    found = read_file(path)
    assert found["readonly"]
    with pytest.raises(Fault, match="Not saved: the file is read-only") as fault:
        write_file(path, "mine", found["etag"])
    assert fault.value.status == 403 and path.read_bytes().startswith(b"base_lr")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_mode_of_the_file_stays(path, mode):
    path.chmod(mode)
    write_file(path, "new", mark(path.read_bytes()))
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\xff\xfeb\x00", "not text in UTF-8"), (b"#" * (LARGEST_BODY + 1), "larger than 2 MB")],
)
def test_files_that_cannot_be_edited_are_refused_in_words(path, data, words):
    path.write_bytes(data)
    with pytest.raises(Fault, match=words) as fault:
        read_file(path)
    assert fault.value.status == 422


def test_a_folder_or_nothing_is_no_file(tmp_path):
    for place in (tmp_path, tmp_path / "gone"):
        with pytest.raises(Fault) as fault:
            read_file(place)
        assert fault.value.status == 404
