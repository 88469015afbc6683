"""Which keys a page declares, and whether two controls of one layer want the same."""

from __future__ import annotations

from playwright.sync_api import Page


def declared_twice(page: Page) -> list[str]:
    """Keys that two controls declare in one layer. An open panel (`data-layer`) is a layer above its page and is heard first."""
    found: list[str] = page.evaluate(
        """() => {
          const layers = new Map();
          document.querySelectorAll('[data-key]').forEach(e => {
            const layer = e.closest('[data-layer]');
            if (!layers.has(layer)) layers.set(layer, []);
            layers.get(layer).push(e.dataset.key);
          });
          return [...layers.values()].flatMap(keys => keys.filter((key, place) => keys.indexOf(key) < place));
        }"""
    )
    return found
