"""Handling of prototxt: parsing text into messages, with the line and column of every field."""
