from django.urls import path

from embudo.foundation.recycle import views

app_name = "recycle"
urlpatterns = [
    path("recycle/", views.Bin.as_view(), name="bin"),
    path("recycle/delete/<str:kind>/<uuid:record_id>/", views.DeleteRecord.as_view(), name="delete"),
    path("recycle/erase/<str:kind>/<uuid:record_id>/", views.EraseRecord.as_view(), name="erase_record"),
    path("recycle/<uuid:recycled_id>/", views.Entry.as_view(), name="entry"),
    path("recycle/<uuid:recycled_id>/restore/", views.RestoreEntry.as_view(), name="restore"),
    path("recycle/<uuid:recycled_id>/erase/", views.EraseEntry.as_view(), name="erase"),
]
