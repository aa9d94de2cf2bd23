"""Keys, hosts and cookies."""

from django.core.exceptions import ImproperlyConfigured

from example import environment as env

THIS_COMPUTER = ["localhost", "127.0.0.1", "[::1]"]

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=THIS_COMPUTER)

# On by itself only where nobody else can reach the site.
DEBUG = env.flag("DEBUG", default=set(ALLOWED_HOSTS) <= set(THIS_COMPUTER))

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: it signs sessions and tokens, and only with DEBUG=1 does the "
            "site do without one of its own. Set it to fifty or more random characters."
        )
    SECRET_KEY = "insecure: everybody can read this one in the source of the example site"  # noqa: S105

# Behind a proxy that speaks HTTPS for the site, name its origin here: https://files.example.org.
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if not origin.startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            f"CSRF_TRUSTED_ORIGINS must hold origins such as https://files.example.org, "
            f"not {origin!r}."
        )

# Off unless asked for, since browsers never send a secure cookie back over plain HTTP. No header
# is believed about the scheme (SECURE_PROXY_SSL_HEADER): anybody can send one. The server may be
# told which proxy to believe, see gunicorn.conf.py.
HTTPS = env.flag("HTTPS", default=False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Browsers remember this for as long as it says: a decision for whoever runs the site.
SECURE_HSTS_SECONDS = 0
