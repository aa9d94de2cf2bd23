"""Apps, middleware, templates, users and static files."""

import warnings
from pathlib import Path

from example import environment as env

BASE_DIR = Path(__file__).resolve().parents[2]

INSTALLED_APPS = [
    # First, so that its templates come before those of the apps below.
    "example",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # runserver then leaves static files to whitenoise, as every other server does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    # Without it a refresh token cannot be spent, and there are no routes of tokens.
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "org_files",
    "org_files.accounts",
    "org_files.eventlog",
    "org_files.web",
]

MIDDLEWARE = [
    # Pages and their styles and scripts, and JSON; contents of files are sent as they are.
    "django.middleware.gzip.GZipMiddleware",
    # Before the others, so that the pages of errors have the policy, too.
    "example.middleware.PagePolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "example.middleware.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "example.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # For events of the admin; the API's views record the request themselves.
    "org_files.eventlog.middleware.event_context",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"
ASGI_APPLICATION = "example.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# A site with a user model of its own names it here, before the first migration.
AUTH_USER_MODEL = "org_files_accounts.User"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

if env.choice("PASSWORD_RULES", ("standard", "strict"), default="standard") == "strict":
    AUTH_PASSWORD_VALIDATORS += [
        {"NAME": f"org_files.accounts.password_validation.{name}"}
        for name in ("UpperCaseValidator", "DigitAndSpecialCharacterValidator")
    ]

LOGIN_URL = "org_files_web:login"
LOGIN_REDIRECT_URL = "org_files_web:library"
LOGOUT_REDIRECT_URL = "org_files_web:library"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
# For collectstatic, which is optional: whitenoise finds the files of the apps.
STATIC_ROOT = BASE_DIR / "static_root"
WHITENOISE_USE_FINDERS = True
warnings.filterwarnings("ignore", "No directory at: .*static_root")
