"""Are the reasons true, and are they the reasons? Real rows through the live pipeline, judged by a checker of its own."""
