"""POST files/: who may, where to, and what becomes of it."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.signals import post_save, pre_save
from django.test.utils import isolate_apps
from django.utils import timezone

from org_files import get_file_model
from org_files.models import AbstractFile, Membership
from org_files.rest.stored import stored_json
from org_files.signals import file_stored
from org_files.testing.factories import join, make_organization
from tests.rest.conftest import blobs
from tests.rest.requests import MISSING_ID, UPLOAD, post_file


def test_upload__is_answered_with_the_file_that_its_url_shows(client, user, settings):
    content = b"\x89PNG\r\n\x1a\n not much of a picture"
    expires_at = (timezone.now() + timedelta(days=1)).astimezone(UTC).replace(microsecond=0)
    fields = {"comment": " a comment ", "resource": "invoice", "resource_id": "7"}

    response = post_file(
        client, content, "Holiday.png", is_public="true", expires_at=expires_at, **fields
    )

    assert response.status_code == 201
    body = response.json()
    file = get_file_model()._base_manager.get()
    url = f"http://testserver/api/files/{file.public_id}"
    assert body == fields | {
        "id": str(file.public_id),
        "name": "Holiday.png",
        "size": len(content),
        "content_type": "image/png",
        "is_picture": True,
        "sha256": sha256(content).hexdigest(),
        "is_public": True,
        "organization": {"id": file.organization_id, "name": "Acme"},
        "owner": {"id": user.pk, "name": user.get_username()},
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
        "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        "deleted_at": None,
        "download_count": 0,
        "last_downloaded_at": None,
        "content_url": f"{url}/content/",
        "renditions": [
            {"height": height, "url": f"{url}/renditions/{height}/"} for height in (200, 400)
        ],
    }
    for moment in ("created_at", "updated_at"):
        assert body[moment].endswith("Z")
        assert abs(timezone.now() - datetime.fromisoformat(body[moment])) < timedelta(minutes=1)
    assert client.get(f"/api/files/{body['id']}/").json() == body
    assert client.get("/api/files/").json()["results"] == [body]
    # The key holds nothing of what the client sent.
    [path] = blobs(settings)
    assert path.read_bytes() == content
    key = path.relative_to(settings.STORAGES["org_files"]["OPTIONS"]["location"]).as_posix()
    assert re.fullmatch(r"[0-9a-f]{24}/[0-9a-f]{24}/[0-9a-f]{32}", key)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("signal", [post_save, file_stored], ids=["post_save", "file_stored"])
def test_file_that_a_receiver_of_the_site_changed__is_answered_as_it_is_then(client, signal):
    def receive(sender, **kwargs):
        sender._base_manager.update(comment="from a receiver")

    signal.connect(receive, sender=get_file_model())
    try:
        assert post_file(client).json()["comment"] == "from a receiver"
    finally:
        signal.disconnect(receive, sender=get_file_model())


def test_file_that_a_receiver_gives_values_of_other_types__is_answered_as_it_is_stored(client):
    def receive(sender, instance, **kwargs):
        instance.comment = Upper(Value("abc"))
        instance.expires_at = "2031-01-01 00:00:00+02:00"

    pre_save.connect(receive, sender=get_file_model())
    try:
        body = post_file(client).json()
    finally:
        pre_save.disconnect(receive, sender=get_file_model())
    assert (body["comment"], body["expires_at"]) == ("ABC", "2030-12-31T22:00:00Z")


@isolate_apps("org_files")
def test_file_of_a_model_with_its_own_save_or_columns__is_read_again():
    class Saved(AbstractFile):
        class Meta(AbstractFile.Meta):
            app_label = "org_files"

        def save(self, *args, **kwargs):
            super().save(*args, **kwargs)

    class Typed(AbstractFile):
        comment = models.CharField(max_length=10)

        class Meta(AbstractFile.Meta):
            app_label = "org_files"

    for model in (Saved, Typed):
        assert stored_json(model(organization_id=1, owner_id=1), {}) is None


def test_fields_that_are_the_servers__are_ignored(client, user, stranger, settings):
    sent = dict.fromkeys(("id", "public_id"), MISSING_ID) | {"owner": str(stranger.pk)}
    sent |= dict.fromkeys(("key", "content", "sha256"), "../../evil")
    sent |= dict.fromkeys(("size", "download_count", "folded_download_count"), "99")
    sent |= dict.fromkeys(("created_at", "deleted_at"), "2001-01-01T00:00:00Z")

    body = post_file(client, content_type="text/html", is_picture="true", **sent).json()

    assert body["id"] != MISSING_ID
    assert body["sha256"] == sha256(b"some bytes").hexdigest()
    assert (body["size"], body["content_type"], body["is_picture"]) == (10, "text/plain", False)
    assert body["owner"]["id"] == user.pk
    assert (body["download_count"], body["deleted_at"]) == (0, None)
    assert not body["created_at"].startswith("2001")
    assert "evil" not in str(blobs(settings))


def test_type__comes_from_the_name_and_for_pictures_from_the_content(client):
    for name, content, content_type in (
        ("a.txt", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.png", b"no picture", "application/octet-stream"),
        ("a.svg", b"<svg/>", "image/svg+xml"),
    ):
        file = SimpleUploadedFile("x", content, content_type="image/jpeg")
        response = client.post(UPLOAD, {"file": file, "name": name})
        assert response.json()["content_type"] == content_type


@pytest.mark.usefixtures("unchanged")
def test_missing_file__is_400_at_the_field(client):
    form = "application/x-www-form-urlencoded"
    for response in (
        client.post(UPLOAD, {"file": "text"}),
        client.post(UPLOAD, "file=text", content_type=form),
        client.post(UPLOAD, {"file": "text"}, content_type="application/json"),
    ):
        assert response.status_code == 400
        assert list(response.json()) == ["file"]


@pytest.mark.usefixtures("unchanged")
def test_value_that_is_none__is_400_at_its_field(client):
    for field, value in (
        ("organization", "abc"),
        ("organization", "1\x00"),
        ("resource", "x" * 101),
        ("comment", "a\x00b"),
        ("is_public", "perhaps"),
        ("expires_at", "2001-01-01T00:00:00Z"),
    ):
        response = post_file(client, **{field: value})
        assert (response.status_code, list(response.json())) == (400, [field]), value


# The organization that a file goes to, under each policy


@pytest.fixture(params=["OpenPolicy", "OrganizationPolicy"])
def policy(request, settings):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{request.param}"}}
    return request.param


@pytest.mark.usefixtures("policy")
def test_organization__is_the_only_one_or_the_one_that_is_named(client, user, organization):
    assert post_file(client).json()["organization"]["id"] == organization.pk
    second = make_organization("Initech")
    join(second, user)

    ambiguous = post_file(client)
    named = post_file(client, organization=str(second.pk))

    assert ambiguous.status_code == 400
    assert list(ambiguous.json()) == ["organization"]
    assert named.json()["organization"] == {"id": second.pk, "name": "Initech"}


@pytest.mark.usefixtures("unchanged")
def test_organization_of_others__is_403_where_it_is_seen_and_else_like_a_missing_one(
    client, stranger, policy
):
    foreign = Membership.objects.get(user=stranger).organization_id

    other = post_file(client, organization=str(foreign))
    missing = post_file(client, organization="987654321")

    assert missing.status_code == 400
    assert list(missing.json()) == ["organization"]
    if policy == "OpenPolicy":
        assert other.status_code == 403
    else:
        assert (other.status_code, other.content) == (400, missing.content)
