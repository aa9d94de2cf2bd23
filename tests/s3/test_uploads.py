"""Upload sessions in S3: parts that clients send to the store, and sessions of tus."""

import hashlib
import secrets
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from django.utils import timezone

from org_files import get_file_model, maintenance
from org_files.files.verification import verify_store
from org_files.models import Upload, Usage
from org_files.storage import multipart
from tests.attachments.catalog.models import Product, Shop
from tests.attachments.conftest import may_change
from tests.rest.requests import code_of
from tests.uploads.conftest import Api, session

pytestmark = [pytest.mark.s3, pytest.mark.django_db(transaction=True)]

MIB = 1024 * 1024
PART = 5 * MIB


@pytest.fixture
def api(client):
    return Api(client)


def post(client, path, data):
    return client.post(path, data, content_type="application/json")


def put(url, data):
    """Send a part, and return its ETag."""
    request = Request(url, data=data, method="PUT")
    with urlopen(request) as response:
        return response.headers["ETag"]


@pytest.fixture
def begin(client, store):
    """Begin a direct upload; returns the answer's JSON."""

    def create(size, **values):
        body = {"name": "film.mp4", "size": size, "method": "parts", "part_size": PART} | values
        response = post(client, "/api/uploads/", body)
        assert response.status_code == 201, response.content
        return response.json()

    return create


@pytest.fixture
def complete(client):
    def send(upload, tags):
        parts = [{"number": number, "etag": tag} for number, tag in tags.items()]
        return post(client, f"/api/uploads/{upload['id']}/complete/", {"parts": parts})

    return send


@pytest.fixture
def reserved(organization):
    def read():
        usage = Usage.objects.get(organization=organization)
        return usage.bytes_reserved, usage.files_reserved, usage.bytes_stored, usage.file_count

    return read


def unfinished(store):
    return list(multipart.unfinished(store))


def test_eight_parts__one_repeated_and_one_missing_at_first(
    client, store, begin, complete, keys, reserved
):
    content = secrets.token_bytes(7 * PART + 1000)
    upload = begin(len(content))
    pieces = [content[start : start + PART] for start in range(0, len(content), PART)]
    assert [part["number"] for part in upload["parts"]] == [*range(1, 9)]
    assert reserved() == (len(content), 1, 0, 0)
    tags = {}
    for part in upload["parts"][:7]:
        tags[part["number"]] = put(part["url"], pieces[part["number"] - 1])
    put(upload["parts"][2]["url"], b"x" * PART)
    tags[3] = put(upload["parts"][2]["url"], pieces[2])

    missing = complete(upload, {**tags, 8: tags[7]})
    assert (missing.status_code, missing.json()["code"]) == (409, "parts_missing")
    assert complete(upload, tags).status_code == 409
    shown = client.get(f"/api/uploads/{upload['id']}/").json()
    assert [part["number"] for part in shown["parts"]] == [*range(1, 8)]
    assert (shown["offset"], shown["part_size"]) == (7 * PART, PART)
    assert keys() == []

    more = post(client, f"/api/uploads/{upload['id']}/parts/", {}).json()
    assert [part["number"] for part in more["parts"]] == [8]
    tags[8] = put(more["parts"][0]["url"], pieces[7])
    made = complete(upload, tags)
    assert made.status_code == 201, made.content
    assert made.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert reserved() == (0, 0, len(content), 1)
    assert len(keys()) == 1
    assert unfinished(store) == []
    # The answer was lost.
    assert complete(upload, tags).json() == made.json()
    assert b"".join(client.get(made.json()["content_url"])) == content
    assert verify_store(deep=True).findings == []


def test_size_that_lies__stores_nothing(client, store, begin, complete, keys, reserved):
    upload = begin(1000)
    tag = put(upload["parts"][0]["url"], b"x" * 1001)
    refused = complete(upload, {1: tag})
    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert (keys(), unfinished(store), reserved()) == ([], [], (0, 0, 0, 0))
    assert not get_file_model().objects.exists()
    assert client.get(f"/api/uploads/{upload['id']}/").status_code == 404


def test_part_that_was_replaced__is_not_what_the_client_means(begin, complete):
    upload = begin(3)
    tag = put(upload["parts"][0]["url"], b"abc")
    put(upload["parts"][0]["url"], b"xyz")
    assert complete(upload, {1: tag}).status_code == 409


