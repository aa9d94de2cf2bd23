"""The alias in STORAGES of each file and rendition. On PostgreSQL no table is written anew."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0015_file_usage_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name='storage_alias',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=100, verbose_name='STORAGES'),
        )
        for name in ('file', 'rendition')
    ]
