"""An index by which files of an organization are counted, of the file that sites leave to us."""

from django.conf import settings
from django.db import migrations, models

from org_files.migrations._online import AddIndexOnline


class Migration(migrations.Migration):

    # PostgreSQL builds no index concurrently within a transaction.
    atomic = False

    dependencies = [
        ('org_files', '0014_daily_downloads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        AddIndexOnline(
            model_name='file',
            index=models.Index(fields=['organization', 'deleted_at', 'expires_at', 'size'], name='org_files_f_organiz_81533d_idx'),
        ),
    ]
