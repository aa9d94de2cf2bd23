"""Checks that swapped models provoke: each in a small project and a process of its own."""

from pathlib import Path

COMPANY = """
class Company(AbstractOrganization):
    class Meta(AbstractOrganization.Meta):
        pass
"""


def test_lost_indexes_and_a_public_id_that_is_not_unique__are_w001_and_e006(site):
    models = """
    class Company(AbstractOrganization):
        class Meta:
            verbose_name = "company"

    class Document(AbstractFile):
        public_id = models.UUIDField()

        class Meta(AbstractFile.Meta):
            pass
    """
    found = site.messages(models, f'{ORGANIZATION}\nORG_FILES_FILE_MODEL = "shop.Document"')
    hints = {check: hint for check, _text, hint in found}
    assert hints["org_files.W001"] == "class Meta(AbstractOrganization.Meta): ..."
    assert "org_files.E006" in hints


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
    site(models, ORGANIZATION, "migrate")


def test_model_of_the_first_migration__needs_no_line_unless_it_depends_on_ours(site):
    site(COMPANY, ORGANIZATION, "makemigrations", "shop")
    site(COMPANY, ORGANIZATION, "migrate")

    migration = Path(site.app, "migrations", "0001_initial.py")
    text = migration.read_text()
    assert "dependencies = [" in text
    migration.write_text(
        text.replace("dependencies = [", 'dependencies = [("org_files", "0001_initial"),', 1)
    )
    assert "org_files.E004" in site(COMPANY, ORGANIZATION, "check", code=1)


def test_stock_project_without_extras__passes(site):
    site(UNRELATED, "", "check", "--fail-level", "WARNING")
