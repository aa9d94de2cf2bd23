"""Pending downloads and tombstones that meet their file by its public id."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery


def fill_public_ids(apps, schema_editor):
    alias = schema_editor.connection.alias
    ledger = apps.get_model('org_files', 'Download')._base_manager.using(alias)
    pending = apps.get_model('org_files', 'PendingDownload')._base_manager.using(alias)
    row = ledger.filter(pk=OuterRef('pk')).values('file_public_id')
    pending.update(file_public_id=Subquery(row[:1]))


class AllowKeyTwice(migrations.AlterField):
    """AlterField that, backwards, makes the column unique only where its values are."""

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        rows = model._base_manager.using(schema_editor.connection.alias)
        keys = rows.order_by().values(self.name).annotate(rows=Count('pk'))
        if rows.filter(**{self.name: None}).exists() or keys.filter(rows__gt=1).exists():
            return
        super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0007_download_public_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='pendingdownload',
            name='file_public_id',
            field=models.UUIDField(null=True, verbose_name='public id of the file'),
        ),
        migrations.RunPython(fill_public_ids, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name='pendingdownload',
            name='org_files_pending_file',
        ),
        migrations.AddIndex(
            model_name='pendingdownload',
            index=models.Index(fields=['file_public_id', 'downloaded_at'], name='org_files_pending_public'),
        ),
        AllowKeyTwice(
            model_name='tombstone',
            name='file',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file'),
        ),
    ]
