"""Views of the pages: each translates a request to a service call of the package, and back."""
