"""Static files out of packages and our own app: only those that pages load, hashed and compressed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Several megabytes that no page loads: source maps, the browsable API, a second reader of the API document.
NEVER_SERVED = ("*.map", "rest_framework", "redoc", "htmax-*", "htmx-4*", "ext", "*.es-bundle*")


class ServedFilesFinder(AppDirectoriesFinder):
    """Find the static files of installed apps, without those that no page of ours loads."""

    def list(self, ignore_patterns: Any, *args: Any) -> Iterator[Any]:
        """Yield (path, storage) of each file."""
        return iter(super().list([*(ignore_patterns or []), *NEVER_SERVED], *args))


class PatientCompressor(Compressor):  # type: ignore[misc]  # whitenoise has no types
    """Compress a file whose name carries its hash only once: the second start of an installation is quick."""

    def compress(self, path: str) -> list[str]:
        """Return the compressed files of `path`, made now or before."""
        made = [name for name in (f"{path}.br", f"{path}.gz") if Path(name).exists()]
        return made or list(super().compress(path))


class ReleaseStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names, Brotli and gzip beside them. Source map comments stay as they are: the maps are not shipped."""

    patterns = (("*.css", (r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",)),)

    def create_compressor(self, **options: Any) -> Compressor:
        """Return the compressor that keeps what it has made."""
        return PatientCompressor(**options)
