"""Several files at once, and the trash."""

import re
from datetime import timedelta
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import get_file_model
from org_files.models import Download
from org_files.testing.factories import make_file, make_stored_file, make_tier, make_user, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client, organization_member, org_files_storage):
    client.force_login(organization_member)
    return organization_member


@pytest.fixture
def files(organization, member):
    return [make_stored_file(organization, member, name=f"{n}.txt") for n in range(3)]


def ids(*files):
    return [str(file.public_id) for file in files]


def act(client, action, *files, **fields):
    return client.post("/library/selection/", {"action": action, "id": ids(*files), **fields})


def names(*, trashed=False):
    rows = get_file_model()._base_manager.filter(deleted_at__isnull=not trashed)
    return sorted(rows.values_list("name", flat=True))


def test_trash__offers_to_undo(client, files):
    answer = act(client, "trash", *files[:2], next="/library/?view=grid")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/library/?view=grid")
    assert names() == ["2.txt"]
    page = client.get("/library/")
    assert page.context["notices"][0]["text"] == "2 files were moved to the trash."

    undo = {"action": "restore", "id": page.context["notices"][0]["undo"]}
    assert client.post("/library/selection/", undo).status_code == 303
    assert names() == ["0.txt", "1.txt", "2.txt"]


def test_button_of_one_row__acts_on_it_alone(client, files):
    # The browser sends what is selected, too.
    assert act(client, "", *files[1:], trash=ids(files[0])).status_code == 303
    assert names(trashed=True) == ["0.txt"]


def test_nothing_selected__is_told(client, files):
    assert act(client, "trash").status_code == 303
    assert b"Select at least one file." in client.get("/library/").content


def test_sentences_that_no_page_shows__do_not_pile_up(client, member):
    for _ in range(7):
        act(client, "trash")

    assert len(client.get("/library/").context["notices"]) == 5


def test_unknown_action_and_too_many_files__are_refused(client, files, monkeypatch):
    assert act(client, "shred", *files).status_code == 400
    monkeypatch.setattr("org_files.web.views.selection.MAX_SELECTED", 2)
    answer = act(client, "trash", *files, next="/library/?search=txt")
    assert answer.status_code == 400
    assert b"At most 2 files at once." in answer.content
    assert b'href="/library/?search=txt">Back' in answer.content
    assert len(names()) == 3


@pytest.mark.parametrize("action", ["trash", "restore", "remove", "archive"])
def test_file_of_others__is_answered_as_a_missing_one_and_nothing_is_done(client, files, action):
    hidden, missing = make_stored_file(), uuid4()

    def answer(extra):
        data = {"action": action, "id": [*ids(files[0]), str(extra)], "confirmed": "1"}
        response = client.post("/library/selection/", data)
        assert response.status_code == 404
        # The tokens of forms are others each time.
        return re.sub(rb'(csrfmiddlewaretoken" value=")\w+', rb"\1", response.content)

    assert answer(hidden.public_id) == answer(missing) == answer("zzz")
    assert len(names()) == 4
    assert not Download.objects.exists()


def test_file_that_is_only_read__is_denied_with_all_others(client, files, organization):
    others = make_file(organization, make_user(), name="others.txt")

    for action in ("trash", "restore", "remove"):
        assert act(client, action, *files, others, confirmed="1").status_code == 403, action
    assert len(names()) == 4


def test_restore__leaves_files_that_are_not_in_the_trash(client, files):
    act(client, "trash", files[0])

    assert act(client, "restore", *files[:2], next="/library/trash/").status_code == 303
    assert len(names()) == 3
    assert b"1 file was restored." in client.get("/library/trash/").content


