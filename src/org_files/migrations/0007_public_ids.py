"""Pending downloads and tombstones that meet their file by its public id."""

from contextlib import nullcontext

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery
from django.db.transaction import atomic


def fill_public_ids(apps, schema_editor):
    alias = schema_editor.connection.alias
    ledger = apps.get_model('org_files', 'Download')._base_manager.using(alias)
    pending = apps.get_model('org_files', 'PendingDownload')._base_manager.using(alias)
    row = ledger.filter(pk=OuterRef('pk')).values('file_public_id')
    pending.update(file_public_id=Subquery(row[:1]))


def concurrently(schema_editor):
    connection = schema_editor.connection
    online = connection.vendor == 'postgresql' and not connection.in_atomic_block
    return {'concurrently': True} if online else {}


def build_index(operation, schema_editor, model, index):
    connection = schema_editor.connection
    if not operation.allow_migrate_model(connection.alias, model):
        return
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    # A build that was interrupted leaves an index that PostgreSQL does not use.
    if index.name in there:
        remove_index(operation, schema_editor, model, index)
    schema_editor.add_index(model, index, **concurrently(schema_editor))


def remove_index(operation, schema_editor, model, index):
    if operation.allow_migrate_model(schema_editor.connection.alias, model):
        schema_editor.remove_index(model, index, **concurrently(schema_editor))


class AddIndexOnline(migrations.AddIndex):
    """AddIndex that lets PostgreSQL's other sessions write meanwhile."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        build_index(self, schema_editor, model, self.index)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        remove_index(self, schema_editor, model, self.index)


class RemoveIndexOnline(migrations.RemoveIndex):
    """RemoveIndex that lets PostgreSQL's other sessions write meanwhile."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        remove_index(self, schema_editor, model, index)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        build_index(self, schema_editor, model, index)


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


class Together(migrations.SeparateDatabaseAndState):
    """Operations in one transaction, where the database has transactions for them."""

    def __init__(self, operations):
        super().__init__(database_operations=operations, state_operations=operations)

    def deconstruct(self):
        return self.__class__.__name__, [self.database_operations], {}

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        with self._transaction(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        with self._transaction(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _transaction(self, schema_editor):
        connection = schema_editor.connection
        return atomic(connection.alias) if connection.features.can_rollback_ddl else nullcontext()


class Migration(migrations.Migration):

    # PostgreSQL builds no index concurrently within a transaction.
    atomic = False

    dependencies = [
        ('org_files', '0006_file_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        # First, since it may take long and be interrupted: the migration can then be run again.
        AddIndexOnline(
            model_name='download',
            index=models.Index(fields=['file_public_id', 'downloaded_at'], name='org_files_download_public'),
        ),
        Together(
            [
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
        ),
        RemoveIndexOnline(
            model_name='download',
            name='org_files_download_file',
        ),
    ]
