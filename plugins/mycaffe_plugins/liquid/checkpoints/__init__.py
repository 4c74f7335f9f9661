"""Weights of liquid nets from PyTorch, those of ncps and of the CfC authors' code, into ours and back.

``mycaffe convert-weights`` is the way in. A checkpoint is read as a dict of tensors (``state_files``), the module in
it is found by its names (``modules``), its sizes follow from shapes (``structure``), its wiring is compared with the
model's (``synapses``), and ``converting`` copies the values.
"""
