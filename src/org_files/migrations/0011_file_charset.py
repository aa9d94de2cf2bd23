"""Whether a text is UTF-8; NULL for files that org_files_verify --deep has not read yet."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0010_password_booking'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='file',
            name='charset',
            field=models.CharField(editable=False, max_length=20, null=True, verbose_name='charset'),
        ),
    ]
