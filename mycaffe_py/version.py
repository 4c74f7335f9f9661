"""The version of mycaffe-py."""

__version__ = "0.2.0"
