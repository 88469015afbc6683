"""What a policy would have done to past applications: in the worker alone."""
