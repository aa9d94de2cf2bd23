"""``manage.py demo_data``: people, organizations, files, downloads and links to click through."""

from __future__ import annotations

from example.demo.files import FILES
from example.demo.links import LINKS
from example.demo.people import ORGANIZATIONS, PEOPLE, TIERS
from example.demo.plans import Plan
from example.management.demo import DemoCommand


class Command(DemoCommand):
    """Creates the demo once; prints ``email password`` of each person each time."""

    help = (
        "Creates two organizations, one of them on a tier, four people and a dozen files with "
        "downloads behind them, once, and prints e-mail address and password of each person on a "
        "line of its own, and a share link that needs neither."
    )
    plan = Plan(ORGANIZATIONS, PEOPLE, FILES, LINKS, TIERS)
