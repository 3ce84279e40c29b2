from django.urls import URLPattern, URLResolver

# One line per module, by hand.
urlpatterns: list[URLPattern | URLResolver] = []