def test_removal__is_confirmed_and_spares_what_was_restored_meanwhile(client, files):
    act(client, "trash", *files[:2])

    page = act(client, "remove", *files[:2], next="/library/trash/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "2 files with 18\xa0bytes together will be removed for good." in text
    assert '<th scope="row">0.txt</th>' in text
    assert len(names(trashed=True)) == 2

    confirmed = {"action": "remove", "id": page.context["ids"], "confirmed": "1"}
    assert client.post("/library/selection/", confirmed).status_code == 303
    assert names() == ["2.txt"]
    assert names(trashed=True) == []
    assert client.post("/library/selection/", confirmed).status_code == 404


def test_file_that_is_restored_during_the_removal__stays(client, files, monkeypatch):
    act(client, "trash", *files[:2])
    from org_files.web.views import selection

    def purge(*, files):
        get_file_model()._base_manager.filter(name="0.txt").update(deleted_at=None)
        return purge_files(files=files)

    purge_files = selection.purge_files
    monkeypatch.setattr(selection, "purge_files", purge)

    act(client, "remove", *files[:2], confirmed="1")

    assert names() == ["0.txt", "2.txt"]
    assert b"1 file was removed for good." in client.get("/library/").content


def test_archive__has_the_files_and_counts_each(client, files, member):
    answer = act(client, "archive", *files[:2], files[0])

    assert answer.headers["Content-Disposition"].startswith("attachment")
    with ZipFile(BytesIO(answer.getvalue())) as archive:
        assert archive.namelist() == ["0.txt", "1.txt"]
        assert archive.read("0.txt") == b"A report."
    assert Download.objects.filter(user=member).count() == 2


def test_archive_of_all__has_what_the_filters_find(client, files, member, monkeypatch):
    fields = {"all": "1", "query": "search=txt&ordering=-name&created_after=2024-01-01&view=grid"}
    make_file(files[0].organization, name="other.pdf")

    answer = act(client, "archive", **fields)

    with ZipFile(BytesIO(answer.getvalue())) as archive:
        assert archive.namelist() == ["2.txt", "1.txt", "0.txt"]
    for query in ("color=red", "kind=song", "search=%FF", "search=%00"):
        assert act(client, "archive", **fields | {"query": query}).status_code == 400, query
    monkeypatch.setattr("org_files.web.views.selection.MAX_SELECTED", 2)
    assert act(client, "archive", **fields).status_code == 400
    assert Download.objects.count() == 3


def test_archive_of_a_picture_that_its_tier_excludes__is_denied(client, files, organization):
    subscribe(organization, make_tier(allow_original=False))
    picture = make_file(organization, content_type="image/png")

    answer = act(client, "archive", files[0], picture)

    assert answer.status_code == 403
    assert b"tier does not have original pictures" in answer.content
    assert not Download.objects.exists()


def test_get__leads_to_the_library(client, member):
    assert client.get("/library/selection/").headers["Location"] == "/library/"


def test_trash__says_when_files_go_and_has_those_that_one_may_restore(
    client, files, organization, settings
):
    act(client, "trash", files[0])
    now = timezone.now()
    make_file(organization, make_user(), name="others.txt", deleted_at=now)

    page = client.get("/library/trash/")

    assert [row.file.name for row in page.context["rows"]] == ["0.txt"]
    removed_at = page.context["rows"][0].removed_at
    assert timedelta(days=29) < removed_at - now <= timedelta(days=30)
    assert f'datetime="{removed_at:%Y-%m-%dT%H:%M:%SZ}"' in page.content.decode()
    settings.ORG_FILES = {"TRASH_DAYS": None}
    assert b"Never" in client.get("/library/trash/").content
    assert client.get("/library/trash/?search=other").context["rows"] == []


def test_empty_trash__asks_first_and_takes_as_many_as_it_can(
    client, files, organization, monkeypatch
):
    monkeypatch.setattr("org_files.web.views.selection.MAX_SELECTED", 2)
    for file in files:
        act(client, "", trash=ids(file))

    page = act(client, "empty", query="search=txt")
    assert (len(page.context["files"]), page.context["has_more"]) == (2, True)
    assert len(names(trashed=True)) == 3

    confirmed = {"action": "remove", "id": page.context["ids"], "confirmed": "1"}
    client.post("/library/selection/", confirmed)
    assert len(names(trashed=True)) == 1
    # Files outside the trash are never among them.
    make_stored_file(organization, files[0].owner)
    assert len(act(client, "empty").context["files"]) == 1
    assert act(client, "empty", query="search=nothing").status_code == 303


def test_queries_of_the_trash__are_as_many_for_30_files_as_for_one(client, member, organization):
    def queries():
        with CaptureQueriesContext(connection) as context:
            assert client.get("/library/trash/").status_code == 200
        return len(context)

    fields = {"deleted_at": timezone.now(), "content_type": "image/png"}
    make_file(organization, member, **fields)
    few = queries()
    for _ in range(29):
        make_file(organization, member, **fields)

    assert queries() == few
