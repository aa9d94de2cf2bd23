"""Fields of a site's model that replace ours: an error unless they are equivalent."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from org_files.checks.fields import TEXT_LENGTH, check_unfilled
from org_files.models import AbstractFile
from org_files.rest.serializers import MAX_TEXT_LENGTH
from tests.checks.conftest import Site

FILE = 'ORG_FILES_FILE_MODEL = "shop.Document"\n'
ORGANIZATION = 'ORG_FILES_ORGANIZATION_MODEL = "shop.Company"\n'
ACCOUNTS = 'INSTALLED_APPS += ["org_files.accounts"]\nAUTH_USER_MODEL = "shop.Person"\n'

HEAD = """
import uuid
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, FileField, ForeignKey, OneToOneField, UUIDField
from django.utils import timezone
from org_files.accounts.base_user import AbstractEmailUser
from org_files.ids import new_public_id
"""

#: Lines of a class body by the base, each with the field, the end of the error, and the beginning
#: of the hint. No two lines are about one field.
WRONG: dict[str, list[tuple[str, str, str, str]]] = {
    "AbstractFile": [
        (
            "content_type = ForeignKey(ContentType, on_delete=models.CASCADE)",
            "content_type",
            "expected CharField, found ForeignKey to contenttypes.ContentType",
            (
                "document_content_type = models.ForeignKey(blank=True, null=True, "
                "on_delete=models.CASCADE, to='contenttypes.contenttype')"
            ),
        ),
        (
            'owner = ForeignKey("auth.Group", null=True, on_delete=models.SET_NULL)',
            "owner",
            "expected a relation to shop.Person, found one to auth.Group",
            (
                "owner = models.ForeignKey(null=True, on_delete=models.SET_NULL, "
                "to=settings.AUTH_USER_MODEL)"
            ),
        ),
        (
            "updated_at = models.DateTimeField()",
            "updated_at",
            "expected a default, found no default",
            "updated_at = models.DateTimeField(auto_now=True)",
        ),
        (
            "name = CharField(max_length=80)",
            "name",
            "expected max_length=255, found max_length=80",
            "name = models.CharField(max_length=255)",
        ),
        (
            "comment = CharField(max_length=500, blank=True)",
            "comment",
            "expected max_length=10000, found max_length=500",
            "comment = models.CharField(blank=True, max_length=10000)",
        ),
        (
            "expires_at = models.DateTimeField()",
            "expires_at",
            "expected null=True, found null=False",
            "expires_at = models.DateTimeField(null=True)",
        ),
        (
            "deleted_at = None if True else models.DateTimeField()",
            "deleted_at",
            "expected DateTimeField, found no field",
            'Remove the line "deleted_at = None".',
        ),
        (
            "content = FileField(unique=True, null=True, max_length=255)",
            "content",
            "expected null=False, found null=True",
            "content = models.FileField(max_length=255, unique=True, upload_to='')",
        ),
        (
            "sha256 = CharField(max_length=64, unique=True)",
            "sha256",
            "expected unique=False, found unique=True",
            "sha256 = models.CharField(max_length=64)",
        ),
        (
            "public_id = UUIDField(unique=True)",
            "public_id",
            "expected a default, found no default",
            "public_id = models.UUIDField(default=new_public_id, unique=True)",
        ),
        (
            "folded_download_count = models.PositiveBigIntegerField(default=0)",
            "folded_download_count",
            "expected FoldedCountField, found PositiveBigIntegerField",
            "document_folded_download_count = models.PositiveBigIntegerField(default=0)",
        ),
        (
            "is_public = property(lambda self: True)",
            "is_public",
            "expected BooleanField, found a property",
            "@property\ndef document_is_public(self): ...",
        ),
        (
            'def resource(self, of="shop"): return of',
            "resource",
            "expected CharField, found a method",
            "def document_resource(self, of='shop'): ...",
        ),
        (
            'resource_id = GenericForeignKey("target_type", "target_id")',
            "resource_id",
            "expected CharField, found GenericForeignKey",
            'document_resource_id = GenericForeignKey("target_type", "target_id")',
        ),
        (
            "is_picture = models.BooleanField(default=False)",
            "is_picture",
            "expected a property, found BooleanField",
            "document_is_picture = models.BooleanField(default=False)",
        ),
    ],
    "AbstractOrganization": [
        (
            "name = None",
            "name",
            "expected CharField, found no field",
            'Remove the line "name = None".',
        ),
    ],
    "AbstractEmailUser": [
        (
            "is_active = True",
            "is_active",
            "expected BooleanField, found bool",
            "person_is_active = True",
        ),
        (
            "is_staff = models.BooleanField()",
            "is_staff",
            "expected a default, found no default",
            "is_staff = models.BooleanField(default=False)",
        ),
        (
            "email = CharField(max_length=254, unique=True)",
            "email",
            "expected NormalizedEmailField, found CharField",
            "person_email = models.CharField(blank=True, max_length=254, null=True, unique=True)",
        ),
    ],
}

#: Names of values that the package computes.
TAKEN = {
    "AbstractFile": ("download_count", "last_downloaded_at"),
    "AbstractOrganization": ("file_count", "bytes_stored"),
    "AbstractEmailUser": ("has_avatar", "storage_paths"),
}

#: Columns of a file model that no upload fills, with the hint.
UNFILLED = {
    "rank": ("models.IntegerField()", "rank = models.IntegerField(blank=True, null=True)"),
    "slug": (
        "models.SlugField(unique=True)",
        "slug = models.SlugField(blank=True, null=True, unique=True)",
    ),
    "kind": (
        'ForeignKey("auth.Group", on_delete=models.PROTECT)',
        (
            "kind = models.ForeignKey(blank=True, null=True, on_delete=models.PROTECT, "
            "to='auth.group')"
        ),
    ),
}

#: Fields that are equivalent to those that they replace.
RIGHT = {
    "AbstractFile": [
        "size = models.BigIntegerField()",
        "name = models.TextField()",
        "comment = CharField(max_length=10_000, null=True)",
        "created_at = models.DateTimeField(auto_now_add=True)",
        "updated_at = models.DateTimeField(default=timezone.now)",
        "public_id = UUIDField(primary_key=True, default=uuid.uuid4)",
        "owner = ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)",
        'content = FileField(unique=True, max_length=300, upload_to="documents/")',
        "is_public = models.BooleanField()",
        "resource = models.SlugField(max_length=120, blank=True)",
        "is_picture = property(lambda self: False)",
        "value = models.IntegerField(default=0)",
        "slug = models.SlugField(unique=True, default=uuid.uuid4)",
        'def download_link(self): return ""',
    ],
    "AbstractOrganization": [
        "name = models.SlugField(max_length=50, unique=True)",
        "description = CharField(max_length=12_000, null=True)",
    ],
    "AbstractEmailUser": [
        "phone = None",
        "date_joined = None",
        "email = models.EmailField(unique=True, max_length=100)",
        "first_name = CharField(max_length=30, blank=True)",
    ],
}

NAMES = {
    "AbstractFile": ("Document", FILE),
    "AbstractOrganization": ("Company", ORGANIZATION),
    "AbstractEmailUser": ("Person", ACCOUNTS),
}

#: Django refuses the import of a model with an index on a field that is missing.
META = "class Meta: pass"


def class_of(base: str, lines: list[str], meta: str = "") -> str:
    """Return the source of a model with these lines in its body."""
    body = "\n".join([*lines, meta])
    return f"\nclass {NAMES[base][0]}({base}):\n{textwrap.indent(body, '    ')}\n"


def found_in(site: Site, lines: dict[str, list[str]], meta: str = "") -> list[list[str]]:
    """Return the messages about a site with a model of each base, with these lines."""
    source = HEAD + "".join(class_of(base, each, meta) for base, each in lines.items())
    return site.messages(source, "".join(NAMES[base][1] for base in lines))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The messages about models with all the wrong lines."""
    bodies = {base: [line for line, *_ in cases] for base, cases in WRONG.items()}
    for base, names in TAKEN.items():
        bodies[base] += [f"{name} = models.IntegerField(default=0)" for name in names]
    bodies["AbstractFile"] += [f"{name} = {column}" for name, (column, _hint) in UNFILLED.items()]
    return found_in(Site(tmp_path_factory.mktemp("wrong")), bodies, META)


