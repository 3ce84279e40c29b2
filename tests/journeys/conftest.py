from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.people import LAUNCH
from tests.journeys.server import Product, running
from tests.run import chromium


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's own Chromium; Playwright downloads none."""
    with sync_playwright() as tool:
        chosen = tool.chromium.launch(executable_path=chromium(), args=LAUNCH)
        yield chosen
        chosen.close()
