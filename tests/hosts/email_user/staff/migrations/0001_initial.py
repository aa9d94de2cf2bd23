import django.core.validators
import django.utils.timezone
import org_files.accounts.base_user
import org_files.accounts.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Employee',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', org_files.accounts.fields.NormalizedEmailField(error_messages={'unique': 'A user with this e-mail address exists already.'}, max_length=254, unique=True, verbose_name='e-mail address')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('phone', models.CharField(blank=True, help_text='In the form of E.164, such as +4930123456.', max_length=16, validators=[django.core.validators.RegexValidator('\\A\\+[1-9][0-9]{1,14}\\Z', 'Not a number of the form E.164.')], verbose_name='phone')),
                ('is_staff', models.BooleanField(default=False, help_text='May log in to the admin site and manage every organization.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Clear this instead of deleting an account.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='date joined')),
                ('badge', models.CharField(blank=True, max_length=10)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', org_files.accounts.base_user.EmailUserManager()),
            ],
        ),
    ]
