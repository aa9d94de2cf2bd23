"""Runners of the documentation's code: a walk, the samples, or none for a reason."""

#: The pages that a reader follows with one site, one after the other.
WALKS = {
    "tutorial": [
        *("tutorial", "http-api", "counting", "files", "sharing", "pictures", "tasks", "models"),
    ],
    "new project": [
        "howto/new-project",
        "howto/counting",
        "howto/fields",
        "howto/signals",
        "howto/delivery",
        "howto/policy",
        "upgrading",
    ],
    "uploads": ["tutorial", "uploads"],
    # From the wheel: tests/wheel/test_howto.py.
    "attachments": ["attachments"],
    "existing project": ["howto/existing-project"],
    "adopt": ["howto/adopt"],
    "example project": ["example-project"],
    "production": ["production"],
}
README_PAGE = "README.md"
#: Of these a walk types the commands alone; their Python needs no project, and is a sample.
COMMANDS_ALONE = {
    *("docs/http-api.rst", "docs/counting.rst", "docs/files.rst", "docs/sharing.rst"),
    *("docs/pictures.rst", "docs/tasks.rst", README_PAGE),
}
WALKED = {f"docs/{page}.rst" for pages in WALKS.values() for page in pages} | {README_PAGE}

DELIVERY = """ORG_FILES = {
    "DELIVERY": {
        "BACKEND": "org_files.delivery."""

