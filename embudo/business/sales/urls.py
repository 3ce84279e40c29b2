from django.urls import path

from embudo.business.sales import views

app_name = "sales"
urlpatterns = [
    path("leads/", views.Leads.as_view(), name="leads"),
    path("leads/new/", views.NewLead.as_view(), name="lead_new"),
    path("leads/<uuid:lead_id>/", views.LeadPage.as_view(), name="lead"),
    path("leads/<uuid:lead_id>/edit/", views.EditLead.as_view(), name="lead_edit"),
    path("leads/<uuid:lead_id>/assign/", views.AssignLead.as_view(), name="lead_assign"),
    path("leads/<uuid:lead_id>/start/", views.StartLead.as_view(), name="lead_start"),
    path("leads/<uuid:lead_id>/qualify/", views.QualifyLead.as_view(), name="lead_qualify"),
    path("leads/<uuid:lead_id>/disqualify/", views.DisqualifyLead.as_view(), name="lead_disqualify"),
    path("leads/<uuid:lead_id>/reopen/", views.ReopenLead.as_view(), name="lead_reopen"),
    path("leads/<uuid:lead_id>/convert/", views.ConvertLead.as_view(), name="lead_convert"),
    path("leads/<uuid:lead_id>/undo/", views.UndoConversion.as_view(), name="lead_undo"),
    path("opportunities/", views.Opportunities.as_view(), name="opportunities"),
    path("opportunities/new/", views.NewOpportunity.as_view(), name="opportunity_new"),
    path(
        "opportunities/of-company/<uuid:company_id>/",
        views.company_opportunities,
        name="company_opportunities",
    ),
    path(
        "opportunities/of-person/<uuid:person_id>/", views.person_opportunities, name="person_opportunities"
    ),
    path("opportunities/<uuid:opportunity_id>/", views.OpportunityPage.as_view(), name="opportunity"),
    path(
        "opportunities/<uuid:opportunity_id>/edit/", views.EditOpportunity.as_view(), name="opportunity_edit"
    ),
    path(
        "opportunities/<uuid:opportunity_id>/assign/",
        views.AssignOpportunity.as_view(),
        name="opportunity_assign",
    ),
    path(
        "opportunities/<uuid:opportunity_id>/move/", views.MoveOpportunity.as_view(), name="opportunity_move"
    ),
    path("opportunities/<uuid:opportunity_id>/win/", views.WinOpportunity.as_view(), name="opportunity_win"),
    path(
        "opportunities/<uuid:opportunity_id>/lose/", views.LoseOpportunity.as_view(), name="opportunity_lose"
    ),
    path(
        "opportunities/<uuid:opportunity_id>/reopen/",
        views.ReopenOpportunity.as_view(),
        name="opportunity_reopen",
    ),
    path("board/", views.Board.as_view(), name="board"),
    path("lead-sources/", views.Sources.as_view(), name="sources"),
    path("lead-sources/new/", views.DefineSource.as_view(), name="source_new"),
    path("lead-sources/<uuid:source_id>/", views.SourcePage.as_view(), name="source"),
    path("lead-sources/<uuid:source_id>/edit/", views.ChangeSource.as_view(), name="source_edit"),
    path("lead-sources/<uuid:source_id>/key/", views.RenewSourceKey.as_view(), name="source_renew"),
    path("f/<slug:key>/", views.PublicForm.as_view(), name="form"),
    path("f/<slug:key>/thanks/", views.PublicThanks.as_view(), name="form_thanks"),
]
