"""The IETF draft over HTTP, in its versions 3, 5, 6 and 8."""

import hashlib

import pytest

from org_files.models import Upload
from tests.uploads.conftest import digest, session

pytestmark = pytest.mark.django_db(transaction=True)

VERSIONS = (3, 5, 6, 8)


def path_of(response):
    return response.headers["Location"].removeprefix("http://testserver")


def flag(version, *, complete):
    """Return the header of a request that ends the upload, or does not."""
    if version == 3:
        return {"Upload_Incomplete": f"?{not complete:d}"}
    return {"Upload_Complete": f"?{complete:d}"}


def state(response):
    complete = response.headers.get("Upload-Complete")
    if complete is None:
        complete = {"?0": "?1", "?1": "?0"}[response.headers["Upload-Incomplete"]]
    return complete, response.headers.get("Upload-Offset")


def create(api, data=b"", *, complete=False, version=8, query="", **headers):
    path = f"files/{query}"
    return api.draft(
        "POST", path, data, version=version, **flag(version, complete=complete), **headers
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_whole_content_in_one_request__is_a_file(api, version):
    response = create(api, b"hello", complete=True, version=version, query="?name=a.txt")
    assert response.status_code == 201
    assert state(response) == ("?1", "5")
    assert response.json()["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert response.json()["name"] == "a.txt"


@pytest.mark.parametrize("version", VERSIONS)
def test_content_in_parts(api, version, reserved):
    response = create(api, b"012", version=version, Upload_Length=6)
    assert (response.status_code, state(response)) == (201, ("?0", "3"))
    path = path_of(response)
    more = api.draft(
        "PATCH", path, b"34", version=version, Upload_Offset=3, **flag(version, complete=False)
    )
    assert (more.status_code, state(more)) == (201 if version < 6 else 204, ("?0", "5"))
    head = api.draft("HEAD", path, version=version)
    assert (head.status_code, state(head)) == (204, ("?0", "5"))
    assert head.headers["Upload-Length"] == "6"
    assert head.headers["Cache-Control"] == "no-store"
    assert "max-age=" in head.headers["Upload-Limit"]
    last = api.draft(
        "PATCH", path, b"5", version=version, Upload_Offset=5, **flag(version, complete=True)
    )
    assert (last.status_code, state(last)) == (201, ("?1", "6"))
    assert last.json()["size"] == 6
    assert reserved() == ((0, 0), (6, 1))
    assert state(api.draft("HEAD", path, version=version)) == ("?1", "6")


def test_version_3__may_leave_out_the_end_flag(api):
    path = path_of(create(api, b"012", version=3))
    last = api.draft("PATCH", path, b"3", version=3, type="text/plain", Upload_Offset=3)
    assert (last.status_code, state(last)) == (201, ("?1", "4"))


def test_media_type__may_have_parameters(api):
    kind, flags = "application/partial-upload; charset=utf-8", flag(8, complete=True)
    last = api.draft("PATCH", path_of(create(api)), b"0", type=kind, Upload_Offset=0, **flags)
    assert last.status_code == 201


@pytest.mark.parametrize("version", [6, 8])
def test_append_with_another_media_type__is_refused(api, version):
    path = path_of(create(api, version=version))
    flags = flag(version, complete=False)
    response = api.draft(
        "PATCH", path, b"0", version=version, type="text/plain", Upload_Offset=0, **flags
    )
    assert response.status_code == 415
    assert response.headers["Accept-Patch"] == "application/partial-upload"


def test_other_offset__is_a_problem_that_tells_the_right_one(api):
    path = path_of(create(api, b"012"))
    response = api.draft("PATCH", path, b"9", Upload_Offset=9, Upload_Complete="?0")
    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    assert state(response) == ("?0", "3")
    problem = response.json()
    assert problem["type"].endswith("#mismatching-upload-offset")
    assert (problem["expected-offset"], problem["provided-offset"]) == (3, 9)
    assert problem["code"] == "offset_mismatch"


@pytest.mark.parametrize(
    "headers",
    [{"Upload_Complete": "?1", "Upload_Length": 9}, {"Upload_Complete": "?0", "Upload_Length": 2}],
)
def test_lengths_that_differ__are_a_problem(api, headers):
    response = api.draft("POST", "files/", b"012", **headers)
    assert response.status_code == 400
    assert response.json()["type"].endswith("#inconsistent-upload-length")
    assert not Upload.objects.exists()


def test_length_that_changes__is_a_problem(api):
    path = path_of(create(api, b"012", Upload_Length=9))
    for headers in ({"Upload_Complete": "?1"}, {"Upload_Complete": "?0", "Upload_Length": 8}):
        response = api.draft("PATCH", path, b"3", Upload_Offset=3, **headers)
        assert response.status_code == 400
        assert response.json()["type"].endswith("#inconsistent-upload-length")
    assert session(path).offset == 3


def test_append_to_a_complete_upload(api):
    path = path_of(create(api, b"012", complete=True))
    again = api.draft("PATCH", path, Upload_Offset=3, Upload_Complete="?1")
    assert (again.status_code, state(again)) == (201, ("?1", "3"))
    more = api.draft("PATCH", path, b"3", Upload_Offset=3, Upload_Complete="?1")
    assert more.status_code == 400
    assert more.json()["type"].endswith("#completed-upload")


def test_cancelled_upload__is_not_found(api):
    path = path_of(create(api, b"012"))
    assert api.draft("DELETE", path).status_code == 204
    assert api.draft("HEAD", path).status_code == 404


@pytest.mark.parametrize("version", [3, 5, 6])
@pytest.mark.parametrize("method", ["HEAD", "DELETE"])
def test_fields_of_an_append__are_refused_elsewhere(api, version, method):
    path = path_of(create(api, b"012", version=version))
    assert api.draft(method, path, version=version, Upload_Offset=3).status_code == 400
    assert Upload.objects.exists()


def test_name_in_content_disposition(api):
    sent = "inline; filename=\"n.txt\"; filename*=UTF-8''na%C3%AFve.txt"
    response = create(api, b"x", complete=True, Content_Disposition=sent)
    assert response.json()["name"] == "naïve.txt"
    assert create(api, b"x", complete=True).json()["name"] == "upload"


def test_form_as_bytes__is_kept_as_it_is(api):
    response = create(api, b"--x--", complete=True, type="multipart/form-data; boundary=x")
    assert response.json()["size"] == 5


def test_value_of_another_type__makes_no_session(api):
    response = api.draft("POST", "files/", b"{}", type="application/json", Upload_Complete="1")
    assert response.json().keys() == {"file"}
    assert not Upload.objects.exists()


def test_digests(api, reserved):
    right, wrong = digest(b"hello"), digest(b"other")
    for header in ("Repr_Digest", "Content_Digest"):
        response = create(api, b"hello", complete=True, **{header: wrong})
        assert (response.status_code, response.json()["code"]) == (400, "digest_mismatch")
        assert reserved() == ((0, 0), (0, 0))
    response = create(
        api,
        b"hello",
        complete=True,
        Repr_Digest=right,
        Content_Digest=right,
        Want_Repr_Digest="sha-256=3",
    )
    assert response.status_code == 201
    assert response.headers["Repr-Digest"] == right


def test_content_digest_of_an_append__is_verified_before_bytes_count(api):
    path = path_of(create(api))
    fields = {"Upload_Offset": 0, "Upload_Complete": "?0"}
    response = api.draft("PATCH", path, b"012", Content_Digest=digest(b"other"), **fields)
    assert (response.status_code, state(response)) == (400, ("?0", "0"))
    assert (
        api.draft("PATCH", path, b"012", Content_Digest=digest(b"012"), **fields).status_code == 204
    )


def test_promised_digest__is_verified_at_the_end(api, reserved):
    path = path_of(create(api, b"01", Repr_Digest=digest(b"other")))
    response = api.draft("PATCH", path, b"2", Upload_Offset=2, Upload_Complete="?1")
    assert response.json()["code"] == "digest_mismatch"
    assert state(response) == ("?1", "3")
    assert reserved() == ((0, 0), (0, 0))


def test_repr_digest_of_an_append__is_that_of_the_body_or_of_the_file(api, reserved):
    flags = {"Upload_Offset": 2, "Upload_Complete": "?1"}
    for content, status in ((b"2", 201), (b"012", 201), (b"other", 400)):
        path = path_of(create(api, b"01"))
        response = api.draft("PATCH", path, b"2", Repr_Digest=digest(content), **flags)
        assert response.status_code == status
    assert response.json()["code"] == "digest_mismatch"
    assert reserved() == ((0, 0), (6, 2))
