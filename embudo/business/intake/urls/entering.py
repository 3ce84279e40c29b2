from django.urls import URLPattern, path

from embudo.business.intake.views import drafts, entering, my_work

WORK = "my-work/<uuid:assignment_id>"
urlpatterns: list[URLPattern] = [
    path("my-work/", my_work.MyWork.as_view(), name="my_work"),
    path("my-work/activities/", drafts.activity_options, name="activity_options"),
    path("my-work/places/", drafts.places, name="places"),
    path(f"{WORK}/new/", entering.EntryNew.as_view(), name="entry_new"),
    path(f"{WORK}/hand-in/", my_work.HandInAll.as_view(), name="hand_in_all"),
    path(f"{WORK}/check/", drafts.entry_check, name="entry_check"),
    path(f"{WORK}/drafts/<uuid:draft_id>/", drafts.draft_save, name="draft_save"),
    path(f"{WORK}/drafts/<uuid:draft_id>/discard/", drafts.DiscardDraft.as_view(), name="draft_discard"),
    path("entries/<uuid:entry_id>/correct/", entering.EntryCorrect.as_view(), name="entry_correct"),
]
