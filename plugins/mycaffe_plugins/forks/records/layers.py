"""The layers of this folder."""

from __future__ import annotations

from mycaffe_py.layer import Layer

from .annotated_data import AnnotatedData
from .dense_image_data import DenseImageData
from .image_labelmap_data import ImageLabelmapData
from .image_seg_data import ImageSegData

LAYERS: list[type[Layer]] = [AnnotatedData, DenseImageData, ImageLabelmapData, ImageSegData]