#: The first lines of blocks that are not run, and why.
NOT_RUN = {
    ("docs/architecture.rst", "apps"): "a list, which test_reference.py compares",
    ("docs/uploads.rst", "import Uppy"): "needs Node; see tests/live/test_browser_uploads.py",
    ("docs/uploads.rst", "import {Upload}"): "needs Node; see tests/live/test_browser_uploads.py",
    ("docs/uploads.rst", "var request = URLRequest"): "needs macOS",
    ("docs/uploads.rst", "{"): "a rule of a bucket; see tests/s3/test_documentation.py",
    ("docs/uploads.rst", "aws s3api"): "needs the client of AWS",
    ("docs/counting.rst", "17 * * * *  cd /srv/mysite"): "a crontab; its command is run below it",
    ("docs/files.rst", "17 4 * * *  cd /srv/mysite"): "a crontab; its command is run above it",
    ("docs/sharing.rst", "map $request_uri"): "a part of nginx's configuration",
    ("docs/sharing.rst", "{% extends"): "a template; see tests/web/test_shared.py",
    ("docs/pictures.rst", '"renditions": ['): "a part of JSON; see tests/rest/test_renditions.py",
    ("docs/attachments.rst", "class ProductForm"): "parts of a site; see tests/hosts/shop",
    ("docs/attachments.rst", "{% load org_files"): "parts of a site; see tests/hosts/shop",
    ("docs/attachments.rst", "class ProductSerializer"): "parts of a site; see tests/hosts/shop",
    ("docs/pages-files.rst", "$ python -m pip"): "installs a package; see tests/web/test_links.py",
    ("docs/pages-files.rst", "{% extends"): "a template; see tests/web/test_files.py",
    ("docs/pages-looks.rst", ".org-files {"): "a style sheet",
    ("docs/pages-looks.rst", "body {"): "a style sheet",
    ("docs/pages-looks.rst", "{% load static"): "a template of a host; see tests/hosts/pages",
    ("docs/pages.rst", "{% extends"): "a template of a host; see tests/hosts/pages",
    ("docs/pages-looks.rst", 'ORG_FILES = {"WEB"'): "names a template; see tests/hosts/pages",
    ("docs/pages-looks.rst", "{% extends"): "a template; the example site has such a one",
    ("docs/pages-looks.rst", "default-src"): "a header; see tests/live/test_site.py",
    ("docs/pages-looks.rst", "document.addEventListener"): "needs a browser",
    ("docs/howto/existing-project.rst", "class Document"): "a hint; see tests/checks",
    ("docs/howto/health.rst", "{"): "JSON; see tests/rest/test_health.py",
    ("docs/howto/health.rst", "import dataclasses"): "needs django-health-check",
    ("docs/howto/s3.rst", '$ pip install "django'): "installs a package; see tests/s3",
    ("docs/howto/s3.rst", "from botocore"): "needs boto3; see tests/s3",
    **{
        ("docs/howto/adopt.rst", f"python manage.py org_files_import --model {command}"): reason
        for command, reason in {
            "shop.Photo": "another model; see tests/commands/test_import.py",
            "shop.Product --field brochure": "needs django-filer or Wagtail",
            "filer.File": "needs django-filer",
            "wagtaildocs.Document": "needs Wagtail",
            "attachments.Attachment": "needs django-attachments",
        }.items()
    },
    **dict.fromkeys(
        [
            ("docs/delivery.rst", "$ nginx -t"),
            ("docs/delivery.rst", "# Files on a local disk: XAccelDelivery"),
            ("docs/delivery.rst", "# The headers of Django's answer"),
            ("docs/delivery.rst", "# Files in an object store"),
            ("docs/delivery.rst", "# A request to the object store"),
            ("docs/delivery.rst", "# Files on a local disk: XSendfileDelivery"),
        ],
        "a front server's; see tests/ways_out",
    ),
    ("docs/delivery.rst", f"{DELIVERY}XAccelStorage"): "needs an object store; see tests/delivery",
    ("docs/delivery.rst", f"{DELIVERY}Redirect"): "needs an object store; see tests/delivery",
    ("docs/tasks.rst", "*/15 * * * *  cd /srv/mysite"): "a crontab; its command is run above it",
    ("docs/howto/tenants.rst", "python manage.py tenant_command"): "needs django-tenants",
    ("docs/production.rst", "DJANGO_SETTINGS_MODULE="): "variables, which the walk has",
    ("docs/production.rst", "[Service]"): "a unit of systemd; its command is run above it",
    ("docs/production.rst", "listen 443 ssl"): "a part of nginx's configuration",
    ("docs/production.rst", "celery -A mysite"): "needs a broker; see tests/ways_out",
    ("docs/production.rst", "aws s3api"): "needs the client of AWS",
    ("docs/outgrow.rst", "python manage.py dumpdata"): "needs two databases",
    ("docs/tasks.rst", "celery -A mysite worker"): "needs a broker; see tests/ways_out",
    ("docs/example-project.rst", "docker compose"): "needs containers; see tests/ways_out",
    ("docs/example-project.rst", "python manage.py org_files_move"): "needs a bucket; see tests/s3",
    ("docs/example-project.rst", "celery -A example"): "needs a broker; see tests/ways_out",
    ("docs/example-project.rst", "python3 dev.py demo"): "makes an environment; see tests/dev",
    ("docs/example-project.rst", "python3 dev.py test"): "would run this test; see tests/dev",
    ("docs/example-project.rst", "scripts/install"): "makes an environment; see tests/example",
}


def reason_not_to_run(block):
    """Return why ``block`` is not run, or ``None`` if it is no exception."""
    for (page, beginning), reason in NOT_RUN.items():
        if block.page == page and block.text.startswith(beginning):
            return reason
    return None


def is_sample(block):
    """Return whether test_samples.py runs ``block``."""
    whole = block.page in WALKED and block.page not in COMMANDS_ALONE
    return block.language in ("python", "pycon") and not whole and not reason_not_to_run(block)


def is_walked(block):
    """Return whether a walk does what ``block`` says."""
    if block.page not in WALKED or reason_not_to_run(block):
        return False
    return block.language == "console" or (
        block.language in ("python", "pycon") and block.page not in COMMANDS_ALONE
    )


def is_run(block):
    """Return whether ``block`` is run, or there is a reason not to."""
    return is_sample(block) or is_walked(block) or reason_not_to_run(block) is not None
