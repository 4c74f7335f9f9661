"""Compiles the package's CUDA kernels for several chips, without a GPU, and keeps a table of what they need."""
