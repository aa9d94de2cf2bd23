"""Checks that swapped models provoke: each in a small project of its own, in its own process."""

from pathlib import Path

COMPANY = """
class Company(AbstractOrganization):
    class Meta(AbstractOrganization.Meta):
        pass
"""


def test_meta_that_does_not_inherit__is_w001(site):
    models = """
    class Company(AbstractOrganization):
        class Meta:
            verbose_name = "company"
    """
    output = site(models, 'ORG_FILES_ORGANIZATION_MODEL = "shop.Company"', "check")
    assert "org_files.W001" in output
    assert "class Meta(AbstractOrganization.Meta): ..." in output


def test_public_id_that_is_not_unique__is_e006(site):
    models = """
    class Document(AbstractFile):
        public_id = models.UUIDField()

        class Meta(AbstractFile.Meta):
            pass
    """
    output = site(models, 'ORG_FILES_FILE_MODEL = "shop.Document"', "check", code=1)
    assert "org_files.E006" in output


ORGANIZATION = 'ORG_FILES_ORGANIZATION_MODEL = "shop.Company"'
UNRELATED = "class Shelf(models.Model):\n    label = models.CharField(max_length=9)\n"


def test_model_created_behind_our_migration__is_e003_with_the_line_to_add(site):
    site(UNRELATED, "", "makemigrations", "shop", "--skip-checks")
    models = UNRELATED + COMPANY
    site(models, ORGANIZATION, "makemigrations", "shop", "-n", "company", "--skip-checks")

    output = site(models, ORGANIZATION, "check", code=1)

    assert "org_files.E003" in output
    line = 'run_before = [("org_files", "0001_initial")]'
    assert f"In migration shop.0002_company: {line}" in output

    migration = site.app / "migrations" / "0002_company.py"
    text = migration.read_text()
    migration.write_text(text.replace("    operations = [", f"    {line}\n\n    operations = [", 1))
    site(models, ORGANIZATION, "check", "--fail-level", "WARNING")
    site(models, ORGANIZATION, "migrate")


def test_model_of_the_first_migration__needs_no_line(site):
    site(COMPANY, ORGANIZATION, "makemigrations", "shop")
    site(COMPANY, ORGANIZATION, "check", "--fail-level", "WARNING")
    site(COMPANY, ORGANIZATION, "migrate")


def test_migrations_that_wait_for_each_other__are_e004(site):
    site(COMPANY, ORGANIZATION, "makemigrations", "shop")
    migration = Path(site.app, "migrations", "0001_initial.py")
    text = migration.read_text()
    assert "dependencies = [" in text
    migration.write_text(
        text.replace("dependencies = [", 'dependencies = [("org_files", "0001_initial"),', 1)
    )
    output = site(COMPANY, ORGANIZATION, "check", code=1)
    assert "org_files.E004" in output


def test_stock_project_without_extras__passes(site):
    site(UNRELATED, "", "check", "--fail-level", "WARNING")
