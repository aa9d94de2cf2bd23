"""A site's field in the place of one of ours: an error by name unless it does the same."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from org_files.checks.fields import TEXT_LENGTH
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

#: Lines of a class body by the base that they are wrong for, with what the error has to say and
#: what the hint has to contain. No two lines are about one field.
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
            "organization = CharField(max_length=50)",
            "organization",
            "expected ForeignKey, found CharField",
            "document_organization = models.CharField(max_length=50)",
        ),
        (
            'owner = ForeignKey("auth.Group", null=True, on_delete=models.SET_NULL)',
            "owner",
            "expected a relation to auth.User, found one to auth.Group",
            (
                "owner = models.ForeignKey(null=True, on_delete=models.SET_NULL, "
                "to=settings.AUTH_USER_MODEL)"
            ),
        ),
        (
            "size = models.PositiveIntegerField()",
            "size",
            "expected PositiveBigIntegerField, found PositiveIntegerField",
            "document_size = models.PositiveIntegerField(blank=True, null=True)",
        ),
        (
            "created_at = models.DateField(auto_now_add=True)",
            "created_at",
            "expected DateTimeField, found DateField",
            "document_created_at = models.DateField(auto_now_add=True)",
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
        (
            "description = CharField(max_length=200, blank=True)",
            "description",
            "expected max_length=10000, found max_length=200",
            "description = models.CharField(blank=True, max_length=10000)",
        ),
        (
            "created_at = models.DateTimeField(null=True, default=timezone.now)",
            "created_at",
            "expected null=False, found null=True",
            "created_at = models.DateTimeField(default=timezone.now)",
        ),
    ],
    "AbstractEmailUser": [
        (
            'phone = ForeignKey("auth.Group", null=True, on_delete=models.SET_NULL)',
            "phone",
            "expected CharField, found ForeignKey to auth.Group",
            (
                "person_phone = models.ForeignKey(null=True, on_delete=models.SET_NULL, "
                "to='auth.group')"
            ),
        ),
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
            "first_name = None",
            "first_name",
            "expected CharField, found no field",
            'Remove the line "first_name = None".',
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

#: What does the same as the field that it replaces.
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

#: An index that is inherited has to find its fields, or Django itself stops the import.
META = "class Meta: pass"


def class_of(base: str, lines: list[str], meta: str = "") -> str:
    """Return the source of a model with these lines in its body."""
    body = "\n".join([*lines, meta])
    return f"{HEAD}\nclass {NAMES[base][0]}({base}):\n{textwrap.indent(body, '    ')}\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """What the checks find in a model of each base with all the wrong lines."""
    messages = {}
    for base, cases in WRONG.items():
        lines = [line for line, *_ in cases]
        lines += [f"{name} = models.IntegerField(default=0)" for name in TAKEN[base]]
        if base == "AbstractFile":
            lines += [f"{name} = {column}" for name, (column, _hint) in UNFILLED.items()]
        site = Site(tmp_path_factory.mktemp(base))
        messages[base] = site.messages(class_of(base, lines, META), NAMES[base][1])
    return messages


def about(found: dict[str, Any], base: str, name: str) -> list[str]:
    """Return the one message about a field: id, text, hint."""
    label = f"shop.{NAMES[base][0]}.{name} "
    [message] = [each for each in found[base] if each[1].startswith(label)]
    return list(message)


@pytest.mark.parametrize(
    ("base", "name", "words", "hint"),
    [(base, *case[1:]) for base, cases in WRONG.items() for case in cases],
)
def test_field_that_cannot_stand_for_ours__is_e019_with_a_line_to_paste(
    found: dict[str, Any], base: str, name: str, words: str, hint: str
) -> None:
    check, text, given = about(found, base, name)

    assert check == "org_files.E019"
    assert text.endswith(f" cannot stand for {base}.{name}: {words}.")
    assert given == hint or given.startswith(f"{hint}\n")


@pytest.mark.parametrize("base", RIGHT)
def test_field_that_does_the_same__is_in_order(site: Site, base: str) -> None:
    assert site.messages(class_of(base, RIGHT[base]), NAMES[base][1]) == []


def test_lines_that_hints_give__pass(site: Site, found: dict[str, Any]) -> None:
    mended = [
        hint
        for check, _text, hint in found["AbstractFile"]
        if not hint.startswith(("Remove", "class Meta", "document_resource_id"))
        and check != "org_files.W011"
    ]

    assert site.messages(class_of("AbstractFile", mended), FILE) == []


def test_longest_text_that_a_column_has_to_hold__is_that_of_the_api() -> None:
    assert TEXT_LENGTH == MAX_TEXT_LENGTH


@pytest.mark.parametrize(
    ("base", "name"), [(base, name) for base, names in TAKEN.items() for name in names]
)
def test_name_of_a_value_that_is_computed__is_e020(
    found: dict[str, Any], base: str, name: str
) -> None:
    check, _text, hint = about(found, base, name)

    assert check == "org_files.E020"
    assert hint == f"{NAMES[base][0].lower()}_{name} = models.IntegerField(default=0)"


@pytest.mark.parametrize("name", UNFILLED)
def test_column_that_uploads_leave_empty__is_w011(found: dict[str, Any], name: str) -> None:
    check, _text, hint = about(found, "AbstractFile", name)

    assert (check, hint) == ("org_files.W011", UNFILLED[name][1])


def test_column_that_save_fills__is_in_order(site: Site) -> None:
    lines = ["rank = models.IntegerField()", "def save(self, **kwargs): super().save(**kwargs)"]

    assert site.messages(class_of("AbstractFile", lines), FILE) == []


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


def test_documents_with_a_generic_relation__take_uploads_once_the_hint_is_pasted(
    site: Site, tmp_path: Path
) -> None:
    storage = f'MEDIA_ROOT = "{tmp_path / "media"}"\n'
    settings = FILE + SITE + storage
    (tmp_path / "site_urls.py").write_text(
        "from django.urls import include, path\n"
        'urlpatterns = [path("api/", include("org_files.urls"))]\n'
    )
    refused = site(class_of("AbstractFile", GENERIC), settings, "check", code=1)
    assert "(org_files.E019) shop.Document.content_type" in refused
    [hint] = [
        hint
        for check, _text, hint in site.messages(class_of("AbstractFile", GENERIC), settings)
        if check == "org_files.E019"
    ]

    # A column whose name the package's own statements must not take.
    column = "value = models.IntegerField(default=0)"
    mended = class_of("AbstractFile", [*hint.splitlines(), column])

    assert "no issues" in site(mended, settings, "check", "--fail-level", "WARNING")
    site(mended, settings, "makemigrations", "shop")
    output = site(mended, settings, "shell", "-c", UPLOAD)
    assert output.splitlines()[-3:] == ["201 text/plain", "text/plain", "1"]
