"""Models at work: loaded, verified, answering within a deadline. Imported by workers, never by the web process."""
