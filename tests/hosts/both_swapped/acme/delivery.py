"""A delivery backend of the site's own: streams, and says who sold it."""

from org_files.delivery import StreamDelivery


class WatermarkedDelivery(StreamDelivery):
    def __init__(self, *, seller):
        self.seller = seller

    def respond(self, request, item, plan):
        response = super().respond(request, item, plan)
        response.headers["X-Sold-By"] = self.seller
        return response
