"""What ``manage.py demo_data`` and ``demo_tenants`` put into a site."""
