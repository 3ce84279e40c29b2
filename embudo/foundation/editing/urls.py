from django.urls import path

from embudo.foundation.editing.views import inline, picked, runs

app_name = "editing"
urlpatterns = [
    path("editing/runs/", runs.Runs.as_view(), name="runs"),
    path("editing/runs/<uuid:run_id>/", runs.RunPage.as_view(), name="run"),
    path("editing/runs/<uuid:run_id>/cancel/", runs.CancelRun.as_view(), name="run_cancel"),
    path("editing/runs/<uuid:run_id>/undo/", runs.UndoRun.as_view(), name="run_undo"),
    path("editing/runs/<uuid:run_id>/failed.xlsx", runs.failed_file, name="run_failed"),
    path("editing/<str:list_key>/edit/", picked.EditPicked.as_view(), name="edit"),
    path("editing/<str:list_key>/assign/", picked.AssignPicked.as_view(), name="assign"),
    path("editing/<str:list_key>/tag/", picked.TagPicked.as_view(), name="tag"),
    path("editing/<str:list_key>/delete/", picked.DeletePicked.as_view(), name="delete"),
    path("values/<str:kind>/<uuid:record_id>/<str:name>/", inline.EditValue.as_view(), name="value"),
    path(
        "values/<str:kind>/<uuid:record_id>/<str:name>/restore/<int:seq>/",
        inline.RestoreValue.as_view(),
        name="restore",
    ),
    path(
        "values/<str:kind>/<uuid:record_id>/undo/<uuid:act_id>/",
        inline.UndoValue.as_view(),
        name="undo_value",
    ),
]
