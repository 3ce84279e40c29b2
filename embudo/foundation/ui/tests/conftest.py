from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from embudo.foundation.ui import hooks_registry
from embudo.foundation.ui.tests import site


@pytest.fixture(scope="session")
def _boat_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(site.Boat)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(site.Boat)


@pytest.fixture
def boats(_boat_table: None, db: None) -> type[site.Boat]:
    return site.Boat


@pytest.fixture
def web(boats: type[site.Boat], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser of Ann's on the test site; `web.cookies["actor"]` makes it somebody else's."""
    settings.ROOT_URLCONF = "embudo.foundation.ui.tests.site"
    settings.MIDDLEWARE = list(site.MIDDLEWARE)
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    monkeypatch.setattr(hooks_registry, "_menu", {entry.url_name: entry for entry in site.MENU})
    client = Client(raise_request_exception=False)
    client.cookies["actor"] = "ann"
    return client
