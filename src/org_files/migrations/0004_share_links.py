"""Share links, and the ledger's name for them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import org_files.ids


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0003_tombstones_and_usage'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ShareLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=org_files.ids.new_public_id, editable=False, unique=True, verbose_name='public id')),
                ('token_digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='SHA-256 of the token')),
                ('rendition', models.PositiveIntegerField(blank=True, null=True, verbose_name='height')),
                ('label', models.CharField(blank=True, max_length=200, verbose_name='label')),
                ('password', models.CharField(blank=True, editable=False, max_length=255, verbose_name='password')),
                ('max_downloads', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='downloads at most')),
                ('used', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='downloads')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='last download')),
                ('exhausted_at', models.DateTimeField(editable=False, null=True, verbose_name='used up at')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked at')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
            ],
            options={
                'verbose_name': 'share link',
                'verbose_name_plural': 'share links',
                'indexes': [models.Index(fields=['created_by', 'created_at'], name='org_files_link_creator'), models.Index(fields=['expires_at'], name='org_files_link_expiry')],
            },
        ),
        migrations.CreateModel(
            name='PasswordAttempts',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='link and address')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='wrong passwords')),
                ('trying', models.PositiveIntegerField(default=0, verbose_name='passwords being tried')),
                ('began_at', models.DateTimeField(db_index=True, verbose_name='began at')),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='org_files.sharelink', verbose_name='share link')),
            ],
            options={
                'verbose_name': 'password attempts',
                'verbose_name_plural': 'password attempts',
            },
        ),
        # Nothing is lost: until now no download came through a link.
        migrations.RemoveField(
            model_name='download',
            name='link_id',
        ),
        migrations.AddField(
            model_name='download',
            name='link',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='org_files.sharelink', to_field='public_id', verbose_name='share link'),
        ),
    ]
