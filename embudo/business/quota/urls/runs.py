from django.urls import URLPattern, path

from embudo.business.quota.views import runs

SWITCH, RUN = "quota/proposals/<uuid:switch_id>/", "quota/runs/<uuid:run_id>/"
urlpatterns: list[URLPattern] = [
    path("quota/proposals/", runs.Proposals.as_view(), name="proposals"),
    path("quota/proposals/approve/", runs.ApproveProposals.as_view(), name="proposals_approve"),
    path("quota/proposals/deny/", runs.DenyProposals.as_view(), name="proposals_deny"),
    path("quota/proposals/waiting/", runs.ProposalsTile.as_view(), name="proposals_waiting"),
    path(SWITCH, runs.SwitchPage.as_view(), name="switch"),
    path(f"{SWITCH}approve/", runs.ApproveSwitch.as_view(), name="switch_approve"),
    path(f"{SWITCH}deny/", runs.DenySwitch.as_view(), name="switch_deny"),
    path("quota/runs/", runs.Runs.as_view(), name="runs"),
    path("quota/runs/ask/", runs.AskForRun.as_view(), name="run_ask"),
    path(RUN, runs.RunPage.as_view(), name="run"),
    path(f"{RUN}switches/", runs.RunSwitches.as_view(), name="run_switches"),
]
