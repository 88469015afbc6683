"""Routes of the screens: each sub-package that has a `urls.py` brings its own."""

from pathlib import Path

from django.urls import URLPattern, URLResolver, include, path

HERE = Path(__file__).parent
SCREENS = sorted(place.parent.name for place in HERE.glob("*/urls.py"))

urlpatterns: list[URLPattern | URLResolver] = [path("", include(f"frontend.{name}.urls")) for name in SCREENS]
