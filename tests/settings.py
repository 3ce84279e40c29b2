"""The product's settings for tests: own data directory, the database leg, cheap passwords."""

import atexit
import os
import shutil
import tempfile

_data = tempfile.mkdtemp(prefix="embudo-test-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.mkdir(os.path.join(_data, "static"))  # WhiteNoise warns about a missing one  # noqa: PTH102, PTH118
os.environ["DATA"] = _data
for _name in ("SMTP_URL", "BOUNCE_URL", "BASE_URL", "SECRET_KEY", "PORT"):
    os.environ.pop(_name, None)

TEST_DATABASE = os.environ.setdefault("EMBUDO_TEST_DB", "sqlite")
if TEST_DATABASE == "sqlite":
    os.environ.pop("DATABASE_URL", None)
elif TEST_DATABASE != "postgresql" or "DATABASE_URL" not in os.environ:
    message = (
        "EMBUDO_TEST_DB is sqlite or postgresql; for postgresql: python -m tests.postgres run -- pytest ..."
    )
    raise RuntimeError(message)

from embudo.project.settings import *  # noqa: E402, F403
from embudo.project.settings import DATABASES, STORAGES  # noqa: E402

if TEST_DATABASE == "sqlite":
    # Said aloud because pytest-xdist knows only Django's own SQLite backend as one that lives in memory.
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# No collected files in tests, so no manifest to look names up in.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
