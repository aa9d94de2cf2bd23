"""Contents of ``manage.py demo_data`` and ``demo_tenants``."""
