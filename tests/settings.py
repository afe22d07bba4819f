"""Settings of a test run: a data folder of its own, given before the real settings are read."""

from __future__ import annotations

import os
import tempfile

os.environ["VIGIE_HOME"] = tempfile.mkdtemp(prefix="vigie-test-")
os.environ.pop("VIGIE_DATABASE_URL", None)
if os.environ.get("VIGIE_TEST_DATABASE_URL"):
    os.environ["VIGIE_DATABASE_URL"] = os.environ["VIGIE_TEST_DATABASE_URL"]

from vigie.config.settings import *  # noqa: F403
from vigie.config.settings import DATABASES, VIGIE_HOME

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, as in life: threads of a database in memory lock each other out without waiting.
    DATABASES["default"]["TEST"] = {"NAME": str(VIGIE_HOME / "test.sqlite3")}
