"""Folded downloads of each organization on each day, counted once by the ledger.

Processes of the version before add to no day. Where they fold, the sum of the days is not the
organization's total, and the ledger is read until ``org_files_verify --repair``.
"""

from datetime import timezone

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncDate


def count_days(apps, schema_editor):
    connection = schema_editor.connection
    days, ledger, pending = (
        apps.get_model('org_files', name)._base_manager.using(connection.alias)
        for name in ('DailyDownloads', 'Download', 'PendingDownload')
    )
    folded = ledger.exclude(organization=None).filter(~Exists(pending.filter(pk=OuterRef('pk'))))
    counts = (
        folded.order_by()
        .values_list('organization', TruncDate('downloaded_at', tzinfo=timezone.utc))
        .annotate(number=Count('pk'))
    )
    # One statement: downloads are recorded meanwhile.
    sql, params = counts.query.get_compiler(connection=connection).as_sql()
    table, *columns = (
        connection.ops.quote_name(name)
        for name in (days.model._meta.db_table, 'organization_id', 'day', 'download_count')
    )
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {sql}", params)


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0013_file_orderings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyDownloads',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('download_count', models.PositiveBigIntegerField(default=0, verbose_name='folded download count')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
            ],
            options={
                'verbose_name': 'daily downloads',
                'verbose_name_plural': 'daily downloads',
                'constraints': [models.UniqueConstraint(fields=('organization', 'day'), name='org_files_day_once')],
            },
        ),
        migrations.RunPython(count_days, migrations.RunPython.noop),
    ]
