#!/usr/bin/env python
"""Django's command line; `./run help` lists the commands people need."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "underwriting.config.settings")
    if len(sys.argv) > 1 and sys.argv[1] == "migrate":
        os.environ.setdefault("UW_DATABASE_ROLE", "owner")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
