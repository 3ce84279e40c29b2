from django.urls import path

from embudo.business.supply import views

app_name = "supply"
urlpatterns = [
    path("products/", views.Products.as_view(), name="products"),
    path("products/new/", views.DefineProduct.as_view(), name="product_new"),
    path("products/options/", views.product_lookup, name="product_options"),
    path("products/<uuid:product_id>/", views.ProductPage.as_view(), name="product"),
    path("products/<uuid:product_id>/edit/", views.ChangeProduct.as_view(), name="product_edit"),
]
