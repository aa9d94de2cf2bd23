from django.contrib import admin

from org_files.attachments import AttachmentInline, StoredFilesAdmin
from tests.hosts.shop.goods.access import own_products
from tests.hosts.shop.goods.models import Product


class PhotoInline(AttachmentInline):
    attribute = "photos"


class DrawingInline(AttachmentInline):
    attribute = "drawings"
    verbose_name_plural = "plans"


@admin.register(Product)
class ProductAdmin(StoredFilesAdmin, admin.ModelAdmin):
    inlines = [PhotoInline, DrawingInline]

    def get_queryset(self, request):
        return own_products(request.user)
