"""From a data set to a model: mappings, reading, fitting, statistics of people. Runs in commands, never in a request."""
