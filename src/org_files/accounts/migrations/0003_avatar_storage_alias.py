"""The alias in STORAGES of each picture."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('org_files_accounts', '0002_avatar'),
    ]

    operations = [
        migrations.AddField(
            model_name='avatar',
            name='storage_alias',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=100, verbose_name='STORAGES'),
        ),
    ]
