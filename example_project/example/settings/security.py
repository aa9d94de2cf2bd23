"""Keys, hosts and cookies."""

from django.core.exceptions import ImproperlyConfigured

from example import environment as env

THIS_COMPUTER = ["localhost", "127.0.0.1", "[::1]"]

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=THIS_COMPUTER)

# On by default only if no other computer can reach the site.
DEBUG = env.flag("DEBUG", default=set(ALLOWED_HOSTS) <= set(THIS_COMPUTER))

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: it signs sessions and tokens, and only with DEBUG=1 does the "
            "site do without one of its own. Set it to fifty or more random characters."
        )
    SECRET_KEY = "insecure: this key is public, in the source of the example site"  # noqa: S105

# Behind a proxy that speaks HTTPS for the site, name its origin here: https://files.example.org.
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if not origin.startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            f"CSRF_TRUSTED_ORIGINS must hold origins such as https://files.example.org, "
            f"not {origin!r}."
        )

# Off by default, because browsers do not return a secure cookie over plain HTTP.
# SECURE_PROXY_SSL_HEADER is not set, because any client can send the header; gunicorn.conf.py
# names the proxy to trust.
HTTPS = env.flag("HTTPS", default=False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Browsers remember this: the operator of the site decides.
SECURE_HSTS_SECONDS = 0