def test_type_that_is_not_allowed__is_refused_by_the_content(
    client, store, begin, complete, keys, settings, reserved
):
    settings.ORG_FILES = settings.ORG_FILES | {"ALLOWED_TYPES": ["video/mp4"]}
    png = b"\x89PNG\r\n\x1a\n" + b"x" * 100
    upload = begin(len(png))
    refused = complete(upload, {1: put(upload["parts"][0]["url"], png)})
    assert refused.status_code == 415
    assert (keys(), unfinished(store), reserved()) == ([], [], (0, 0, 0, 0))


@pytest.mark.parametrize(
    "values", [{"size": 0}, {"size": None}, {"method": "post"}, {"part_size": 5}]
)
def test_direct_upload_that_makes_no_sense(client, store, values):
    body = {"name": "a.txt", "size": 5, "method": "parts", **values}
    assert post(client, "/api/uploads/", body).status_code == 400
    assert unfinished(store) == []


def test_too_large__reserves_nothing(client, store, settings):
    settings.ORG_FILES = settings.ORG_FILES | {"MAX_FILE_SIZE": 10}
    body = {"name": "a.txt", "size": 11, "method": "parts"}
    assert post(client, "/api/uploads/", body).status_code == 413
    assert unfinished(store) == []


def test_session_of_another_user__is_not_found(begin, org_files_client, outsider, complete):
    upload = begin(5)
    other = org_files_client(outsider)
    for path in ("parts/", "complete/"):
        body = {"parts": [{"number": 1, "etag": "x"}]} if path == "complete/" else {}
        response = post(other, f"/api/uploads/{upload['id']}/{path}", body)
        assert response.status_code == 404


def test_label_of_an_object__is_for_those_who_may_change_it(
    user, outsider, org_files_client, store, begin, complete, keys, reserved, organization
):
    product = Product.objects.create(shop=Shop.objects.create(company=organization))
    label = {"resource": "catalog.product", "resource_id": str(product.pk)}
    for each in (user, outsider):
        may_change(each, "product")
    foreign = {"name": "film.mp4", "size": 5, "method": "parts", **label}
    refusal = (403, "resource_not_yours")

    assert code_of(post(org_files_client(outsider), "/api/uploads/", foreign)) == refusal
    assert unfinished(store) == []
    upload = begin(5, **label)
    tags = {1: put(upload["parts"][0]["url"], b"12345")}
    user.user_permissions.clear()
    assert code_of(complete(upload, tags)) == refusal
    assert (keys(), unfinished(store), reserved()) == ([], [], (0, 0, 0, 0))
    may_change(user, "product")
    upload = begin(5, **label)
    assert complete(upload, {1: put(upload["parts"][0]["url"], b"12345")}).status_code == 201
    assert product.attachments.get().owner == user


def test_direct_session__takes_no_bytes(api, begin, client):
    upload = begin(5)
    response = api.append(f"/api/uploads/{upload['id']}/", 0, b"hello")
    assert response.status_code == 405


def test_session_of_tus__is_no_direct_upload(api, store, client):
    path = api.create(5)
    for end in ("parts/", "complete/"):
        body = {"parts": [{"number": 1, "etag": "x"}]} if end == "complete/" else {}
        response = post(client, path + end, body)
        assert (response.status_code, response.json()["code"]) == (409, "no_direct_upload")


def test_expired_session__takes_its_parts_along(store, begin, reserved):
    upload = begin(10)
    put(upload["parts"][0]["url"], b"hello")
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    maintenance.run_job("uploads")
    assert (unfinished(store), reserved()) == ([], (0, 0, 0, 0))


def test_digest_by_a_task(begin, complete, client, settings):
    settings.ORG_FILES = settings.ORG_FILES | {"DIRECT_HASH": "task"}
    upload = begin(5)
    made = complete(upload, {1: put(upload["parts"][0]["url"], b"hello")}).json()
    assert made["sha256"] is None
    answer = client.get(made["content_url"])
    assert (b"".join(answer), answer.headers.get("Repr-Digest")) == (b"hello", None)
    # No queue has run the task.
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    maintenance.run_job("uploads")
    shown = client.get(f"/api/files/{made['id']}/").json()
    assert shown["sha256"] == hashlib.sha256(b"hello").hexdigest()


