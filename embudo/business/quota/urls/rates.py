from django.urls import URLPattern, path

from embudo.business.quota.views import rates

urlpatterns: list[URLPattern] = [
    path("quota/rates/", rates.Rates.as_view(), name="rates"),
    path("quota/rates/new/", rates.EnterRate.as_view(), name="rate_new"),
]
