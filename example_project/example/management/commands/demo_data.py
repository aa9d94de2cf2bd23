"""``manage.py demo_data``: users, organizations, files, downloads and links of a demo."""

from __future__ import annotations

from example.demo.shared_library import DEMO
from example.management.demo import DemoCommand


class Command(DemoCommand):
    """Creates the demo once; prints ``email password`` of each user each time."""

    help = (
        "Creates two organizations, one of them on a tier, six people and forty files with a "
        "month of downloads behind them, once, and prints e-mail address and password of each "
        "person on a line of its own, and a share link that needs neither."
    )
    plan = DEMO
