"""Pages for browsers, an optional app: ``path("library/", include("org_files.web.urls"))``."""