def test_verify__finds_uploads_without_a_session_and_sessions_without_an_upload(
    store, begin, monkeypatch
):
    lost, kept = begin(5), begin(6)
    monkeypatch.setattr("org_files.uploads.unlisted.GRACE", timedelta(seconds=-60))
    stored = session(f"/{lost['id']}/").stored
    multipart.abort(store, stored["target"], stored["id"])
    Upload.objects.filter(public_id=kept["id"])._raw_delete("default")
    found = verify_store().findings
    assert sorted(each.kind for each in found) == ["missing", "orphan"]
    assert [each.repaired for each in verify_store(repair=True).findings if each.kind == "orphan"]
    assert unfinished(store) == []


@pytest.mark.parametrize("size", [0, 5, 9 * MIB, 20 * MIB + 7])
def test_tus__in_uneven_pieces(api, store, keys, size, reserved):
    content = secrets.token_bytes(size)
    path = api.create(size)
    offset, step = 0, 3 * MIB + 11
    while offset < size:
        response = api.append(path, offset, content[offset : offset + step])
        assert response.status_code == 204, response.content
        offset = int(response.headers["Upload-Offset"])
        assert verify_store().findings == []
    head = api.tus("HEAD", path)
    file = get_file_model().objects.get()
    assert head.headers["Org-Files-Location"].endswith(f"/files/{file.public_id}/")
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert (len(keys()), unfinished(store)) == (1, [])
    assert reserved() == (0, 0, size, 1)
    assert verify_store(deep=True).findings == []


def test_file_that_was_not_made__is_made_by_the_next_request(api, store, monkeypatch, keys):
    path = api.create(9 * MIB)
    content = secrets.token_bytes(9 * MIB)

    def fail(*args):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("org_files.files.services.settle", fail)
        with pytest.raises(RuntimeError):
            api.append(path, 0, content)
    assert api.tus("HEAD", path).status_code == 200
    file = get_file_model().objects.get()
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert len(keys()) == 1


def test_parts__are_joined_once_by_two_requests(api, store, monkeypatch):
    complete, path = multipart.complete, api.create(9 * MIB)

    def complete_second(*args):
        complete(*args)
        raise FileNotFoundError

    monkeypatch.setattr(multipart, "complete", complete_second)
    assert api.append(path, 0, b"x" * 9 * MIB).status_code == 204
    assert get_file_model().objects.get().size == 9 * MIB


def test_tails__are_removed_once_they_are_in_a_part(api, store):
    path = api.create(16 * MIB)
    for offset in (0, 4):
        assert api.append(path, offset * MIB, b"x" * 4 * MIB).status_code == 204
    assert [*store.bucket.objects.filter(Prefix=".org_files_uploads/")] == []


def test_tail_that_cannot_be_removed__is_no_error(api, store, monkeypatch):
    def fail(self, name):
        raise OSError

    path = api.create(10)
    api.append(path, 0, b"01234")
    monkeypatch.setattr(type(store), "delete", fail)
    assert api.append(path, 5, b"5").status_code == 204


def test_direct_upload_that_the_store_has_dropped__is_gone(client, store, begin, complete):
    upload = begin(5)
    stored = session(f"/{upload['id']}/").stored
    multipart.abort(store, stored["target"], stored["id"])
    path = f"/api/uploads/{upload['id']}/"
    answers = [client.get(path), post(client, f"{path}parts/", {}), complete(upload, {1: "x"})]
    assert {each.json()["code"] for each in answers} == {"upload_lost"}


def test_session_that_began_on_a_local_disk(api, request):
    empty, begun = api.create(5), api.create(5)
    api.append(begun, 0, b"he")
    keys = request.getfixturevalue("keys")
    assert api.append(empty, 0, b"hello").status_code == 204
    assert len(keys()) == 1
    assert api.tus("HEAD", begun).status_code == 410
    assert api.tus("DELETE", begun).status_code == 204


def test_lost_part__is_gone(api, store):
    path = api.create(20 * MIB)
    api.append(path, 0, b"x" * 9 * MIB)
    stored = session(path).stored
    multipart.abort(store, stored["target"], stored["id"])
    assert api.tus("HEAD", path).status_code == 410


def test_cancelled_session__leaves_nothing(api, store, keys):
    path = api.create(20 * MIB)
    api.append(path, 0, b"x" * 9 * MIB)
    assert keys() == []
    assert unfinished(store)
    assert api.tus("DELETE", path).status_code == 204
    assert (keys(), unfinished(store)) == ([], [])
    assert [*store.bucket.objects.filter(Prefix=".org_files_uploads/")] == []
