from django.urls import path

from embudo.foundation.search import views

app_name = "search"
urlpatterns = [
    path("", views.Results.as_view(), name="results"),
    path("suggest/", views.suggest, name="suggest"),
]
