from django.urls import URLPattern, path

from embudo.business.quota.views import outlook

urlpatterns: list[URLPattern] = [
    path("quota/outlook/", outlook.Outlooks.as_view(), name="outlooks"),
    path("quota/outlook/tile/", outlook.OutlooksTile.as_view(), name="outlooks_tile"),
    path("quota/accounts/<uuid:account_id>/outlook/", outlook.AccountOutlook.as_view(), name="outlook"),
]