def about(found: list[list[str]], base: str, name: str) -> list[str]:
    """Return the one message about a field: id, text, hint."""
    label = f"shop.{NAMES[base][0]}.{name} "
    [message] = [each for each in found if each[1].startswith(label)]
    return list(message)


@pytest.mark.parametrize(
    ("base", "name", "words", "hint"),
    [(base, *case[1:]) for base, cases in WRONG.items() for case in cases],
)
def test_incompatible_field__is_e019_with_a_line_to_paste(
    found: list[list[str]], base: str, name: str, words: str, hint: str
) -> None:
    check, text, given = about(found, base, name)

    assert check == "org_files.E019"
    assert text.endswith(f" cannot stand for {base}.{name}: {words}.")
    assert given == hint or given.startswith(f"{hint}\n")


def test_equivalent_fields__are_accepted(site: Site) -> None:
    assert found_in(site, RIGHT) == []


def test_lines_of_hints__pass(site: Site, found: list[list[str]]) -> None:
    mended = [
        hint
        for check, text, hint in found
        if text.startswith("shop.Document.")
        and not hint.startswith(("Remove", "document_resource_id"))
        and check != "org_files.W011"
    ]

    assert found_in(site, {"AbstractFile": mended}) == []


def test_longest_text_of_a_column__is_that_of_the_api() -> None:
    assert TEXT_LENGTH == MAX_TEXT_LENGTH


