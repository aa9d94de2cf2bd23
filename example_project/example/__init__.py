"""A site that shows how django-org-files is wired; start reading at ``example/settings``."""
