"""PostgreSQL expects few pending downloads of each file and organization, however they are spread."""

from django.conf import settings
from django.db import migrations

PENDING = 'org_files_pendingdownload'
COLUMNS = ('file_public_id', 'organization_id')


def expect_distinct(apps, schema_editor):
    # Statistics of 10,000 downloads of two files would have every row of a list scan the table.
    set_columns(schema_editor, 'SET (n_distinct = -1)')


def forget(apps, schema_editor):
    set_columns(schema_editor, 'RESET (n_distinct)')


def set_columns(schema_editor, option):
    if schema_editor.connection.vendor == 'postgresql':
        table = schema_editor.quote_name(PENDING)
        changes = ', '.join(
            f'ALTER COLUMN {schema_editor.quote_name(column)} {option}' for column in COLUMNS
        )
        schema_editor.execute(f'ALTER TABLE {table} {changes}')
        # The option counts from the next analysis on.
        schema_editor.execute(f'ANALYZE {table}')


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0011_file_charset'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [migrations.RunPython(expect_distinct, forget)]
