from org_files.access import OrganizationPolicy


class BoardPolicy(OrganizationPolicy):
    """The board sees and does everything."""

    def is_operator(self, user):
        return user.email.startswith("board@")
