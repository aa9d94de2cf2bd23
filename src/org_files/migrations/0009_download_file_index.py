"""The ledger loses its index by the primary key of the file, which is no longer asked for."""

from django.conf import settings
from django.db import migrations

from org_files.migrations._online import RemoveIndexOnline


class Migration(migrations.Migration):

    # PostgreSQL removes no index concurrently within a transaction.
    atomic = False

    dependencies = [
        ('org_files', '0008_public_ids'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        RemoveIndexOnline(
            model_name='download',
            name='org_files_download_file',
        ),
    ]
