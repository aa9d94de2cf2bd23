"""org_files_import: the files of a FileField become files of organizations, each of them once."""

import json
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management.base import CommandError

from org_files.files import change_file, purge_file, trash_file
from org_files.storage import original_storage
from org_files.testing.factories import make_organization, make_stored_file, make_user
from tests.commands.depot.models import Note, Photo, Product
from tests.files.rows import rows, used
from tests.files.storages import blobs
from tests.pictures.stored import photo

pytestmark = pytest.mark.django_db

IMPORT = ("org_files_import", "--model=depot.Product", "--field=manual")
TO = (*IMPORT, "--to=manual_file")


@pytest.fixture
def old():
    """The storage of the site's own files."""
    return storages["default"]


@pytest.fixture
def company():
    return make_organization()


@pytest.fixture
def products(company):
    return [product(company, number) for number in range(3)]


def product(company, number=0, **fields):
    made = Product(company=company, **fields)
    made.manual.save(f"Manual {number}.txt", ContentFile(f"manual {number}".encode()))
    return made


@pytest.fixture
def imported(run):
    """Import, and return the report; ``status`` is the exit status that is expected."""

    def imported(*arguments, status=0):
        found, written = run(*arguments, "--json")
        report = json.loads(written)
        assert (found, bool(report["problems"])) == (status, bool(status)), report
        return report

    return imported


def contents():
    """Return what is stored of each object, with its name, after a look at the digest."""
    found = {}
    for file in rows():
        content = file.content.read()
        file.content.close()
        assert (len(content), sha256(content).hexdigest()) == (file.size, file.sha256)
        found[file.resource, file.resource_id, file.name] = content
    return found


def expected(products):
    return {
        ("depot.product", str(each.pk), f"Manual_{number}.txt"): f"manual {number}".encode()
        for number, each in enumerate(products)
    }


def problems(report):
    return {(each["pk"], each["code"]) for each in report["problems"]}


def test_files__are_imported_once_and_the_column_stays(imported, run, products, old, company):
    before = blobs(old)
    report = imported(*IMPORT, "--dry-run")
    assert (report["imported"], report["bytes"], rows().count()) == (3, 24, 0)

    report = imported(*IMPORT, "--batch-size=2")
    assert (report["imported"], report["bytes"], report["there"]) == (3, 24, 0)
    assert contents() == expected(products)
    assert used(company) == (24, 3)
    assert imported(*IMPORT)["there"] == 3
    assert (contents(), blobs(old)) == (expected(products), before)
    assert len(blobs(original_storage())) == 3
    for number, each in enumerate(Product.objects.order_by("pk")):
        assert Path(each.manual.path).read_text() == f"manual {number}"
    status, written = run(*IMPORT)
    assert (status, written.strip()) == (0, "0 imported (0 bytes), 3 were there")


def test_copy__has_bytes_that_the_site_does_not_write(imported, products, old):
    imported(*IMPORT, "--copy")
    Path(old.path(products[0].manual.name)).write_bytes(b"written")
    assert contents() == expected(products)
    report = imported(*IMPORT, "--delete", status=1)
    assert problems(report) == {(str(products[0].pk), "changed")}


def test_delete__keeps_the_linked_bytes_empties_the_column_and_removes_the_old_files(
    imported, products, old
):
    inodes = {Path(old.path(each.manual.name)).stat().st_ino for each in products}
    report = imported(*IMPORT, "--delete")
    assert (report["imported"], report["emptied"], report["deleted"]) == (3, 3, 3)
    assert contents() == expected(products)
    assert blobs(old) == set()
    assert set(Product.objects.values_list("manual", flat=True)) == {""}
    assert {Path(file.content.path).stat().st_ino for file in rows()} == inodes
    # Nothing but the bytes, and the object that names their owner.
    assert len(blobs(original_storage())) == 3


def test_import__links_a_file_that_has_one_name_and_the_permissions_of_the_store(
    imported, products, old
):
    linked, private = (Path(old.path(each.manual.name)) for each in products[1:])
    linked.with_name("second").hardlink_to(linked)
    private.chmod(0o600)
    imported(*IMPORT)
    for product, is_one in zip(products, (True, False, False), strict=True):
        [file] = product.attachments.all()
        assert Path(file.content.path).samefile(old.path(product.manual.name)) == is_one
        assert stat.S_IMODE(Path(file.content.path).stat().st_mode) == 0o644
    report = imported(*IMPORT, "--delete")
    assert (report["emptied"], report["deleted"]) == (3, 3)
    assert contents() == expected(products)
    assert blobs(old) == {"manuals/second"}


def test_linked_file__outlives_the_other_name_and_is_compared_with_its_row(
    imported, run, products, old
):
    written, purged, deleted = products
    imported(*IMPORT)
    Path(old.path(written.manual.name)).write_bytes(b"WRITTEN!")
    purge_file(file=purged.attachments.get())
    # By the site's own code.
    deleted.manual.delete()
    with deleted.attachments.get().open() as content:
        assert content.read() == b"manual 2"
    assert Path(purged.manual.path).read_bytes() == b"manual 1"
    report = imported(*IMPORT, "--delete", status=1)
    assert problems(report) == {(str(written.pk), "damaged")}
    assert blobs(old) == {written.manual.name, purged.manual.name}
    status, verified = run("org_files_verify", "--only=files", "--deep")
    assert (status, verified.count("SHA-256")) == (1, 1)


