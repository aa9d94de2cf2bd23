from pathlib import Path

import pytest
from django.core.cache import cache

from org_files import get_file_model
from org_files.models import Download, PasswordAttempts, PendingDownload, Role, ShareLink
from org_files.storage.owners import OWNER
from org_files.testing.factories import (
    join,
    make_link,
    make_organization,
    make_stored_file,
    make_user,
)
from tests.rest.contents import CONTENT
from tests.rest.requests import CSRF_TOKEN, UPLOAD, browser_of, send, signed_in


@pytest.fixture(autouse=True)
def _nothing_cached():
    """The usage of an organization is, and so are the requests that throttles have counted."""
    cache.clear()


@pytest.fixture
def user(organization):
    """A member of the organization."""
    user = make_user()
    join(organization, user)
    return user


@pytest.fixture
def admin(organization):
    """An admin of the organization."""
    user = make_user("grace")
    join(organization, user, Role.ADMIN)
    return user


@pytest.fixture
def stranger(db):
    """A member of another organization."""
    user = make_user("mallory")
    join(make_organization("Globex"), user)
    return user


@pytest.fixture
def superuser(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def root(organization, superuser):
    """The client of a superuser who is an admin of the organization."""
    join(organization, superuser, Role.ADMIN)
    return signed_in(superuser)


@pytest.fixture
def client(user):
    """The member's client, which holds an access token."""
    return signed_in(user)


@pytest.fixture
def session(user):
    """The member's browser, whose CSRF token is asked for."""
    return browser_of(user)


@pytest.fixture
def insider(user):
    """The member's browser, which sends its CSRF token with everything."""
    browser = browser_of(user)
    browser.defaults["HTTP_X_CSRFTOKEN"] = CSRF_TOKEN
    return browser


@pytest.fixture(params=["token", "session"])
def upload(request, user):
    """Send a body to the uploads, each way of being logged in."""
    if request.param == "token":
        token = signed_in(user)
        return lambda body, **options: send(token, UPLOAD, body, **options)
    browser = browser_of(user)
    return lambda body, **options: send(
        browser, UPLOAD, body, **{"X_CSRFToken": CSRF_TOKEN} | options
    )


@pytest.fixture
def temporary(settings, tmp_path):
    """The folder of uploads under way."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


def blobs(settings):
    location = Path(settings.STORAGES["org_files"]["OPTIONS"]["location"])
    return [path for path in location.rglob("*") if path.is_file() and path.name != OWNER]


@pytest.fixture
def state(db, settings, temporary):
    """All that an upload or a download could change, as a value to compare."""
    return lambda: (
        sorted(get_file_model()._base_manager.values_list("pk", "name", "size")),
        sorted(blobs(settings)),
        sorted(temporary.iterdir()),
        sorted(Download.objects.values_list("pk", flat=True)),
        sorted(PendingDownload.objects.values_list("pk", flat=True)),
        sorted(ShareLink.objects.values_list("pk", "used", "label")),
        sorted(PasswordAttempts.objects.values_list("pk", "failed")),
    )


@pytest.fixture
def unchanged(state):
    """Afterwards nothing is different from before."""
    before = state()
    yield
    assert state() == before


@pytest.fixture
def file(organization):
    """A file of the organization, stored."""
    return make_stored_file(organization, name="report.pdf", content=CONTENT)


@pytest.fixture
def link(organization, user):
    """A link without an end or a limit, of the member's, to a file of theirs."""
    return make_link(make_stored_file(organization, user, name="report.pdf", content=CONTENT))


@pytest.fixture
def limited(link):
    """A link for two downloads."""
    ShareLink.objects.update(max_downloads=2)
    return link


@pytest.fixture(params=["LedgerCounters", "DirectCounters"])
def backend(request, settings):
    """Each way of counting in turn."""
    settings.ORG_FILES = {"COUNTERS": {"BACKEND": f"org_files.counters.{request.param}"}}
    return request.param
