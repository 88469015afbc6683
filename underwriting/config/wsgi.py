"""The web process's entry point, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "underwriting.config.settings")

application = get_wsgi_application()
