"""The .proto half: schema text to declarations, and these to descriptors."""
