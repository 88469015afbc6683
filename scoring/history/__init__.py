"""Past applications, imported in bulk and assessed as of their day. Nobody is told, no case is opened, no clock runs."""
