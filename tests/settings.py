"""The default host of the suite: our own models, the e-mail user, every way to log in.

TEST_DATABASE chooses the database: sqlite (default), postgresql or mariadb. A fixture in
tests/conftest.py starts the servers and fills their addresses in.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Everything the tests write. The fixture that clears stored files touches nothing outside it.
TEST_FOLDER = Path(tempfile.mkdtemp(prefix="org-files-tests-"))
atexit.register(shutil.rmtree, TEST_FOLDER, ignore_errors=True)
# Each process of a test run has its own temporary folder: the package keeps locks there, and looks
# there for uploads that a killed process has left.
os.environ["TMPDIR"] = str(TEST_FOLDER / "tmp")
Path(os.environ["TMPDIR"]).mkdir()
tempfile.tempdir = None

# Long enough for HS256, or PyJWT warns.
SECRET_KEY = "a-key-for-tests-alone-with-more-than-thirty-two-bytes"
USE_TZ = True
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "org_files_accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "static/"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "tests.attachments.catalog",
    "org_files",
    "org_files.accounts",
    "org_files.eventlog",
    "org_files.web",
    "django.contrib.staticfiles",
    "tests.commands.depot",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "sqlite": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": TEST_FOLDER / "db.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            # A file: threads cannot share a database in memory.
            "TEST": {"NAME": TEST_FOLDER / "test.sqlite3"},
        },
        "postgresql": {"ENGINE": "django.db.backends.postgresql"},
        "mariadb": {
            "ENGINE": "django.db.backends.mysql",
            "OPTIONS": {"charset": "utf8mb4"},
            "TEST": {"CHARSET": "utf8mb4"},
        },
    }[os.environ.get("TEST_DATABASE", "sqlite")]
}

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": TEST_FOLDER / "default"},
    },
    "org_files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": TEST_FOLDER / "media"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # The suite logs in more often than anybody should; tests of the limits set their own.
    "DEFAULT_THROTTLE_RATES": {
        f"org_files_{name}": None
        for name in ("login", "registration", "password", "upload", "refused")
    },
}

ORG_FILES = {}
