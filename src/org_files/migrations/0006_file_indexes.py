"""Indexes of the names and sizes in an organization, of the file that sites leave to us."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0005_tiers_and_renditions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='file',
            index=models.Index(fields=['organization', 'name'], name='org_files_f_organiz_d7b5a6_idx'),
        ),
        migrations.AddIndex(
            model_name='file',
            index=models.Index(fields=['organization', 'size'], name='org_files_f_organiz_25d19c_idx'),
        ),
    ]
