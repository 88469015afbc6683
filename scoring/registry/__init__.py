"""Model versions: what they are, how they are admitted, what applicants are compared with."""
