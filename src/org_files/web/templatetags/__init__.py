"""Template tags for pages of the site."""
