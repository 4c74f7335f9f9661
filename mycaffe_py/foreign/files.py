"""Files of other formats, recognised by their first bytes, and by their name where these say nothing."""

from __future__ import annotations

import os

_MAGIC = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"GGUF", "a GGUF model"),
    (b"PK\x03\x04", "a zip archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
)
_BY_NAME = {
    ".onnx": "an ONNX model",
    ".pt": "a PyTorch file",
    ".pth": "a PyTorch file",
    ".ckpt": "a checkpoint of PyTorch or TensorFlow",
    ".pb": "a TensorFlow graph",
    ".tflite": "a TensorFlow Lite model",
    ".keras": "a Keras model",
    ".pkl": "a Python pickle",
    ".pickle": "a Python pickle",
    ".npz": "NumPy arrays (.npz)",
    ".mlmodel": "a Core ML model",
    ".engine": "a TensorRT engine",
    ".mat": "a MATLAB file",
    ".xlsx": "an Excel table",
}
_LFS = b"version https://git-lfs.github.com/spec/"
LFS_POINTER = "a Git LFS pointer, which stands for the file itself"
LFS_HINT = "fetch the file: git lfs pull"
_PAGES = (b"<!doctype html", b"<html", b"<head>")
WEB_PAGE = "a web page"
_HINTS = {
    LFS_POINTER: LFS_HINT,
    WEB_PAGE: "what was downloaded is the page about the file, or its error: get the link behind the page's "
    "download button",
}
_LOOK_AT = 512
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def foreign_kind(data: bytes, name: str | os.PathLike[str] = "") -> str | None:
    """Return what a file of another tool is, in words, or None if it is none that is known."""
    if data.startswith(_LFS):
        return LFS_POINTER
    if data[:_LOOK_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return WEB_PAGE
    by_name = _BY_NAME.get(os.path.splitext(os.fspath(name))[1].lower())
    if data[:4] == b"PK\x03\x04":
        if by_name:
            return by_name
        return "a PyTorch file" if b"data.pkl" in data[:4096] else "a zip archive"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    if data[:2] in _PICKLES and data.rstrip(b"\n").endswith(b"."):
        return by_name or "a Python pickle"
    if data[8:10] == b'{"' and int.from_bytes(data[:8], "little") < len(data):
        return "a safetensors file"
    return by_name


def stand_in(data: bytes) -> tuple[str, str] | None:
    """Return what stands where a file should be, a Git LFS pointer or a web page, and how to get the file."""
    kind = foreign_kind(data[:_LOOK_AT])
    hint = foreign_hint(kind)
    return (kind, hint) if kind and hint else None


def foreign_hint(kind: str | None) -> str | None:
    """Return how to get the file that was meant, where something stands in its place; None otherwise."""
    return _HINTS.get(kind or "")
