"""Tiers, and the smaller pictures that they allow."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import org_files.ids
import org_files.validators

TIERS = (
    {'name': 'Basic', 'heights': [200]},
    {'name': 'Premium', 'heights': [200, 400], 'allow_original': True},
    {'name': 'Enterprise', 'heights': [200, 400], 'allow_original': True, 'allow_links': True},
)


def add_tiers(apps, schema_editor):
    tiers = apps.get_model('org_files', 'Tier')._default_manager.using(schema_editor.connection.alias)
    for values in TIERS:
        tiers.create(**values)


class Migration(migrations.Migration):

    dependencies = [
        ('org_files', '0004_share_links'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Decoding',
            fields=[
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
                ('claim', models.UUIDField(verbose_name='claim')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('failure', models.CharField(blank=True, max_length=50, verbose_name='failure')),
            ],
            options={
                'verbose_name': 'decoding',
                'verbose_name_plural': 'decodings',
            },
        ),
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('heights', models.JSONField(blank=True, default=list, help_text='In pixels: a list such as [200, 400].', validators=[org_files.validators.validate_heights], verbose_name='heights')),
                ('allow_original', models.BooleanField(default=False, verbose_name='original pictures')),
                ('allow_links', models.BooleanField(default=False, verbose_name='share links')),
                ('link_min_seconds', models.PositiveIntegerField(default=300, validators=[django.core.validators.MinValueValidator(1)], verbose_name='shortest link in seconds')),
                ('link_max_seconds', models.PositiveIntegerField(default=30000, validators=[django.core.validators.MinValueValidator(1)], verbose_name='longest link in seconds')),
                ('allow_permanent_links', models.BooleanField(default=False, verbose_name='links without an end')),
                ('max_file_size', models.PositiveBigIntegerField(blank=True, help_text='Empty for no other limit than that of the site.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='largest file in bytes')),
                ('quota_bytes', models.PositiveBigIntegerField(blank=True, help_text='Of an organization with all its files. Empty for that of the site.', null=True, verbose_name='room in bytes')),
                ('quota_files', models.PositiveBigIntegerField(blank=True, help_text='Of an organization. Empty for that of the site.', null=True, verbose_name='number of files')),
            ],
            options={
                'verbose_name': 'tier',
                'verbose_name_plural': 'tiers',
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='org_files_subscription', serialize=False, to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('tier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='org_files.tier', verbose_name='tier')),
            ],
            options={
                'verbose_name': 'subscription',
                'verbose_name_plural': 'subscriptions',
            },
        ),
        migrations.CreateModel(
            name='Rendition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=org_files.ids.new_public_id, editable=False, unique=True, verbose_name='public id')),
                ('height', models.PositiveIntegerField(verbose_name='height')),
                ('key', models.CharField(max_length=255, unique=True, verbose_name='key')),
                ('content_type', models.CharField(max_length=50, verbose_name='content type')),
                ('size', models.PositiveBigIntegerField(verbose_name='size in bytes')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.ORG_FILES_FILE_MODEL, verbose_name='file')),
            ],
            options={
                'verbose_name': 'rendition',
                'verbose_name_plural': 'renditions',
                'constraints': [models.UniqueConstraint(fields=('file', 'height'), name='org_files_rendition_once')],
            },
        ),
        # Going back removes the table.
        migrations.RunPython(add_tiers, migrations.RunPython.noop),
    ]
