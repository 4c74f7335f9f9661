"""Handling of .proto text: parsing it into declarations, and turning these into descriptors."""
