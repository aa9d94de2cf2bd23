import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
import org_files.ids
import org_files.storage
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
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
                'indexes': [models.Index(fields=['name'], name='zeta_compan_name_22cc67_idx'), models.Index(fields=['created_at'], name='zeta_compan_created_4efc04_idx')],
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
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to=settings.ORG_FILES_ORGANIZATION_MODEL, verbose_name='organization')),
                ('owner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
                'abstract': False,
                'indexes': [models.Index(fields=['organization', 'created_at'], name='zeta_docume_organiz_04f7c2_idx'), models.Index(fields=['name', 'id'], name='zeta_docume_name_f8f7a9_idx'), models.Index(fields=['organization', 'name', 'id'], name='zeta_docume_organiz_fe3b4e_idx'), models.Index(fields=['size', 'id'], name='zeta_docume_size_1ced2c_idx'), models.Index(fields=['organization', 'size', 'id'], name='zeta_docume_organiz_86ef11_idx'), models.Index(fields=['folded_download_count', 'id'], name='zeta_docume_folded__70e038_idx'), models.Index(fields=['organization', 'folded_download_count', 'id'], name='zeta_docume_organiz_e29076_idx'), models.Index(fields=['folded_last_downloaded_at', 'id'], name='zeta_docume_folded__d73bc3_idx'), models.Index(fields=['organization', 'folded_last_downloaded_at', 'id'], name='zeta_docume_organiz_f4671d_idx'), models.Index(fields=['owner', 'created_at'], name='zeta_docume_owner_i_73f1b2_idx'), models.Index(fields=['created_at'], name='zeta_docume_created_0ba228_idx'), models.Index(fields=['organization', 'resource', 'resource_id'], name='zeta_docume_organiz_d0317c_idx'), models.Index(fields=['organization', 'deleted_at', 'expires_at', 'size'], name='zeta_docume_organiz_1c2623_idx'), models.Index(fields=['resource', 'resource_id'], name='zeta_docume_resourc_e6531e_idx'), models.Index(fields=['resource_id'], name='zeta_docume_resourc_bf9141_idx'), models.Index(fields=['expires_at'], name='zeta_docume_expires_81cd66_idx'), models.Index(fields=['deleted_at'], name='zeta_docume_deleted_c00750_idx')],
            },
        ),
    ]
