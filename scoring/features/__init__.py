"""From facts to the numbers a model reads."""
