from django.urls import path

from embudo.foundation.audit import views

app_name = "audit"
urlpatterns = [
    path("log/", views.Log.as_view(), name="log"),
    path("log/<int:seq>/", views.Entry.as_view(), name="entry"),
    path("log/state/", views.Chain.as_view(), name="chain"),
    path("log/check/", views.CheckNow.as_view(), name="check"),
    path("history/<str:kind>/<uuid:record_id>/", views.History.as_view(), name="history"),
    path("history/<str:kind>/<uuid:record_id>/panel/", views.HistoryPanel.as_view(), name="history_panel"),
]
