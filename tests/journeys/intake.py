"""What the browser tests of recording share: their scene, set in the product while it runs."""

from typing import Any

from tests.journeys.server import Product, acted


def intake_scene(product: Product, key: str, language: str = "en") -> dict[str, Any]:
    """People and an open assignment of their own for one test; `key` sets their addresses apart: olga-KEY@example.com."""
    return acted(product, "tests.journeys.scene_intake", key, language)
