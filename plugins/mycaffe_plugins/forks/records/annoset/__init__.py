"""The verb ``convert-annoset``: SSD's databases of images and boxes from files of annotations."""

from __future__ import annotations
