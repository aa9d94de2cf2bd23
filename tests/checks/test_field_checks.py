"""Fields of a site's model that replace ours, and its migrations: checks, and lines that mend."""

import re
import textwrap

import django
import pytest
from django.db import models
from django.test.utils import isolate_apps

from org_files.checks.fields import TEXT_LENGTH, check_unfilled
from org_files.checks.models import check_models
from org_files.models import AbstractFile
from org_files.rest.serializers import MAX_TEXT_LENGTH
from tests.checks.project import run_site

#: Lines of a class body by the base, each with what was expected and found, and the beginning of
#: the hint. No two lines are about one field.
WRONG = {
    "AbstractFile": [
        (
            "content_type = ForeignKey(ContentType, on_delete=models.CASCADE)",
            "expected CharField, found ForeignKey to contenttypes.ContentType",
            (
                "document_content_type = models.ForeignKey(blank=True, null=True, "
                "on_delete=models.CASCADE, to='contenttypes.contenttype')"
            ),
        ),
        (
            'owner = ForeignKey("auth.Group", null=True, on_delete=models.SET_NULL)',
            "expected a relation to shop.Person, found one to auth.Group",
            (
                "owner = models.ForeignKey(null=True, on_delete=models.SET_NULL, "
                "to=settings.AUTH_USER_MODEL)"
            ),
        ),
        (
            "updated_at = models.DateTimeField()",
            "expected a default, found no default",
            "updated_at = models.DateTimeField(auto_now=True)",
        ),
        (
            "name = CharField(max_length=80)",
            "expected max_length=255, found max_length=80",
            "name = models.CharField(max_length=255)",
        ),
        (
            "comment = CharField(max_length=500, blank=True)",
            "expected max_length=10000, found max_length=500",
            "comment = models.CharField(blank=True, max_length=10000)",
        ),
        (
            "expires_at = models.DateTimeField()",
            "expected null=True, found null=False",
            "expires_at = models.DateTimeField(null=True)",
        ),
        (
            "deleted_at = None if True else models.DateTimeField()",
            "expected DateTimeField, found no field",
            'Remove the line "deleted_at = None".',
        ),
        (
            "content = FileField(unique=True, null=True, max_length=255)",
            "expected null=False, found null=True",
            "content = models.FileField(max_length=255, unique=True, upload_to='')",
        ),
        (
            "sha256 = CharField(max_length=64, unique=True)",
            "expected unique=False, found unique=True",
            "sha256 = models.CharField(max_length=64)",
        ),
        (
            "public_id = UUIDField(unique=True)",
            "expected a default, found no default",
            "public_id = models.UUIDField(default=new_public_id, unique=True)",
        ),
        (
            "folded_download_count = models.PositiveBigIntegerField(default=0)",
            "expected FoldedCountField, found PositiveBigIntegerField",
            "document_folded_download_count = models.PositiveBigIntegerField(default=0)",
        ),
        (
            "is_public = property(lambda self: True)",
            "expected BooleanField, found a property",
            "@property\ndef document_is_public(self): ...",
        ),
        (
            'def resource(self, of="shop"): return of',
            "expected CharField, found a method",
            "def document_resource(self, of='shop'): ...",
        ),
        (
            'resource_id = GenericForeignKey("target_type", "target_id")',
            "expected CharField, found GenericForeignKey",
            'document_resource_id = GenericForeignKey("target_type", "target_id")',
        ),
        (
            "is_picture = models.BooleanField(default=False)",
            "expected a property, found BooleanField",
            "document_is_picture = models.BooleanField(default=False)",
        ),
    ],
    "AbstractOrganization": [
        ("name = None", "expected CharField, found no field", 'Remove the line "name = None".')
    ],
    "AbstractEmailUser": [
        ("is_active = True", "expected BooleanField, found bool", "person_is_active = True"),
        (
            "is_staff = models.BooleanField()",
            "expected a default, found no default",
            "is_staff = models.BooleanField(default=False)",
        ),
        (
            "email = CharField(max_length=254, unique=True)",
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

#: A document with a generic relation, and the lines that mend it.
GENERIC = [
    "content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)",
    "object_id = models.PositiveIntegerField()",
    'content_object = GenericForeignKey("content_type", "object_id")',
]
MENDED = [
    (
        "memo_content_type = models.ForeignKey(blank=True, null=True, on_delete=models.CASCADE, "
        "to='contenttypes.contenttype')"
    ),
    "object_id = models.PositiveIntegerField(blank=True, null=True)",
    'content_object = GenericForeignKey("memo_content_type", "object_id")',
]

#: Keys that the database cascades; on Django before 6.1 that Django does.
CASCADES = """
CASCADE = getattr(models, "DB_CASCADE", models.CASCADE)


class Folder(models.Model):
    parent = models.ForeignKey("self", CASCADE, null=True)


class Note(models.Model):
    document = models.ForeignKey("Document", CASCADE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, CASCADE)
"""
CASCADED = [
    "organization = models.ForeignKey(settings.ORG_FILES_ORGANIZATION_MODEL, CASCADE)",
    "folder = models.ForeignKey(Folder, CASCADE, null=True)",
    "shelf = models.ForeignKey(Folder, models.CASCADE, null=True, related_name='+')",
]
CHILD = """
class Scan(Document):
    document_ptr = models.OneToOneField(Document, CASCADE, parent_link=True, primary_key=True)
    class Meta: pass
"""

NAMES = {
    "AbstractFile": "Document",
    "AbstractOrganization": "Company",
    "AbstractEmailUser": "Person",
}
SWAPPED = """
INSTALLED_APPS += ["org_files.accounts"]
AUTH_USER_MODEL = "shop.Person"
ORG_FILES_FILE_MODEL = "shop.Document"
ORG_FILES_ORGANIZATION_MODEL = "shop.Company"
"""

#: Django refuses the import of a model with an index on a field that is missing.
META = "class Meta: pass"


def class_of(base, name, lines):
    """Return the source of a model with these lines in its body."""
    body = "\n".join(lines)
    return f"\nclass {name}({base}):\n{textwrap.indent(body, '    ')}\n"


#: ``found`` are messages about models with all the wrong lines, by the checks of the site;
#: ``right``, ``generic`` and ``mended`` about models with other lines.
SCRIPT = """
from shop import models
from org_files.accounts.checks import COMPUTED as OF_USERS, LEEWAY as FOR_USERS
from org_files.checks.fields import check_fields, check_reserved, check_unfilled
from org_files.checks.models import COMPUTED, LEEWAY
LEEWAY[models.AbstractEmailUser], COMPUTED[models.AbstractEmailUser] = FOR_USERS, OF_USERS

def messages(name, base):
    model, base = getattr(models, name), getattr(models, base)
    found = [*check_fields(model, base, LEEWAY[base]), *check_reserved(model, COMPUTED[base])]
    found += check_unfilled(model, base) if base is models.AbstractFile else []
    return [[each.id, each.msg, each.hint] for each in found]

outcome["found"] = found()
for base, name in {names}.items():
    outcome["right"] = outcome.get("right", []) + messages("Right" + name, base)
outcome["generic"] = messages("Memo", "AbstractFile")
lines = [
    line
    for check, text, hint in outcome["found"]
    if text.startswith("shop.Document.")
    and not hint.startswith(("Remove", "document_resource_id", "on_delete"))
    and check != "org_files.W011"
    for line in hint.splitlines()
]
exec("class Mended(AbstractFile):\\n    " + "\\n    ".join(lines), vars(models))
outcome["mended"] = messages("Mended", "AbstractFile")
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    bodies = {base: [line for line, *_ in cases] for base, cases in WRONG.items()}
    for base, names in TAKEN.items():
        bodies[base] += [f"{name} = models.IntegerField(default=0)" for name in names]
    bodies["AbstractFile"] += [f"{name} = {column}" for name, (column, _hint) in UNFILLED.items()]
    bodies["AbstractFile"] += CASCADED
    source = CASCADES
    for base, lines in bodies.items():
        source += class_of(base, NAMES[base], [*lines, META])
        source += class_of(base, f"Right{NAMES[base]}", RIGHT[base])
    return run_site(
        tmp_path_factory.mktemp("site"),
        models=source + CHILD + class_of("AbstractFile", "Memo", GENERIC),
        settings=SWAPPED,
        script=SCRIPT.replace("{names}", repr(NAMES)),
    )


def about(outcome, base, name):
    """Return the one message about a field: id, text, hint."""
    label = f"shop.{NAMES[base]}.{name} "
    [message] = [each for each in outcome["found"] if each[1].startswith(label)]
    return list(message)


@pytest.mark.parametrize(
    ("base", "name", "words", "hint"),
    [
        (base, re.match(r"(?:def )?(\w+)", line)[1], words, hint)
        for base, cases in WRONG.items()
        for line, words, hint in cases
    ],
)
def test_incompatible_field__is_e019_with_a_line_to_paste(outcome, base, name, words, hint):
    check, text, given = about(outcome, base, name)

    assert check == "org_files.E019"
    assert text.endswith(f" cannot stand for {base}.{name}: {words}.")
    assert given == hint or given.startswith(f"{hint}\n")


def test_equivalent_fields_and_the_lines_of_hints__are_accepted(outcome):
    assert outcome["right"] == []
    assert outcome["mended"] == []


def test_generic_relation__is_mended_as_a_whole(outcome):
    (check, _text, hint), (unfilled, *_) = outcome["generic"]

    assert (check, unfilled) == ("org_files.E019", "org_files.W011")
    assert hint.splitlines() == MENDED


def test_name_of_a_computed_value__is_e020(outcome):
    for base, names in TAKEN.items():
        for name in names:
            check, _text, hint = about(outcome, base, name)
            assert check == "org_files.E020"
            assert hint == f"{NAMES[base].lower()}_{name} = models.IntegerField(default=0)"


def test_column_that_uploads_leave_empty__is_w011(outcome):
    for name, (_column, line) in UNFILLED.items():
        check, _text, hint = about(outcome, "AbstractFile", name)
        assert (check, hint) == ("org_files.W011", line)


def test_key_to_or_on_the_file_model_that_the_database_cascades__is_w010(outcome):
    found = [each for each in outcome["found"] if each[0] == "org_files.W010"]

    keys = {text.partition(" ")[0] for _check, text, _hint in found}
    names = ("Document.organization", "Document.folder", "Note.document", "Scan.document_ptr")
    expected = {f"shop.{name}" for name in names} if django.VERSION >= (6, 1) else set()
    assert keys == expected
    assert {hint for *_, hint in found} <= {"on_delete=models.CASCADE"}
    assert hasattr(models, "DB_CASCADE") == (django.VERSION >= (6, 1))


def test_longest_text_of_a_column__is_that_of_the_api():
    assert TEXT_LENGTH == MAX_TEXT_LENGTH


@isolate_apps("org_files")
def test_column_that_save_may_fill__is_accepted():
    class Shelf(models.Model):
        rank = models.IntegerField()

        class Meta:
            app_label = "org_files"

        def save(self, **kwargs):
            super().save(**kwargs)

    assert list(check_unfilled(Shelf, AbstractFile)) == []


@isolate_apps("org_files")
def test_lost_indexes_and_a_public_id_that_is_not_unique__are_w001_and_e006(monkeypatch):
    class Document(AbstractFile):
        public_id = models.UUIDField()

        class Meta:
            app_label = "org_files"

    monkeypatch.setattr("org_files.checks.models.get_file_model", lambda: Document)
    hints = {message.id: message.hint for message in check_models(None)}
    assert hints["org_files.W001"] == "class Meta(AbstractFile.Meta): ..."
    assert hints["org_files.E006"].startswith("public_id = models.UUIDField(unique=True, ")


SITE = """
INSTALLED_APPS += ["django_filters", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "site_urls"
ALLOWED_HOSTS = ["*"]
MEDIA_ROOT = "media"
ORG_FILES_FILE_MODEL = "shop.Memo"
ORG_FILES_ORGANIZATION_MODEL = "shop.Company"
"""

SHELF = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    operations = [migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])]
"""

MIGRATE = """
import io, sys
from importlib import invalidate_caches
from pathlib import Path
from django.core.management import call_command

folder = Path("shop/migrations")
second = folder / "0002_company.py"
line = 'run_before = [("org_files", "0001_initial")]'

def write(path, text):
    path.write_text(text)
    for name in [name for name in sys.modules if name.startswith("shop.migrations.")]:
        del sys.modules[name]
    invalidate_caches()

folder.mkdir()
write(folder / "__init__.py", "")
write(folder / "0001_initial.py", SHELF)
call_command("makemigrations", "shop", name="company", verbosity=0)
outcome["behind"] = found()
text = second.read_text()
write(second, text.replace("    operations = [", f"    {line}\\n\\n    operations = [", 1))
call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User
from django.test import Client
from org_files.models import Membership
from shop.models import Company, Memo
user = User.objects.create(username="ada")
acme = Company.objects.create(name="Acme")
Membership.objects.create(user=user, organization=acme, role="admin")
client = Client()
client.force_login(user)
part = io.BytesIO(b"plain")
part.name = "report.txt"
answer = client.post("/api/files/", {"file": part})
Memo.objects.update(object_id=user.pk, memo_content_type=1)
shown = client.get(f"/api/files/{answer.json()['id']}/").json()
listed = client.get("/api/organizations/").json()["results"][0]
outcome["upload"] = [answer.status_code, shown["content_type"], listed["file_count"]]

second.unlink()
write(folder / "0001_initial.py", text.replace("('shop', '0001_initial'),", ""))
outcome["first"] = found()
text = text.replace("('shop', '0001_initial')", '("org_files", "0001_initial")')
write(folder / "0001_initial.py", text)
outcome["circle"] = found()
"""


def test_swapped_models__are_migrated_with_the_line_of_e003_and_take_uploads(tmp_path):
    (tmp_path / "site_urls.py").write_text(
        "from django.urls import include, path\n"
        'urlpatterns = [path("api/", include("org_files.urls"))]\n'
    )
    # The name of the column is one that the package's own statements must not use.
    lines = [*MENDED, "value = models.IntegerField(default=0)"]
    shelf = "\nclass Shelf(models.Model):\n    pass\n"
    company = class_of("AbstractOrganization", "Company", ["pass"])
    outcome = run_site(
        tmp_path,
        models=shelf + company + class_of("AbstractFile", "Memo", lines),
        settings=SITE,
        script=f"SHELF = {SHELF!r}\n{MIGRATE}",
    )

    expected = {
        f'In migration shop.0002_company: run_before = [("org_files", "{ours}")]'
        for ours in ("0001_initial", "0002_memberships_and_downloads")
    }
    assert {check for check, *_ in outcome["behind"]} == {"org_files.E003"}
    assert {hint for *_, hint in outcome["behind"]} == expected
    assert outcome["upload"] == [201, "text/plain", 1]
    # The first migration of an app needs no line unless it depends on ours.
    assert outcome["first"] == []
    assert [check for check, *_ in outcome["circle"]] == ["org_files.E004"]
