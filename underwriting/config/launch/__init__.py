"""Starts everything with one command: embedded services, the product's processes, and their clean end.

Nothing in here imports Django: the launcher prepares the environment in which Django's settings can be read.
"""
