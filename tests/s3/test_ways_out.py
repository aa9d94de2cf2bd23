"""Downloads that the store itself sends, by URLs that the site signs."""

import io

import httpx
import pytest

from org_files import get_file_model
from org_files.delivery import RedirectDelivery, XAccelStorageDelivery
from org_files.exceptions import StorageUnavailable
from org_files.testing.factories import make_deliverable
from tests.rest.requests import post_file

pytestmark = [pytest.mark.s3, pytest.mark.django_db]

REDIRECT = {"DELIVERY": {"BACKEND": "org_files.delivery.RedirectDelivery"}}


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1.txt", 'ü "\\;%0D%0A.txt'])
def test_signed_url__has_the_name_in_one_header_and_is_for_one_method(
    client, store, settings, name
):
    settings.ORG_FILES = REDIRECT
    id = post_file(client).json()["id"]
    get_file_model()._base_manager.update(name=name)
    path = f"/api/files/{id}/content/"

    answer = client.get(path)
    assert (answer.status_code, client.head(path).status_code) == (302, 200)
    sent = httpx.get(answer.headers["Location"], verify=False)

    assert (sent.status_code, sent.content) == (200, b"some bytes")
    assert "X-Evil" not in sent.headers
    (disposition,) = sent.headers.get_list("Content-Disposition")
    assert disposition == client.head(path).headers["Content-Disposition"]
    assert sent.headers["Cache-Control"] == "private, no-cache"
    assert httpx.put(answer.headers["Location"], content=b"x", verify=False).status_code == 403


@pytest.mark.parametrize("backend", [RedirectDelivery(), XAccelStorageDelivery("/store/")])
def test_site_without_keys__is_storage_unavailable(s3_server, rf, monkeypatch, backend):
    from storages.backends.s3 import S3Storage

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    options = s3_server.options() | {"access_key": None, "secret_key": None}
    item = make_deliverable(storage=S3Storage(**options), key="key")
    monkeypatch.setattr(type(item), "open", lambda self: io.BytesIO())
    request = rf.get("/")
    with pytest.raises(StorageUnavailable):
        backend.deliver(request, item, item.plan(request))
