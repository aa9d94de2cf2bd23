"""What ``manage.py demo_data`` puts into an empty site."""
