"""Indexes of every ordering and filter of lists, of the file that sites leave to us."""

from django.conf import settings
from django.db import migrations, models

from org_files.migrations._online import AddIndexOnline, RemoveIndexOnline

ADDED = {
    'org_files_f_name_77dbde_idx': ['name', 'id'],
    'org_files_f_organiz_3f9694_idx': ['organization', 'name', 'id'],
    'org_files_f_size_01cadf_idx': ['size', 'id'],
    'org_files_f_organiz_412d09_idx': ['organization', 'size', 'id'],
    'org_files_f_folded__37ee91_idx': ['folded_download_count', 'id'],
    'org_files_f_organiz_712f38_idx': ['organization', 'folded_download_count', 'id'],
    'org_files_f_folded__b9abc5_idx': ['folded_last_downloaded_at', 'id'],
    'org_files_f_organiz_a78511_idx': ['organization', 'folded_last_downloaded_at', 'id'],
    'org_files_f_resourc_b99e4f_idx': ['resource', 'resource_id'],
    'org_files_f_resourc_463d17_idx': ['resource_id'],
}
# Those of name and size in an organization, without the key.
REMOVED = ('org_files_f_organiz_d7b5a6_idx', 'org_files_f_organiz_25d19c_idx')


class Migration(migrations.Migration):

    # PostgreSQL builds no index concurrently within a transaction.
    atomic = False

    dependencies = [
        ('org_files', '0012_pending_statistics'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_FILE_MODEL),
        migrations.swappable_dependency(settings.ORG_FILES_ORGANIZATION_MODEL),
    ]

    operations = [
        *(
            AddIndexOnline(model_name='file', index=models.Index(fields=fields, name=name))
            for name, fields in ADDED.items()
        ),
        *(RemoveIndexOnline(model_name='file', name=name) for name in REMOVED),
    ]
