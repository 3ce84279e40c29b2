from django.urls import URLPattern, path

from embudo.business.intake.views import deliveries

ASSIGNMENT = "assignments/<uuid:assignment_id>/deliveries/"
DELIVERY = "deliveries/<uuid:delivery_id>/"
urlpatterns: list[URLPattern] = [
    path(ASSIGNMENT, deliveries.Deliveries.as_view(), name="deliveries"),
    path(f"{ASSIGNMENT}new/", deliveries.NewDelivery.as_view(), name="delivery_new"),
    path(DELIVERY, deliveries.DeliveryPage.as_view(), name="delivery"),
    path(f"{DELIVERY}file/", deliveries.delivery_file, name="delivery_file"),
]
