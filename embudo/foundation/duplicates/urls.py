from django.urls import path

from embudo.foundation.duplicates import views

app_name = "duplicates"
urlpatterns = [
    path("duplicates/", views.Queue.as_view(), name="queue"),
    path("duplicates/merges/", views.Merges.as_view(), name="merges"),
    path("duplicates/merges/<uuid:merge_id>/", views.MergePage.as_view(), name="merge"),
    path("duplicates/merges/<uuid:merge_id>/undo/", views.UndoMerge.as_view(), name="undo"),
    path("duplicates/search/", views.RequestScan.as_view(), name="scan"),
    path("duplicates/search/<uuid:scan_id>/cancel/", views.CancelScan.as_view(), name="scan_cancel"),
    path("duplicates/<uuid:pair_id>/", views.Review.as_view(), name="pair"),
    path("duplicates/<uuid:pair_id>/no-duplicate/", views.DismissPair.as_view(), name="dismiss"),
    path("duplicates/<uuid:pair_id>/reopen/", views.ReopenPair.as_view(), name="reopen"),
    path("duplicates/of/<str:kind>/<uuid:record_id>/", views.DuplicatesPanel.as_view(), name="panel"),
]
