import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('folded_download_count', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='folded download count')),
                ('folded_last_downloaded_at', models.DateTimeField(editable=False, null=True, verbose_name='folded last download')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, unique=True)),
                ('country', models.CharField(max_length=2)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'organization',
                'verbose_name_plural': 'organizations',
                'abstract': False,
                'indexes': [models.Index(fields=['name'], name='tenants_ten_name_87437c_idx'), models.Index(fields=['created_at'], name='tenants_ten_created_99c6ff_idx')],
            },
        ),
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to=settings.ORG_FILES_ORGANIZATION_MODEL)),
            ],
        ),
    ]
