"""Storages by organization: the alias is a column of the file, its renditions and avatars."""

import shutil
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import CommandError, call_command
from django.db.models import FileField
from PIL import Image

from org_files import get_file_model, health
from org_files.accounts.avatars import set_avatar
from org_files.files.verification import verify_store
from org_files.models import Download, Rendition, Role
from org_files.storage import LateStorage, original_storage
from org_files.testing.factories import join, make_organization, make_user
from tests.accounts.pictures import photo
from tests.files.storages import blobs
from tests.rest.requests import post_file, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

FUNCTION = f"{__name__}.by_organization"


def by_organization(organization):
    """The function of a site."""
    return "org_files" if organization is None else organization.name.lower()


def without_none(organization):
    return organization.name


def nowhere(organization):
    return "nowhere"


def failing(organization):
    if organization is None:
        return "org_files"
    return {"North": "north"}[organization.name]


class Broken(FileSystemStorage):
    """A folder that does not answer, and counts how often it is asked."""

    asked = 0

    def _fail(self, *args, **kwargs):
        type(self).asked += 1
        raise OSError(5, "told to fail")

    _open = _save = delete = exists = listdir = size = path = _fail


class Site:
    """Two organizations, each with a member who uploads, and its own folder."""

    def __init__(self, settings, tmp_path):
        self.settings = settings
        for alias in ("org_files", "north", "south"):
            self.use(alias, "django.core.files.storage.FileSystemStorage", tmp_path / alias)
        settings.ORG_FILES = {"STORAGE": FUNCTION}
        self.clients = {}
        for name in ("North", "South"):
            organization, user = make_organization(name), make_user(f"of-{name}")
            join(organization, user, Role.ADMIN)
            self.clients[name] = signed_in(user)

    def use(self, alias, backend, location):
        entry = {"BACKEND": backend, "OPTIONS": {"location": location}}
        self.settings.STORAGES = self.settings.STORAGES | {alias: entry}

    def upload(self, name, content=b"some bytes", file_name="a.txt"):
        answer = post_file(self.clients[name], content, file_name)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    def get(self, name, id, end="content/"):
        """Return the answer, and its body if it is a content."""
        answer = self.clients[name].get(f"/api/files/{id}/{end}")
        return answer, answer.getvalue()


@pytest.fixture
def site(settings, tmp_path, db):
    return Site(settings, tmp_path)


def there():
    return {alias: blobs(storages[alias]) for alias in ("org_files", "north", "south")}


def file_of(id):
    return get_file_model()._base_manager.get(public_id=id)


def move(*options):
    written = StringIO()
    call_command("org_files_move_storage", *options, stdout=written, no_color=True)
    return written.getvalue()


def test_file_and_renditions__are_in_the_storage_of_their_organization(site):
    for name in ("North", "South"):
        alias = name.lower()
        id = site.upload(name, photo(800, 600), "a.jpg")
        assert site.get(name, id)[1] == photo(800, 600)
        _answer, small = site.get(name, id, "renditions/200/")
        assert Image.open(BytesIO(small)).height == 200
        file = file_of(id)
        rendition = Rendition.objects.get(file=file.pk, height=200)
        assert file.storage_alias == rendition.storage_alias == alias
        assert {file.content.name, rendition.key} <= blobs(storages[alias])
        # A site's own code reads by the column of the file.
        assert file.content.storage is storages[alias]
        with file.content.open() as content:
            assert content.read() == photo(800, 600)
        assert "storage_alias" not in site.get(name, id, "")[0].json()
    assert len(blobs(storages["north"])) == len(blobs(storages["south"])) > 1

    avatar = set_avatar(user=make_user(), upload=ContentFile(photo(300, 300)))
    assert avatar.storage_alias == "org_files"
    assert there()["org_files"] == {avatar.key}
    report = verify_store(deep=True)
    assert report.findings == []
    assert report.checked["blobs"] == sum(map(len, there().values()))


def test_trash_and_deletion__remove_the_bytes_where_the_row_says(site):
    id = site.upload("North", photo(800, 600), "a.jpg")
    assert site.get("North", id, "renditions/200/")[0].status_code == 200
    # The settings have another answer by now: what is stored stays where it is.
    site.settings.ORG_FILES = {"STORAGE": "south", "TRASH_DAYS": None}
    assert site.get("North", id)[1] == photo(800, 600)
    client = site.clients["North"]
    assert client.delete(f"/api/files/{id}/").status_code == 204
    call_command("org_files_maintenance", stdout=StringIO())
    assert file_of(id).content.name in there()["north"]
    site.settings.ORG_FILES = {"STORAGE": "south", "TRASH_DAYS": 1}
    get_file_model()._base_manager.update(deleted_at="2000-01-01T00:00Z")
    call_command("org_files_maintenance", stdout=StringIO())
    assert there() == {"org_files": set(), "north": set(), "south": set()}


def test_failing_storage__touches_its_own_organization_alone(site, tmp_path, monkeypatch):
    ids = {name: site.upload(name) for name in ("North", "South")}
    site.use("south", f"{__name__}.Broken", tmp_path / "south")
    monkeypatch.setattr(Broken, "asked", 0)
    monkeypatch.setattr(health, "_last", None)
    for _ in range(20):
        assert site.get("North", ids["North"])[1] == b"some bytes"
    site.upload("North")
    assert site.clients["North"].get("/api/files/").json()["count"] == 2
    assert site.clients["North"].get("/api/health/").status_code == 200
    assert Broken.asked == 0
    assert Download.objects.count() == 20

    refused, _ = site.get("South", ids["South"])
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert "Retry-After" in refused.headers
    assert site.clients["South"].get("/api/files/").json()["count"] == 1
    assert post_file(site.clients["South"]).status_code == 503
    assert Broken.asked
    assert Download.objects.count() == 20


