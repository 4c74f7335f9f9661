"""What the verbs do; each file has the name of its verb's file in ``commands``."""
