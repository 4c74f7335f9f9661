"""The prototxt half: text to messages, with the line and column of every field."""