def test_verify__compares_each_row_with_the_storage_that_it_names(site):
    north, south = (file_of(site.upload(name)) for name in ("North", "South"))
    # The bytes are there, in the storage of the other organization.
    shutil.move(storages["north"].path(north.content.name), storages["south"].path("misplaced"))
    Path(storages["south"].path(south.content.name)).write_bytes(b"short")
    found = {(each.kind, each.key, each.storage) for each in verify_store().findings}
    assert found == {
        ("missing", north.content.name, "north"),
        ("size", south.content.name, "south"),
    }


@pytest.mark.parametrize(
    ("function", "error"), [(FUNCTION, "returns 'nowhere'"), (f"{__name__}.failing", "KeyError")]
)
def test_organization_without_a_storage__fails_alone_and_is_named(site, caplog, function, error):
    wrong, user = make_organization("Nowhere"), make_user()
    join(wrong, user, Role.ADMIN)
    site.settings.ORG_FILES = {"STORAGE": function}
    refused = post_file(signed_in(user))
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    site.upload("North")
    caplog.clear()
    assert verify_store().findings == []
    for text in (f"The organization {wrong.pk} has no storage", error):
        assert text in caplog.text


def test_alias_that_was_removed__is_named_and_nothing_is_removed(site):
    id = site.upload("South", photo(800, 600), "a.jpg")
    assert site.get("South", id, "renditions/200/")[0].status_code == 200
    before = there()["south"]
    entry = site.settings.STORAGES["south"]
    site.settings.ORG_FILES = {"STORAGE": "org_files"}
    site.settings.STORAGES = {
        alias: each for alias, each in site.settings.STORAGES.items() if alias != "south"
    }
    report = verify_store(repair=True)
    pks = {row.content.name: f"file {row.pk}" for row in get_file_model()._base_manager.all()}
    pks |= {row.key: f"rendition {row.pk}" for row in Rendition.objects.all()}
    assert {str(each) for each in report.findings} == {
        f"{key} ({pks[key]}): the storage that has the bytes of a file cannot be used: "
        'STORAGES["south"]'
        for key in before
    }
    assert site.get("South", id)[0].status_code == 503
    site.settings.STORAGES = site.settings.STORAGES | {"south": entry}
    assert site.get("South", id)[1] == photo(800, 600)
    assert there()["south"] == before


def test_file_that_is_moved_during_a_request__is_read_in_its_new_storage(site, monkeypatch):
    id = site.upload("North", photo(800, 600), "a.jpg")
    for end in ("content/", "renditions/200/"):
        assert site.get("North", id, end)[0].status_code == 200
    rendition = Rendition.objects.get(height=200)
    opened = site.clients["North"].get(f"/api/files/{id}/content/")
    move("--from=north", "--to=south", "--delete", "--grace=0")
    assert there()["north"] == set()
    assert opened.getvalue() == photo(800, 600)

    # As if the rows had been read before the move.
    for model, path in ((get_file_model(), "content/"), (Rendition, "renditions/200/")):
        before = iter(["north"])
        load = model.from_db.__func__

        # fetch_mode is Django 6.1's.
        def stale(cls, *args, load=load, before=before, **fetch_mode):
            row = load(cls, *args, **fetch_mode)
            row.storage_alias = next(before, row.storage_alias)
            return row

        with monkeypatch.context() as patch:
            patch.setattr(model, "from_db", classmethod(stale))
            assert site.get("North", id, path)[0].status_code == 200
        assert next(before, None) is None
    assert Rendition.objects.get(height=200) == rendition
    assert verify_store(deep=True).findings == []


def test_move__takes_the_files_of_one_storage_alone(site):
    north, south = (file_of(site.upload(name)) for name in ("North", "South"))
    with pytest.raises(CommandError, match="--from"):
        move("--to=org_files")
    assert move("--from=north", "--to=org_files", "--delete", "--grace=0").startswith("Waiting")
    assert there() == {
        "org_files": {north.content.name},
        "north": set(),
        "south": {south.content.name},
    }
    north.refresh_from_db()
    with north.content.open() as content:
        assert content.read() == b"some bytes"


def test_function_that_is_wrong__is_e012(settings, db):
    for path, text in (
        ("tests.nowhere.function", "cannot be imported"),
        (f"{__name__}.without_none", "fails for None: AttributeError"),
        (f"{__name__}.nowhere", "returns 'nowhere' for None"),
    ):
        settings.ORG_FILES = {"STORAGE": path}
        [error] = run_checks(tags=["org_files"])
        assert (error.id, text in error.msg) == ("org_files.E012", True)


def test_function__is_not_called_while_models_load(site, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(apps, "models_ready", False)
        column = FileField(storage=original_storage)
    assert isinstance(column.storage, LateStorage)
    column.storage.save("key", ContentFile(b"-"))
    assert storages["org_files"].exists("key")


def test_delivery__is_checked_with_every_storage_that_a_function_may_choose(site):
    site.settings.ORG_FILES |= {
        "DELIVERY": {
            "BACKEND": "org_files.delivery.XAccelDelivery",
            "OPTIONS": {"internal_prefix": "/protected/"},
        }
    }
    [error] = run_checks(tags=["org_files"])
    assert error.id == "org_files.E025"
    assert all(alias in error.msg for alias in ("org_files", "north", "south"))
