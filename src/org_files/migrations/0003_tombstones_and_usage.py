"""What is left of removed files, and what organizations store."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0002_memberships_and_downloads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('bytes_stored', models.PositiveBigIntegerField(default=0, verbose_name='bytes stored')),
                ('file_count', models.PositiveBigIntegerField(default=0, verbose_name='number of files')),
                ('is_counted', models.BooleanField(default=False, verbose_name='counted')),
            ],
            options={
                'verbose_name': 'usage',
                'verbose_name_plural': 'usage',
            },
        ),
        migrations.CreateModel(
            name='Tombstone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded_download_count', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='folded download count')),
                ('folded_last_downloaded_at', models.DateTimeField(editable=False, null=True, verbose_name='folded last download')),
                ('file_public_id', models.UUIDField(unique=True, verbose_name='public id of the file')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('purged_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='purged at')),
                ('file', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
                ('organization', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
            ],
            options={
                'verbose_name': 'tombstone',
                'verbose_name_plural': 'tombstones',
            },
        ),
    ]
