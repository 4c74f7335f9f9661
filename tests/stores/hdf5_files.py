"""HDF5 files that want more than to be read: each puts a dataset of shape (5, 3) at a path of a file."""

from __future__ import annotations

import io

import h5py
import numpy as np

VALUES = np.arange(15, dtype=np.float32).reshape(5, 3)


def _external(file, path):
    file.create_dataset(path, VALUES.shape, "f4", external=[("/etc/hostname", 0, VALUES.nbytes)])


def _virtual(file, path):
    layout = h5py.VirtualLayout(VALUES.shape, "f4")
    layout[:] = h5py.VirtualSource("other.h5", "data", VALUES.shape)
    file.create_virtual_dataset(path, layout)


def _external_link(file, path):
    file[path] = h5py.ExternalLink("other.h5", "/data")


def _soft_link_through_external_one(file, path):
    file["out"] = h5py.ExternalLink("other.h5", "/")
    file[path] = h5py.SoftLink("/out/data")


def _links_in_a_circle(file, path):
    file[path] = h5py.SoftLink("/around")
    file["around"] = h5py.SoftLink(f"/{path}")


def _low_level(file, path, *, dtype=np.float32, chunk=None, change=lambda made: None):
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunk:
        made.set_chunk(chunk)
    change(made)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    kind = dtype if isinstance(dtype, h5py.h5t.TypeID) else h5py.h5t.py_create(np.dtype(dtype))
    space = h5py.h5s.create_simple(VALUES.shape)
    return h5py.h5d.create(file.id, path.encode(), kind, space, dcpl=made, lcpl=links)


def _unknown_filter(file, path):
    made = _low_level(
        file, path, chunk=(5, 3), change=lambda m: m.set_filter(305, h5py.h5z.FLAG_OPTIONAL)
    )
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, VALUES)


def _scale_offset(file, path):
    file.create_dataset(path, data=VALUES, scaleoffset=2)


def _packed_twice(file, path):
    def change(made):
        made.set_deflate(1)
        made.set_deflate(1)

    _low_level(file, path, chunk=(5, 3), change=change)


def _shuffled_after_packing(file, path):
    def change(made):
        made.set_deflate(1)
        made.set_shuffle()

    _low_level(file, path, chunk=(5, 3), change=change)


def _two_packings(file, path):
    def change(made):
        made.set_filter(32000, h5py.h5z.FLAG_OPTIONAL, (4, 261, 60))
        made.set_deflate(1)

    _low_level(file, path, chunk=(5, 3), change=change)


def _bomb(file, path):
    """A chunk of 60 bytes that unpacks to 64 MiB, from 64 kB."""
    import zlib

    dataset = file.create_dataset(path, VALUES.shape, "f4", chunks=(5, 3), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(1 << 26)))


def _small_bomb(file, path):
    """A chunk of 60 bytes that unpacks to 4 kB, from 26 bytes."""
    import zlib

    dataset = file.create_dataset(path, VALUES.shape, "f4", chunks=(5, 3), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(1 << 12)))


def _short_chunk(file, path):
    import zlib

    dataset = file.create_dataset(path, VALUES.shape, "f4", chunks=(5, 3), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(8)))


def _no_gzip(file, path):
    dataset = file.create_dataset(path, VALUES.shape, "f4", chunks=(5, 3), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), b"not gzip")


def _large_chunks(file, path):
    file.create_dataset(
        path,
        VALUES.shape,
        "f4",
        chunks=(1 << 13, 1 << 13),
        maxshape=(None, None),
        compression="gzip",
    )


def _committed(file, path):
    file["type"] = np.dtype("f4")
    file.create_dataset(path, data=VALUES, dtype=file["type"])


def _other_float(file, path):
    kind = h5py.h5t.IEEE_F64LE.copy()
    kind.set_fields(63, 40, 23, 0, 40)
    _low_level(file, path, dtype=kind).write(h5py.h5s.ALL, h5py.h5s.ALL, VALUES)


def _references(file, path):
    values = np.empty(VALUES.shape, dtype=h5py.ref_dtype)
    values[...] = file.ref
    file.create_dataset(path, data=values, dtype=h5py.ref_dtype)


def _of_variable_length(file, path):
    file.create_dataset(path, VALUES.shape, dtype=h5py.vlen_dtype(np.float32))


