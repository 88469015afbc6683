"""A credit bureau to demonstrate and test with, served over HTTP by a process of its own."""