def test_storage_that_writes_into_its_files__is_copied(imported, company, settings):
    overwriting = {**settings.STORAGES["default"]}
    overwriting["OPTIONS"] = {**overwriting["OPTIONS"], "allow_overwrite": True}
    settings.STORAGES = settings.STORAGES | {"default": overwriting}
    made = product(company)
    imported(*IMPORT)
    made.manual.storage.save(made.manual.name, ContentFile(b"WRITTEN!"))
    assert set(contents().values()) == {b"manual 0"}


def test_column__names_the_files_and_follows_the_old_one(imported, products, old):
    assert imported(*TO)["imported"] == 3
    assert {file.resource for file in rows()} == {""}
    for each in products:
        each.refresh_from_db()
    assert [each.manual_file.name for each in products] == [
        f"Manual_{number}.txt" for number in range(3)
    ]

    earlier = products[0].manual_file
    products[0].manual.save("New.txt", ContentFile(b"new"))
    other = make_stored_file(products[1].company)
    Product.objects.filter(pk=products[1].pk).update(manual_file=other)
    report = imported(*TO, "--delete", status=1)
    assert problems(report) == {(str(products[1].pk), "taken")}
    assert (report["imported"], report["there"], report["replaced"]) == (1, 2, 1)
    assert (report["emptied"], report["deleted"]) == (2, 2)
    for each in products:
        each.refresh_from_db()
    earlier.refresh_from_db()
    assert (products[0].manual_file.name, bool(earlier.deleted_at)) == ("New.txt", True)
    assert products[1].manual_file == other
    assert Path(products[1].manual.path).read_bytes() == b"manual 1"


def test_file_that_was_replaced__is_imported_and_the_earlier_one_trashed(imported, products):
    imported(*IMPORT)
    products[0].manual.save("New.txt", ContentFile(b"new"))
    assert imported(*IMPORT)["replaced"] == 1
    [trashed] = rows().exclude(deleted_at=None)
    assert trashed.name == "Manual_0.txt"
    assert imported(*IMPORT)["replaced"] == 0


def test_paths__lead_to_what_a_file_needs(imported, company, old):
    maker = make_user()
    made = product(company, maker=maker, title="The manual.pdf")
    Photo.objects.create(product=made, image=ContentFile(b"a photo", "photo.jpg"))
    imported(
        *("org_files_import", "--model=depot.Photo", "--field=image", "--object=product"),
        *("--organization=product.company", "--owner=product.maker"),
        *("--name=product.title", "--comment=image.name", "--resource=depot.product.photos"),
        *("--created-at=product.company.created_at", "--delete"),
    )
    [file] = rows()
    assert (file.organization, file.owner, file.name) == (company, maker, "The manual.pdf")
    assert (file.resource, file.resource_id) == ("depot.product.photos", str(made.pk))
    assert (file.comment, file.created_at) == ("photos/photo.jpg", company.created_at)
    # NULL, since the column is unique.
    assert Photo.objects.get().image.name is None


def test_field_of_another_model__is_imported_for_each_row_that_leads_to_it(imported, run, products):
    for each in products[:2]:
        Photo.objects.create(product=each, image=f"{each.pk}.jpg")
    path = ("org_files_import", "--model=depot.Photo", "--field=product.manual", "--object=product")
    assert imported(*path)["imported"] == 2
    assert contents() == expected(products[:2])
    assert imported(*path)["there"] == 2
    with pytest.raises(CommandError, match="another model"):
        run(*path, "--delete")


def test_object_of_a_generic_foreign_key__gets_the_file(imported, products):
    first, lost = products[:2]
    of_product = ContentType.objects.get_for_model(Product)
    of_a_model_that_is_gone = ContentType.objects.create(app_label="depot", model="gone")
    text = ContentFile(b"a note", "note.txt")
    for each, content_type in ((first, of_product), (lost, of_a_model_that_is_gone)):
        Note.objects.create(content_type=content_type, object_id=each.pk, text=text)
    note = ("org_files_import", "--model=depot.Note", "--field=text", "--object=content_object")
    report = imported(*note, status=1)
    assert problems(report) == {(str(Note.objects.latest("pk").pk), "no_organization")}
    assert [file.name for file in first.attachments.all()] == ["note.txt"]
    assert rows().count() == 1


def test_removed_files__are_not_imported_again_and_keep_their_old_bytes(imported, products, old):
    imported(*IMPORT)
    first, second = rows().order_by("pk")[:2]
    purge_file(file=first)
    trash_file(file=second)
    report = imported(*IMPORT, "--delete")
    assert (report["there"], report["removed"], report["deleted"]) == (1, 2, 1)
    assert blobs(old) == {each.manual.name for each in products[:2]}


