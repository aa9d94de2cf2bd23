"""The package arrives: what is there already is renamed, what is not is added without a value."""

import django.utils.timezone
from django.db import migrations, models


def column(model_name, name, field):
    return migrations.AddField(model_name=model_name, name=name, field=field)


FOLDED = {
    "folded_download_count": models.PositiveBigIntegerField(default=0, editable=False),
    "folded_last_downloaded_at": models.DateTimeField(null=True, editable=False),
}

COMPANY = {
    "description": models.TextField(blank=True, default=""),
    "created_at": models.DateTimeField(default=django.utils.timezone.now, editable=False),
}

DOCUMENT = {
    # Not unique yet: all rows would be given one and the same default.
    "public_id": models.UUIDField(null=True, editable=False),
    "size": models.PositiveBigIntegerField(default=0, editable=False),
    "content_type": models.CharField(max_length=255, default="", editable=False),
    "sha256": models.CharField(max_length=64, default="", editable=False),
    "storage_alias": models.CharField(
        max_length=100, default="", db_default="", blank=True, editable=False
    ),
    "charset": models.CharField(max_length=20, null=True, editable=False),
    "comment": models.TextField(blank=True, default=""),
    "resource": models.CharField(max_length=100, blank=True, default=""),
    "resource_id": models.CharField(max_length=100, blank=True, default=""),
    "is_public": models.BooleanField(default=False),
    "expires_at": models.DateTimeField(null=True, blank=True),
    "deleted_at": models.DateTimeField(null=True, blank=True, editable=False),
    "created_at": models.DateTimeField(default=django.utils.timezone.now, editable=False),
    "updated_at": models.DateTimeField(default=django.utils.timezone.now),
}


class Migration(migrations.Migration):
    dependencies = [("legacy", "0002_document")]

    operations = [
        migrations.RenameField("Document", "title", "name"),
        migrations.RenameField("Document", "attachment", "content"),
        migrations.RenameField("Document", "company", "organization"),
        migrations.RenameField("Document", "author", "owner"),
        *(column("company", name, field) for name, field in (COMPANY | FOLDED).items()),
        *(column("document", name, field) for name, field in (DOCUMENT | FOLDED).items()),
    ]
