"""Every row gets an id of its own, and what its bytes measure."""

from django.db import migrations

from org_files.files import content_type_of, fingerprint
from org_files.ids import new_public_id
from org_files.storage import original_storage


def measure(apps, schema_editor):
    storage = original_storage()
    documents = apps.get_model("legacy", "Document").objects
    for document in documents.filter(sha256="").iterator():
        with storage.open(document.content.name) as content:
            measured = fingerprint(content)
        document.public_id = new_public_id()
        document.size = measured.size
        document.sha256 = measured.sha256
        document.charset = measured.charset
        document.content_type = content_type_of(document.name, measured.head)
        document.save()


class Migration(migrations.Migration):
    # Every row is done or not: an interrupted run goes on where it was.
    atomic = False

    dependencies = [("legacy", "0003_columns")]

    operations = [migrations.RunPython(measure, migrations.RunPython.noop)]