def test_row_without_readable_bytes_organization_name_or_room__is_reported(
    imported, products, old, settings
):
    company = products[0].company
    Path(old.path(products[0].manual.name)).unlink()
    settings.ORG_FILES = {"QUOTA_FILES": 1, "MAX_FILE_SIZE": 10}
    reported = {
        "missing": products[0],
        "no_organization": product(None, 3),
        "file_too_large": product(company, 1_000_000),
        "quota_exceeded": products[2],
    }
    outside = Product.objects.create(company=company, manual="../../etc/passwd")
    Product.objects.create(company=company)
    report = imported(*IMPORT, status=1)
    codes = {(str(each.pk), code) for code, each in reported.items()}
    assert problems(report) == {*codes, (str(outside.pk), "missing")}
    assert report["imported"] == 1
    assert len(blobs(original_storage())) == 1


def test_dry_run__tells_types_by_the_first_bytes(imported, products, old):
    pictures = (*IMPORT, "--resource=depot.product.pictures")
    Path(old.path(products[0].manual.name)).write_bytes(photo())

    planned = imported(*pictures, "--dry-run", status=1)
    assert rows().count() == 0
    done = imported(*pictures, status=1)

    codes = {(str(each.pk), "type_not_allowed") for each in products[1:]}
    assert problems(planned) == problems(done) == codes
    assert planned["imported"] == done["imported"] == rows().count() == 1


def test_old_file_that_differs_or_is_shared__stays(imported, products, old):
    changed, damaged, shared = products
    moved = product(changed.company, 9)
    imported(*IMPORT, "--copy")
    change_file(file=rows().get(resource_id=moved.pk), resource_id=str(shared.pk))
    Path(old.path(changed.manual.name)).write_bytes(b"MANUAL 0")
    Path(rows().get(resource_id=damaged.pk).content.path).write_bytes(b"MANUAL 1")
    Photo.objects.create(product=shared, image=shared.manual.name)
    twin = Product.objects.create(company=changed.company, manual=shared.manual.name)
    report = imported(*IMPORT, "--delete", "--batch-size=1", status=1)
    assert problems(report) == {
        (str(changed.pk), "changed"),
        (str(damaged.pk), "damaged"),
        (str(moved.pk), "taken"),
        (str(twin.pk), "shared"),
    }
    assert blobs(old) == {each.manual.name for each in (*products, moved)}
    assert (report["emptied"], report["deleted"]) == (2, 0)


def test_old_files_that_a_table_without_migrations_names__stay(
    imported, products, old, monkeypatch
):
    monkeypatch.setattr(Photo._meta, "managed", False)
    Photo.objects.create(product=products[0], image=products[0].manual.name)
    assert problems(imported(*IMPORT, "--delete", status=1)) == {(str(products[0].pk), "shared")}
    assert blobs(old) == {products[0].manual.name}


def test_old_files_that_an_unreadable_table_may_name__stay(run, products, old, monkeypatch):
    monkeypatch.setattr(Photo._meta, "managed", False)
    monkeypatch.setattr(Photo._meta, "db_table", "depot_nowhere")
    with pytest.raises(CommandError, match=r"depot\.Photo may name old files"):
        run(*IMPORT, "--delete")
    assert blobs(old) == {each.manual.name for each in products}


def test_old_files_that_another_database_may_name__stay(run, products, old, settings):
    settings.ORG_FILES = {"STORE_OWNER": "production"}
    make_stored_file()
    # As in a copied database.
    settings.ORG_FILES = {"STORE_OWNER": "staging"}
    with pytest.raises(CommandError, match='belongs to "production"'):
        run(*IMPORT, "--delete")
    assert blobs(old) == {each.manual.name for each in products}


def test_bytes_that_two_rows_share__are_removed_with_the_second(imported, products, old):
    Product.objects.update(manual=products[0].manual.name)
    report = imported(*IMPORT, "--delete", "--batch-size=1")
    assert (report["imported"], report["emptied"], report["deleted"]) == (3, 3, 1)
    assert set(contents().values()) == {b"manual 0"}
    assert len(blobs(original_storage())) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model=depot.Nothing", "--field=manual"),
        ("--model=depot.Product", "--field=title"),
        ("--model=depot.Product", "--field=manual", "--to=company"),
        ("--model=depot.Product", "--field=manual", "--organization=company.owner"),
        ("--model=depot.Product", "--field=manual", "--organization=company", "--owner=title"),
        ("--model=depot.Product", "--field=manual", "--organization-id=many"),
        ("--model=depot.Product", "--field=manual", "--organization-id=0"),
        ("--model=depot.Product", "--field=company"),
        ("--model=depot.Product", "--field=title.manual"),
        ("--model=depot.Note", "--field=content_object.manual", "--organization-id=1"),
        ("--model=depot.Photo", "--field=image"),
        (*IMPORT[1:], "--resource=depot.product.nope"),
        ("--model=org_files.File", "--field=content"),
    ],
)
def test_what_does_not_fit__is_refused(run, products, arguments):
    Product.objects.update(title="x")
    Photo.objects.create(product=products[0], image=products[0].manual.name)
    with pytest.raises(CommandError):
        run("org_files_import", *arguments)
    assert rows().count() == 0
