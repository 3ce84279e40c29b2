import pytest
from django.test import Client

from embudo.business.quota.tests.builders import ada, oscar
from embudo.foundation.access.tests.builders import a_client


@pytest.fixture
def officer() -> Client:
    return a_client(oscar())


@pytest.fixture
def approver() -> Client:
    return a_client(ada())
