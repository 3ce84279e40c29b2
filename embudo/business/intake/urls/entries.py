from django.urls import URLPattern, path

from embudo.business.intake.views import entries, entry_acts, entry_page, second

ENTRY = "entries/<uuid:entry_id>"
urlpatterns: list[URLPattern] = [
    path("entries/", entries.Entries.as_view(), name="entries"),
    path(f"{ENTRY}/", entry_page.EntryPage.as_view(), name="entry"),
    path(f"{ENTRY}/hand-in/", entry_acts.HandInEntry.as_view(), name="entry_hand_in"),
    path(f"{ENTRY}/withdraw/", entry_acts.WithdrawEntry.as_view(), name="entry_withdraw"),
    path(f"{ENTRY}/dispute/", entry_acts.DisputeEntry.as_view(), name="entry_dispute"),
    path(f"{ENTRY}/decide/", entry_acts.DecideDispute.as_view(), name="entry_decide"),
    path(f"{ENTRY}/message/", entry_page.SendMessage.as_view(), name="entry_message"),
    path(f"{ENTRY}/thread/", entry_page.EntryThread.as_view(), name="entry_thread"),
    path("my-work/<uuid:assignment_id>/second/", second.SecondEntries.as_view(), name="second"),
]
