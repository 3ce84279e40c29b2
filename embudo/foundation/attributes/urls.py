from django.urls import path

from embudo.foundation.attributes.views import definitions, filters, moves, prepared, saved, tools

app_name = "attributes"
urlpatterns = [
    path("settings/attributes/", definitions.Attributes.as_view(), name="attributes"),
    path("settings/attributes/new/", definitions.NewAttribute.as_view(), name="attribute_new"),
    path("settings/attributes/<uuid:attribute_id>/", definitions.ChangeAttribute.as_view(), name="attribute"),
    path(
        "settings/attributes/<uuid:attribute_id>/archive/",
        definitions.ArchiveAttribute.as_view(),
        name="attribute_archive",
    ),
    path(
        "settings/attributes/<uuid:attribute_id>/restore/",
        definitions.RestoreAttribute.as_view(),
        name="attribute_restore",
    ),
    path("attributes/of/<str:kind>/<uuid:record_id>/", definitions.RecordValues.as_view(), name="values"),
    path("attributes/options/<str:related>/", definitions.options, name="options"),
    path("attributes/colleagues/", definitions.colleagues, name="colleagues"),
    path("lists/<str:list_key>/columns/", tools.ChooseColumns.as_view(), name="list_columns"),
    path("lists/<str:list_key>/sort/", tools.ChooseSorts.as_view(), name="list_sort"),
    path("lists/<str:list_key>/filter/", filters.BuildFilter.as_view(), name="list_filter"),
    path("lists/<str:list_key>/group/", tools.ChooseGroup.as_view(), name="list_group"),
    path("lists/<str:list_key>/move/", moves.MoveCard.as_view(), name="list_move"),
    path("lists/<str:list_key>/more/", moves.MoreCards.as_view(), name="list_more"),
    path("lists/<str:list_key>/prepare/", prepared.PrepareList.as_view(), name="list_prepare"),
    path("prepared/<uuid:prepared_id>/", prepared.Waiting.as_view(), name="prepared_waiting"),
    path("settings/prepared-lists/", prepared.PreparedLists.as_view(), name="prepared"),
    path(
        "settings/prepared-lists/<uuid:prepared_id>/remove/",
        prepared.RemovePrepared.as_view(),
        name="prepared_remove",
    ),
    path("lists/<str:list_key>/save/", tools.SaveView.as_view(), name="list_save"),
    path("lists/<str:list_key>/update/", tools.UpdateView.as_view(), name="list_update"),
    path("views/<uuid:view_id>/edit/", saved.ChangeView.as_view(), name="view_edit"),
    path("views/<uuid:view_id>/delete/", saved.DeleteView.as_view(), name="view_delete"),
    path("views/<uuid:view_id>/pin/", saved.PinView.as_view(), name="view_pin"),
    path("views/<uuid:view_id>/unpin/", saved.UnpinView.as_view(), name="view_unpin"),
    path("views/<uuid:view_id>/default/", saved.SetDefault.as_view(), name="view_default"),
]