_INSIDE = "only what is in the file itself is read"
REFUSED = {
    "external storage": (_external, f"has its data in other files: {_INSIDE}"),
    "virtual": (_virtual, f"is virtual, made of parts of other files: {_INSIDE}"),
    "external link": (_external_link, f"is a link to another file: {_INSIDE}"),
    "soft to external": (_soft_link_through_external_one, f"is a link to another file: {_INSIDE}"),
    "circle of links": (_links_in_a_circle, "has links that lead in a circle"),
    "unknown filter": (_unknown_filter, "is packed with HDF5's filter 305: only gzip, shuffle"),
    "scale offset": (_scale_offset, "is packed with HDF5's filter 6: only gzip, shuffle"),
    "gzip twice": (_packed_twice, "is packed more than once"),
    "lzf and gzip": (_two_packings, "is packed more than once"),
    "shuffled after": (_shuffled_after_packing, "is packed in an unusual order of filters"),
    "a chunk takes more": (_bomb, "is damaged: a chunk of 60 bytes takes 65,"),
    "a chunk becomes more": (_small_bomb, "is damaged: a chunk does not unpack to its 60 bytes"),
    "a chunk becomes less": (_short_chunk, "is damaged: a chunk does not unpack to its 60 bytes"),
    "no gzip": (_no_gzip, "is damaged: a chunk does not unpack to its 60 bytes"),
    "large chunks": (_large_chunks, "has compressed chunks of 256 MiB: at most 64 MiB are read"),
    "committed type": (_committed, "has a type that is stored as an object of its own"),
    "a float of its own": (_other_float, "has an unusual type: only integers and floats"),
    "references": (_references, "is references, not floats or integers"),
    "variable length": (_of_variable_length, "is of variable length, not floats or integers"),
    "compound": (
        lambda f, p: f.create_dataset(p, data=np.zeros((5, 3), "i4,f4")),
        "is a compound, not floats or integers",
    ),
    "enumeration": (
        lambda f, p: f.create_dataset(p, data=np.zeros((5, 3), bool)),
        "is an enumeration, not floats or integers",
    ),
    "texts": (
        lambda f, p: f.create_dataset(p, data=np.full((5, 3), b"a")),
        "is text, not floats or integers",
    ),
    "no values": (lambda f, p: f.create_dataset(p, data=h5py.Empty("f4")), "has no values"),
    "never written": (
        lambda f, p: f.create_dataset(p, VALUES.shape, "f4"),
        "is (5, 3), but its values were never written",
    ),
    "no chunk written": (
        lambda f, p: f.create_dataset(p, VALUES.shape, "f4", chunks=(1, 3)),
        "is (5, 3), but its values were never written",
    ),
}
"""What puts the dataset there, and what its error says."""

ACCEPTED = {
    "plain": lambda f, p: f.create_dataset(p, data=VALUES),
    "chunks": lambda f, p: f.create_dataset(p, data=VALUES, chunks=(2, 2)),
    "resized": lambda f, p: f.create_dataset(
        p, data=VALUES, chunks=(64, 64), maxshape=(None, None)
    ),
    "gzip": lambda f, p: f.create_dataset(p, data=VALUES, compression="gzip"),
    "shuffled": lambda f, p: f.create_dataset(p, data=VALUES, compression="gzip", shuffle=True),
    "checksum": lambda f, p: f.create_dataset(
        p, data=VALUES, compression="gzip", shuffle=True, fletcher32=True
    ),
    "lzf": lambda f, p: f.create_dataset(p, data=VALUES, compression="lzf", shuffle=True),
    "big-endian": lambda f, p: f.create_dataset(p, data=VALUES, dtype=">f4"),
    "float16": lambda f, p: f.create_dataset(p, data=VALUES, dtype="f2"),
    "float64": lambda f, p: f.create_dataset(p, data=VALUES, dtype="f8"),
    "integers": lambda f, p: f.create_dataset(p, data=VALUES, dtype="i8"),
    "soft link": lambda f, p: (
        f.create_dataset("elsewhere/values", data=VALUES),
        f.__setitem__(p, h5py.SoftLink("/elsewhere/./values")),
    ),
    "hard link": lambda f, p: f.__setitem__(p, f.create_dataset("elsewhere", data=VALUES)),
}
"""What is read: each puts VALUES there."""


def hdf5_bytes(*puts, libver="earliest"):
    """Return the content of a file to which each function was applied."""
    content = io.BytesIO()
    with h5py.File(content, "w", libver=libver) as file:
        for put in puts:
            put(file)
    return content.getvalue()
