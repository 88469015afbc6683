"""Is a printed sentence true of the row it came from? A checker that shares no code with what composed the sentence.

It reads the mapping file, the reason catalogue and the source row as data, and imports nothing of the product.
"""
