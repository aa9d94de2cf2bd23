"""An import that is killed: every file is stored once, no byte is lost, and nothing is left over.

IMPORTED_FILES=5000 imports more.
"""

import os
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils.crypto import get_random_string

from org_files.storage import original_storage
from org_files.testing.factories import make_organization
from org_files.testing.threads import at_once
from tests.commands.depot.models import Product
from tests.files.rows import rows, used
from tests.files.storages import blobs
from tests.victims import FINISHED, KILLED

pytestmark = pytest.mark.django_db(transaction=True)

FILES = int(os.environ.get("IMPORTED_FILES", "24"))
IMPORT = ("--model=depot.Product", "--field=manual", "--to=manual_file")


def make_products(company, files=FILES):
    """Return the digest of the manual of each new product, by its key."""
    made = {}
    for number in range(files):
        content = get_random_string(100 + number).encode()
        product = Product(company=company)
        product.manual.save("manual.txt", ContentFile(content))
        made[product.pk] = sha256(content).hexdigest()
    return made


def digest_of(path):
    return sha256(Path(path).read_bytes()).hexdigest()


def check_nothing_is_lost(digests):
    """Check that the old column or the new one of each product names its bytes; count the new."""
    files = {file.pk: file for file in rows()}
    for product in Product.objects.all():
        file = files.get(product.manual_file_id)
        new = file and digest_of(file.content.path)
        assert digests[product.pk] in (new, product.manual and digest_of(product.manual.path))
        assert file is None or new == file.sha256
    return len(files)


def test_killed_import__is_continued(doomed, transactional_db):
    company = make_organization()
    digests = make_products(company)
    old = storages["default"]
    before = blobs(old)

    def run(*arguments, **moment):
        ended = doomed.run("run_import", arguments=[*IMPORT, *arguments], **moment)
        return ended, check_nothing_is_lost(digests)

    stored = [run(statement=FILES, writes=True), run(statement=FILES, writes=True)]
    assert {ended for ended, _ in stored} == {KILLED}
    assert 0 < stored[0][1] < stored[1][1] < FILES
    assert run(step="copied") == (KILLED, stored[1][1])
    assert run() == (FINISHED, FILES)
    assert run() == (FINISHED, FILES)
    assert blobs(old) == before
    valid = {product.pk: digest_of(product.manual.path) for product in Product.objects.all()}
    assert valid == digests
    assert used(company)[1] == FILES

    delete = ("--delete", f"--batch-size={min(FILES // 4, 200)}")
    assert run(*delete, statement=FILES // 8, writes=True) == (KILLED, FILES)
    assert run(*delete, step="emptied") == (KILLED, FILES)
    assert run(*delete) == (FINISHED, FILES)
    assert blobs(old) == set()
    assert set(Product.objects.values_list("manual", flat=True)) == {""}
    assert dict(Product.objects.values_list("pk", "manual_file__sha256")) == digests
    # Each run that was killed may leave one blob without a row, and no journal.
    left = blobs(original_storage()) - {file.content.name for file in rows()}
    assert len(left) <= 3
    assert not [key for key in left if key.startswith(".")]
    call_command("org_files_verify", "--deep", stdout=StringIO())


@pytest.mark.sweep
@pytest.mark.parametrize("options", [["--copy"], [], ["--delete"]])
def test_import_killed_after_each_statement__is_continued(doomed, transactional_db, options):
    digests = make_products(make_organization(), 5)
    ends = []
    while FINISHED not in ends:
        assert len(ends) < 100
        ends.append(
            doomed.run("run_import", arguments=[*IMPORT, *options], statement=len(ends) + 1)
        )
        check_nothing_is_lost(digests)
    assert len(ends) > 20
    assert dict(Product.objects.values_list("pk", "manual_file__sha256")) == digests
    assert len(blobs(storages["default"])) == (0 if "--delete" in options else 5)


def test_imports_at_once__store_each_file_once(transactional_db):
    company = make_organization()
    digests = make_products(company)

    def run():
        call_command("org_files_import", *IMPORT, stdout=StringIO())

    at_once([run] * 3)
    assert check_nothing_is_lost(digests) == FILES
    assert blobs(original_storage()) == {file.content.name for file in rows()}
    assert used(company)[1] == FILES
