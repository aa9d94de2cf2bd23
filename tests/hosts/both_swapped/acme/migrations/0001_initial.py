import django.db.models.deletion
import django.utils.timezone
import org_files.ids
import org_files.storage
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded_download_count', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='folded download count')),
                ('folded_last_downloaded_at', models.DateTimeField(editable=False, null=True, verbose_name='folded last download')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('vat_number', models.CharField(blank=True, max_length=20)),
            ],
            options={
                'verbose_name': 'organization',
                'verbose_name_plural': 'organizations',
                'abstract': False,
                'indexes': [models.Index(fields=['name'], name='acme_compan_name_75c3d7_idx'), models.Index(fields=['created_at'], name='acme_compan_created_56964c_idx')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded_download_count', models.PositiveBigIntegerField(default=0, editable=False, verbose_name='folded download count')),
                ('folded_last_downloaded_at', models.DateTimeField(editable=False, null=True, verbose_name='folded last download')),
                ('public_id', models.UUIDField(default=org_files.ids.new_public_id, editable=False, unique=True, verbose_name='public id')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('content', models.FileField(editable=False, max_length=255, storage=org_files.storage.original_storage, unique=True, upload_to=org_files.storage.content_key, verbose_name='content')),
                ('storage_alias', models.CharField(blank=True, db_default='', default='', editable=False, max_length=100, verbose_name='STORAGES')),
                ('size', models.PositiveBigIntegerField(editable=False, verbose_name='size in bytes')),
                ('content_type', models.CharField(editable=False, max_length=255, verbose_name='content type')),
                ('sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256')),
                ('charset', models.CharField(editable=False, max_length=20, null=True, verbose_name='charset')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('resource', models.CharField(blank=True, max_length=100, verbose_name='resource')),
                ('resource_id', models.CharField(blank=True, max_length=100, verbose_name='resource id')),
                ('is_public', models.BooleanField(default=False, verbose_name='public')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('deleted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='deleted at')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('folder', models.CharField(blank=True, max_length=50)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('owner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
                'abstract': False,
                'indexes': [models.Index(fields=['organization', 'created_at'], name='acme_docume_organiz_6656ae_idx'), models.Index(fields=['name', 'id'], name='acme_docume_name_61be0f_idx'), models.Index(fields=['organization', 'name', 'id'], name='acme_docume_organiz_375b44_idx'), models.Index(fields=['size', 'id'], name='acme_docume_size_709e04_idx'), models.Index(fields=['organization', 'size', 'id'], name='acme_docume_organiz_389713_idx'), models.Index(fields=['folded_download_count', 'id'], name='acme_docume_folded__15f639_idx'), models.Index(fields=['organization', 'folded_download_count', 'id'], name='acme_docume_organiz_1e18d9_idx'), models.Index(fields=['folded_last_downloaded_at', 'id'], name='acme_docume_folded__fa687b_idx'), models.Index(fields=['organization', 'folded_last_downloaded_at', 'id'], name='acme_docume_organiz_a34193_idx'), models.Index(fields=['owner', 'created_at'], name='acme_docume_owner_i_d637a8_idx'), models.Index(fields=['created_at'], name='acme_docume_created_311778_idx'), models.Index(fields=['organization', 'resource', 'resource_id'], name='acme_docume_organiz_136542_idx'), models.Index(fields=['organization', 'deleted_at', 'expires_at', 'size'], name='acme_docume_organiz_cdced5_idx'), models.Index(fields=['resource', 'resource_id'], name='acme_docume_resourc_c60417_idx'), models.Index(fields=['resource_id'], name='acme_docume_resourc_b83f36_idx'), models.Index(fields=['expires_at'], name='acme_docume_expires_24c8d5_idx'), models.Index(fields=['deleted_at'], name='acme_docume_deleted_6f5199_idx')],
            },
        ),
    ]
