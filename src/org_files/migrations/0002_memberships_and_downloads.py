"""What accompanies the swappable models: memberships and the ledger of downloads."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

PENDING = "org_files_pendingdownload"


def vacuum_pending_early(apps, schema_editor):
    # Every row of this table is deleted soon after it was inserted: with PostgreSQL's defaults
    # dead rows pile up in front of each reader of the totals.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"ALTER TABLE {schema_editor.quote_name(PENDING)} SET ("
            "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, "
            "autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000, "
            "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000)"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('admin', 'admin'), ('member', 'member'), ('viewer', 'viewer')], default='member', max_length=10, verbose_name='role')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'constraints': [models.UniqueConstraint(fields=('user', 'organization'), name='org_files_membership_once')],
            },
        ),
        migrations.CreateModel(
            name='Download',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_public_id', models.UUIDField(verbose_name='public id of the file')),
                ('link_id', models.BigIntegerField(null=True, verbose_name='share link')),
                ('downloaded_at', models.DateTimeField(verbose_name='downloaded at')),
                ('file', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'download',
                'verbose_name_plural': 'downloads',
                'indexes': [models.Index(fields=['file', 'downloaded_at'], name='org_files_download_file'), models.Index(fields=['organization', 'downloaded_at'], name='org_files_download_org'), models.Index(fields=['user', 'downloaded_at'], name='org_files_download_user')],
            },
        ),
        migrations.CreateModel(
            name='PendingDownload',
            fields=[
                ('download_id', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='download')),
                ('downloaded_at', models.DateTimeField(verbose_name='downloaded at')),
                ('file', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
            ],
            options={
                'verbose_name': 'pending download',
                'verbose_name_plural': 'pending downloads',
                'indexes': [models.Index(fields=['file', 'downloaded_at'], name='org_files_pending_file'), models.Index(fields=['organization', 'downloaded_at'], name='org_files_pending_org')],
            },
        ),
        migrations.CreateModel(
            name='RangeGrant',
            fields=[
                ('requester_key', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='requester key')),
                ('began_at', models.DateTimeField(db_index=True, verbose_name='began at')),
            ],
            options={
                'verbose_name': 'range grant',
                'verbose_name_plural': 'range grants',
            },
        ),
        migrations.RunPython(vacuum_pending_early, migrations.RunPython.noop),
    ]
