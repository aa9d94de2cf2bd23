"""A delivery backend of each kind: bytes, an internal redirect, a redirect of the client."""

from urllib.parse import quote

from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect

from org_files.delivery import DeliveryBackend
from org_files.exceptions import StorageUnavailable


class Buffered(DeliveryBackend):
    """Answers with the bytes, which it holds in memory."""

    def respond(self, request, item, plan):
        try:
            with item.open() as content:
                if plan.range:
                    content.seek(plan.range.start)
                body = content.read(plan.range.length if plan.range else item.size)
        except OSError as error:
            raise StorageUnavailable from error
        return HttpResponse(body, status=plan.status)


class FrontServer(DeliveryBackend):
    """Names the file to a front server, which sends it and cuts out the part."""

    def respond(self, request, item, plan):
        return HttpResponse(headers={"X-Accel-Redirect": f"/internal/{quote(item.key)}"})


class Redirect(DeliveryBackend):
    """Leads the client to the store, by a URL that lives for a minute."""

    def respond(self, request, item, plan):
        signature = signing.dumps([item.key, item.name])
        return HttpResponseRedirect(f"https://store.example.com/{quote(item.key)}?s={signature}")
