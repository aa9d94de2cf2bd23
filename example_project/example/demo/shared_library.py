"""The demo of ``manage.py demo_data``: a museum and a music school."""

from example.demo import museum, school
from example.demo.people import MUSEUM, PEOPLE, SCHOOL
from example.demo.plans import Plan

DEMO = Plan(
    organizations={
        MUSEUM: "Collects, restores and shows the ships of the old harbour.",
        SCHOOL: "Lessons, ensembles and concerts for children and grown-ups.",
    },
    people=PEOPLE,
    files=(*museum.FILES, *school.FILES),
    # The first one that is open is printed.
    links=(*school.LINKS, *museum.LINKS),
    tiers={MUSEUM: "Enterprise", SCHOOL: "School"},
    own_tiers={
        "School": {
            "heights": [200, 400],
            "allow_original": True,
            "allow_links": True,
            "allow_permanent_links": True,
            "quota_bytes": 20_000_000,
        }
    },
)
