"""Upload sessions, and what they reserve of a quota."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import org_files.ids


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0016_storage_alias'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name='usage',
                name=name,
                field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name=name.replace('_', ' ')),
            )
            for name in ('bytes_reserved', 'files_reserved')
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=org_files.ids.new_secret_id, editable=False, max_length=32, unique=True, verbose_name='public id')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('resource', models.CharField(blank=True, max_length=100, verbose_name='resource')),
                ('resource_id', models.CharField(blank=True, max_length=100, verbose_name='resource id')),
                ('is_public', models.BooleanField(default=False, verbose_name='public')),
                ('file_expires_at', models.DateTimeField(blank=True, null=True, verbose_name='file expires at')),
                ('length', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='length in bytes')),
                ('offset', models.PositiveBigIntegerField(default=0, verbose_name='bytes received')),
                ('is_complete', models.BooleanField(default=False, verbose_name='complete')),
                ('digest', models.CharField(blank=True, max_length=255, verbose_name='promised digest')),
                ('wanted_digest', models.CharField(blank=True, max_length=20, verbose_name='wanted digest')),
                ('metadata', models.TextField(blank=True, editable=False, verbose_name='metadata')),
                ('writer', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='writer')),
                ('is_wanted', models.BooleanField(default=False, editable=False, verbose_name='wanted')),
                ('storage_alias', models.CharField(blank=True, db_default='', default='', editable=False, max_length=100, verbose_name='STORAGES')),
                ('key', models.CharField(blank=True, editable=False, max_length=255, verbose_name='key')),
                ('stored', models.JSONField(blank=True, default=dict, editable=False, verbose_name='multipart upload')),
                ('tail_size', models.PositiveBigIntegerField(blank=True, editable=False, null=True, verbose_name='bytes of the tail')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('expires_at', models.DateTimeField(db_index=True, verbose_name='expires at')),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'upload',
                'verbose_name_plural': 'uploads',
            },
        ),
    ]
