"""Deletions, restores and downloads of one file at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from org_files import counters, get_file_model
from org_files.files import trash_file
from org_files.models import AbstractFile, AbstractOrganization
from org_files.testing.factories import make_stored_file
from org_files.testing.threads import at_once
from tests.organizations.calls import caller

pytestmark = pytest.mark.django_db(transaction=True)


def path_of(file: AbstractFile) -> str:
    return f"files/{file.public_id}/"


@pytest.mark.parametrize("query", ["", "?permanent=true"], ids=["trash", "permanent"])
def test_deletions_at_once__are_one_204(
    organization: AbstractOrganization, user: Any, query: str
) -> None:
    file = make_stored_file(organization, user)

    def delete() -> int:
        return caller(user).delete(f"{path_of(file)}{query}").status

    assert sorted(at_once([delete] * 8)) == [204] + [404] * 7


def test_restores_at_once__are_all_200(organization: AbstractOrganization, user: Any) -> None:
    file = make_stored_file(organization, user)
    trash_file(file=file)

    def restore() -> int:
        return caller(user).post(f"{path_of(file)}restore/").status

    assert at_once([restore] * 4) == [200] * 4
    assert get_file_model()._base_manager.get(pk=file.pk).deleted_at is None


@pytest.mark.parametrize("query", ["", "?permanent=true"], ids=["trash", "permanent"])
def test_downloads_while_a_file_is_deleted__have_all_of_the_bytes_or_404(
    organization: AbstractOrganization, user: Any, query: str
) -> None:
    content = b"whole or not at all " * 50_000

    def download(path: str, headers: dict[str, str]) -> Callable[[], tuple[int, bytes]]:
        def call() -> tuple[int, bytes]:
            response = caller(user).client.get(path, headers=headers)
            return response.status_code, b"".join(response)

        return call

    for _ in range(2):
        file = make_stored_file(organization, user, content=content)
        path = f"/api/{path_of(file)}content/"
        *answers, deleted = at_once(
            [
                *[download(path, {})] * 5,
                *[download(path, {"Range": "bytes=20-39"})] * 2,
                lambda file=file: caller(user).delete(f"{path_of(file)}{query}").status,
            ]
        )

        assert deleted == 204
        for number, (status, body) in enumerate(answers):
            if status == 404:
                assert b"not_found" in body
            elif number < 5:
                assert (status, body) == (200, content)
            else:
                assert (status, body) == (206, content[20:40])
    counters.fold()
    assert counters.verify().findings == []
