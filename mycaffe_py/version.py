"""The version of mycaffe-py."""

__version__ = "0.1.0"
