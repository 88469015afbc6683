"""What is wrong with a policy that reads well: shown by a person for each fault. Pure."""
