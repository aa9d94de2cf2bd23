"""The ledger's index by the public id of the file."""

from django.conf import settings
from django.db import migrations, models

from org_files.migrations._online import AddIndexOnline


class Migration(migrations.Migration):

    # PostgreSQL builds no index concurrently within a transaction.
    atomic = False

    dependencies = [
        ('org_files', '0006_file_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        AddIndexOnline(
            model_name='download',
            index=models.Index(fields=['file_public_id', 'downloaded_at'], name='org_files_download_public'),
        ),
    ]
