"""Blob: an N-dimensional array with its gradient, and the forms in which it is viewed and stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .blob import (
        MAX_AXES as MAX_AXES,
        MAX_COUNT as MAX_COUNT,
        Blob as Blob,
        BlobVec as BlobVec,
        assign as assign,
        canonical_axis as canonical_axis,
        check_shape as check_shape,
        fetched as fetched,
        numbers as numbers,
    )
    from .blobproto import (
        array_from_file as array_from_file,
        array_from_proto as array_from_proto,
        array_to_proto as array_to_proto,
        is_legacy as is_legacy,
        proto_shape as proto_shape,
        shape_fits as shape_fits,
    )
    from .host_blob import (
        HostArray as HostArray,
        HostBlob as HostBlob,
        HostLayer as HostLayer,
        host_views as host_views,
        refresh_views as refresh_views,
        send_writes as send_writes,
    )
    from .stacked import FusedBlobs as FusedBlobs, StackedBlobs as StackedBlobs
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        blob="Blob BlobVec MAX_AXES MAX_COUNT assign canonical_axis check_shape fetched numbers",
        blobproto="array_from_file array_from_proto array_to_proto is_legacy proto_shape shape_fits",
        host_blob="HostArray HostBlob HostLayer host_views refresh_views send_writes",
        stacked="FusedBlobs StackedBlobs",
    )
