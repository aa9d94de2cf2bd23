"""Operations on an index of a large table, during which PostgreSQL's other sessions write.

They are in migrations that are not atomic: run again after an interruption, a migration finds
what the interrupted statement left.
"""

from django.db import migrations


def concurrently(schema_editor):
    connection = schema_editor.connection
    online = connection.vendor == 'postgresql' and not connection.in_atomic_block
    return {'concurrently': True} if online else {}


def exists(schema_editor, model, index):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == 'sqlite':
            # Django would parse the SQL of the table, for each index again.
            sql = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s"
            return cursor.execute(sql, [index.name]).fetchone() is not None
        return index.name in connection.introspection.get_constraints(cursor, model._meta.db_table)


def build_index(operation, schema_editor, model, index):
    if not operation.allow_migrate_model(schema_editor.connection.alias, model):
        return
    # A build that was interrupted leaves an index that PostgreSQL does not use.
    remove_index(operation, schema_editor, model, index)
    schema_editor.add_index(model, index, **concurrently(schema_editor))


def remove_index(operation, schema_editor, model, index):
    if not operation.allow_migrate_model(schema_editor.connection.alias, model):
        return
    # The migration may have been interrupted after the index was removed.
    if exists(schema_editor, model, index):
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
