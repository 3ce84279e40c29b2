from django.urls import path

from embudo.foundation.documents import views

app_name = "documents"
urlpatterns = [
    path("documents/<uuid:document_id>/", views.DocumentPage.as_view(), name="document"),
    path("documents/<uuid:document_id>/download/", views.download, name="download"),
    path("documents/<uuid:document_id>/versions/<int:number>/", views.download, name="download_version"),
    path("documents/<uuid:document_id>/versions/new/", views.NewVersion.as_view(), name="version_new"),
    path("documents/<uuid:document_id>/rename/", views.Rename.as_view(), name="rename"),
    path("documents/<uuid:document_id>/remove/", views.Remove.as_view(), name="remove"),
    path("files/<uuid:file_id>/", views.download_value, name="value"),
    path("documents/of/<str:kind>/<uuid:record_id>/", views.DocumentsPanel.as_view(), name="panel"),
    path("documents/of/<str:kind>/<uuid:record_id>/attach/", views.Attach.as_view(), name="attach"),
]
