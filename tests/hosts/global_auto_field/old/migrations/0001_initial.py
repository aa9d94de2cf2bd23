import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded_download_count', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='folded download count')),
                ('folded_last_downloaded_at', models.DateTimeField(editable=False, null=True, verbose_name='folded last download')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
            ],
            options={
                'verbose_name': 'organization',
                'verbose_name_plural': 'organizations',
                'abstract': False,
                'indexes': [models.Index(fields=['name'], name='old_company_name_9a7275_idx'), models.Index(fields=['created_at'], name='old_company_created_d1f104_idx')],
            },
        ),
    ]
