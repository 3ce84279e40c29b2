from django.urls import URLPattern, path

from embudo.business.quota.views import change_acts, change_asking, change_page, changes

CHANGES = "quota/changes/"
ONE = f"{CHANGES}<uuid:change_id>/"
urlpatterns: list[URLPattern] = [
    path(CHANGES, changes.Changes.as_view(), name="changes"),
    path(f"{CHANGES}waiting/", changes.WaitingTile.as_view(), name="changes_waiting"),
    path(f"{CHANGES}held-back/", changes.HeldBackTile.as_view(), name="changes_held_back"),
    path(
        "quota/accounts/<uuid:account_id>/change/",
        change_asking.RequestChange.as_view(),
        name="change_new",
    ),
    path(ONE, change_page.ChangePage.as_view(), name="change"),
    path(f"{ONE}edit/", change_asking.EditChange.as_view(), name="change_edit"),
    path(f"{ONE}replace/", change_asking.SupersedeChange.as_view(), name="change_supersede"),
    path(f"{ONE}submit/", change_acts.SubmitChange.as_view(), name="change_submit"),
    path(f"{ONE}approve/", change_acts.ApproveChange.as_view(), name="change_approve"),
    path(f"{ONE}reject/", change_acts.RejectChange.as_view(), name="change_reject"),
    path(f"{ONE}recall/", change_acts.RecallChange.as_view(), name="change_recall"),
    path(f"{ONE}answer/", change_acts.RecordAnswer.as_view(), name="change_answer"),
    path(f"{ONE}ask-again/", change_acts.SendAgain.as_view(), name="change_ask_again"),
    path(f"{ONE}tell/", change_acts.TellAgain.as_view(), name="change_tell"),
    path(f"{ONE}told/", change_acts.RecordTold.as_view(), name="change_told"),
    path(
        f"{ONE}answers/<uuid:answer_id>/returned/",
        change_acts.MarkReturned.as_view(),
        name="change_returned",
    ),
    path(f"{ONE}rehearse/", change_acts.RehearseChange.as_view(), name="change_rehearse"),
    path(f"{ONE}sign/", change_acts.SignRehearsal.as_view(), name="change_sign"),
]
