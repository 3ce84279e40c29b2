from django.urls import path

from embudo.foundation.transfer.views import choices, imports

app_name = "transfer"
urlpatterns = [
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/new/", imports.NewImport.as_view(), name="import_new"),
    path("imports/<uuid:import_id>/", imports.ImportPage.as_view(), name="import"),
    path("imports/<uuid:import_id>/match/", imports.MatchImport.as_view(), name="import_match"),
    path("imports/<uuid:import_id>/alike/", choices.ChooseRows.as_view(), name="import_alike"),
    path("imports/<uuid:import_id>/run/", imports.RunImport.as_view(), name="import_run"),
    path("imports/<uuid:import_id>/pause/", imports.PauseImport.as_view(), name="import_pause"),
    path("imports/<uuid:import_id>/cancel/", imports.CancelImport.as_view(), name="import_cancel"),
    path("imports/<uuid:import_id>/undo/", imports.UndoImport.as_view(), name="import_undo"),
    path("imports/<uuid:import_id>/failed.xlsx", imports.failed_rows, name="import_failed"),
]
