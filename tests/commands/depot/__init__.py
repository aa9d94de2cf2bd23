"""An app of a site whose models have file fields of their own."""
