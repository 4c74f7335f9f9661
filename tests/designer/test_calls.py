"""Bodies as they come, and answers as they go."""

from __future__ import annotations

import json

import pytest
from mycaffe_plugins.designer.calls import Call, failure, read_object
from mycaffe_plugins.designer.faults import Fault, dumps

from mycaffe_py.errors import ConfigError, MissingFileError

MALFORMED = {
    "no JSON": b"x",
    "half": b'{"a": ',
    "two values": b"{} {}",
    "a list": b"[1]",
    "a number": b"1",
    "null": b"null",
    "not a number": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "half a character": b'{"a": "\\ud800"}',
    "half a character in a name": b'{"\\udfff": 1}',
    "an endless number": b'{"a": ' + b"9" * 10_000 + b"}",
    "a control character": b'{"a": "\x00"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_bodies_are_refused_in_words(body):
    with pytest.raises(Fault) as fault:
        read_object(body)
    assert fault.value.status == 400 and fault.value.message


def test_good_bodies_are_read():
    assert read_object(b"") == {} == read_object(b" \n")
    assert read_object('{"a": "\\ud83d\\ude00 ü"}'.encode()) == {"a": "\U0001f600 ü"}


def call(**body):
    return Call(None, {}, {}, body)


@pytest.mark.parametrize("value", [1, True, [], {}, "x" * 301])
def test_a_text_is_a_text_of_a_length(value):
    with pytest.raises(Fault, match='"a" must be a text of at most 300'):
        call(a=value).text("a")


@pytest.mark.parametrize("value", ["1", 1.5, True, -1, 11, 10**30, [1]])
def test_a_number_is_whole_and_in_its_range(value):
    with pytest.raises(Fault, match="whole number from 0 to 10"):
        call(a=value).whole("a", 0, 10)


@pytest.mark.parametrize("value", ["x", 1, ["stop"], {}])
def test_a_choice_is_one_of_few(value):
    with pytest.raises(Fault, match="one of stop, snapshot"):
        call(a=value).choice("a", ("stop", "snapshot"))


@pytest.mark.parametrize("value", ["x", 1, []])
def test_an_object_is_an_object(value):
    with pytest.raises(Fault, match="an object"):
        call(a=value).mapping("a")


def test_what_is_missing_is_said_and_null_counts_as_missing():
    for one in (call(), call(a=None)):
        with pytest.raises(Fault, match='"a" is missing'):
            one.text("a")
        assert one.text("a", None) is None and one.whole("a", 0, 1, 7) == 7


@pytest.mark.parametrize("text", ["x", "1.5", "1e3", "-1", "5001", "9" * 400, "٣"])
def test_a_number_of_the_query_is_whole_and_in_its_range(text):
    with pytest.raises(Fault, match="whole number from 0 to 5,000"):
        Call(None, {}, {"most": text}).asked("most", 0, 5000)
    assert Call(None, {}, {"most": ""}).asked("most", 0, 5000, 3) == 3


def test_numbers_that_are_not_finite_become_null():
    nan, inf = float("nan"), float("inf")
    assert json.loads(dumps({"a": [1.0, nan], "b": {"c": (inf, -inf)}})) == {
        "a": [1.0, None],
        "b": {"c": [None, None]},
    }


def test_json_is_one_line():
    assert "\n" not in dumps({"a": "x\ny\r\u2028"}).replace("\u2028", "")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Fault(409, "changed", text="x"), 409, "H409"),
        (ConfigError("wrong", hint="do this"), 422, "E200"),
        (MissingFileError("gone"), 404, "E310"),
        (MemoryError(), 422, "E260"),
        (ZeroDivisionError("a secret of the server"), 500, "E000"),
    ],
)
def test_each_error_becomes_words_and_a_status(error, status, code, capsys):
    answer = failure(error)
    assert answer.status_code == status
    said = json.loads(answer.body)
    assert said["error"]["code"] == code and said["error"]["message"]
    assert b"secret" not in answer.body and b"Traceback" not in answer.body
    assert ("secret" in capsys.readouterr().err) == (status == 500)
