"""What the browser tests of quotas share: their scene, set in the product while it runs."""

from typing import Any

from tests.journeys.server import Product, acted


def quota_scene(
    product: Product, key: str, language: str = "en", *, is_whole: bool = False
) -> dict[str, Any]:
    """An officer, an approver and a till with customers of their own; `is_whole`: with every state that a page can be in."""
    return acted(product, "tests.journeys.scene_quota", key, language, *(["all"] if is_whole else []))
