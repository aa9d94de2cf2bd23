"""The time of the latest try of a password, after which tries of killed processes end."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0009_download_file_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='passwordattempts',
            name='booked_at',
            field=models.DateTimeField(null=True, verbose_name='latest try'),
        ),
    ]
