"""An optional app of its own: what happens on the site, in a table."""