@pytest.mark.parametrize(
    ("base", "name"), [(base, name) for base, names in TAKEN.items() for name in names]
)
def test_name_of_a_computed_value__is_e020(found: list[list[str]], base: str, name: str) -> None:
    check, _text, hint = about(found, base, name)

    assert check == "org_files.E020"
    assert hint == f"{NAMES[base][0].lower()}_{name} = models.IntegerField(default=0)"


@pytest.mark.parametrize("name", UNFILLED)
def test_column_that_uploads_leave_empty__is_w011(found: list[list[str]], name: str) -> None:
    check, _text, hint = about(found, "AbstractFile", name)

    assert (check, hint) == ("org_files.W011", UNFILLED[name][1])


@isolate_apps("org_files")
def test_column_that_save_may_fill__is_accepted() -> None:
    class Shelf(models.Model):  # noqa: DJ008
        rank = models.IntegerField()

        class Meta:
            app_label = "org_files"

        def save(self, **kwargs: Any) -> None:
            super().save(**kwargs)

    assert list(check_unfilled(Shelf, AbstractFile)) == []


GENERIC = [
    "content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)",
    "object_id = models.PositiveIntegerField()",
    'content_object = GenericForeignKey("content_type", "object_id")',
]

SITE = """
INSTALLED_APPS += ["django_filters", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "site_urls"
ALLOWED_HOSTS = ["*"]
"""

UPLOAD = """
import io
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from org_files.models import Membership, Organization
call_command("check", fail_level="WARNING")
call_command("makemigrations", "shop", verbosity=0)
call_command("migrate", verbosity=0)
user = User.objects.create(username="ada")
acme = Organization.objects.create(name="Acme")
Membership.objects.create(user=user, organization=acme, role="admin")
client = Client()
client.force_login(user)
part = io.BytesIO(b"plain")
part.name = "report.txt"
answer = client.post("/api/files/", {"file": part})
print(answer.status_code, answer.json()["content_type"])
from shop.models import Document
Document.objects.update(object_id=user.pk, document_content_type=1)
print(client.get(f"/api/files/{answer.json()['id']}/").json()["content_type"])
print(client.get("/api/organizations/").json()["results"][0]["file_count"])
"""


def test_document_with_a_generic_relation__takes_uploads_with_the_lines_of_the_hint(
    site: Site, tmp_path: Path
) -> None:
    settings = f'{FILE}{SITE}MEDIA_ROOT = "{tmp_path / "media"}"\n'
    (tmp_path / "site_urls.py").write_text(
        "from django.urls import include, path\n"
        'urlpatterns = [path("api/", include("org_files.urls"))]\n'
    )
    found = site.messages(HEAD + class_of("AbstractFile", GENERIC), settings)
    [hint] = [hint for check, _text, hint in found if check == "org_files.E019"]

    # The name of the column is one that the package's own statements must not use.
    column = "value = models.IntegerField(default=0)"
    mended = HEAD + class_of("AbstractFile", [*hint.splitlines(), column])

    output = site(mended, settings, "shell", "-c", UPLOAD)
    assert output.splitlines()[-3:] == ["201 text/plain", "text/plain", "1"]
