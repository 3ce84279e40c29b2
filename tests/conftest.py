"""What the browser tests share: one started product, one Chromium."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.journeys.server import Product


@pytest.fixture(scope="session")
def product() -> "Iterator[Product]":
    from tests.journeys.server import running  # other tests need none of this

    with running() as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Debian's own Chromium; Playwright downloads none."""
    from playwright.sync_api import sync_playwright

    from tests.journeys.people import LAUNCH
    from tests.run import chromium

    with sync_playwright() as tool:
        chosen = tool.chromium.launch(executable_path=chromium(), args=LAUNCH)
        yield chosen
        chosen.close()
