"""Deletions, restores and downloads of one file at once."""

import pytest

from org_files import counters, get_file_model
from org_files.files import trash_file
from org_files.testing.factories import make_stored_file
from org_files.testing.threads import at_once
from tests.organizations.calls import caller

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"whole or not at all " * 50_000


@pytest.mark.parametrize("query", ["", "?permanent=true"], ids=["trash", "permanent"])
def test_deletions_at_once__are_one_204_and_downloads_have_all_of_the_bytes_or_404(
    organization, user, query
):
    file = make_stored_file(organization, user, content=CONTENT)
    path = f"files/{file.public_id}/"

    def delete():
        return caller(user).delete(f"{path}{query}").status

    def download(**headers):
        response = caller(user).client.get(f"/api/{path}content/", headers=headers)
        return response.status_code, b"".join(response)

    def download_part():
        return download(Range="bytes=20-39")

    found = at_once([*[download] * 4, *[download_part] * 2, *[delete] * 4])

    assert sorted(found[6:]) == [204, 404, 404, 404]
    for whole_or_part, expected in (
        (found[:4], (200, CONTENT)),
        (found[4:6], (206, CONTENT[20:40])),
    ):
        for status, body in whole_or_part:
            assert b"not_found" in body if status == 404 else (status, body) == expected
    counters.fold()
    assert counters.verify().findings == []


def test_restores_at_once__are_all_200(organization, user):
    file = make_stored_file(organization, user)
    trash_file(file=file)

    def restore():
        return caller(user).post(f"files/{file.public_id}/restore/").status

    assert at_once([restore] * 4) == [200] * 4
    assert get_file_model()._base_manager.get(pk=file.pk).deleted_at is None
