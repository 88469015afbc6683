"""One function for each command of `./run`."""
