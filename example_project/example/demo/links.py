"""The share links of the demo: who gave which file away, and what has become of it."""

from __future__ import annotations

from datetime import timedelta

from example.demo.people import ANNA, CHLOE, MUSEUM, SCHOOL
from example.demo.plans import DemoLink

LINKS = (
    DemoLink(SCHOOL, CHLOE, "Summer concert 🎻 programme.pdf", "For the parents"),
    DemoLink(
        MUSEUM,
        ANNA,
        "Loan agreement, schooner model.pdf",
        "For the lender",
        # As long as the museum's tier allows.
        expires_in=timedelta(seconds=30_000),
        max_downloads=3,
    ),
    DemoLink(
        MUSEUM,
        ANNA,
        "Harbour at dusk.jpg",
        "For the printer",
        expires_in=timedelta(hours=1),
        is_revoked=True,
    ),
)
