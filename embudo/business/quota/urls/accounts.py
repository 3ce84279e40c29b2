from django.urls import URLPattern, path

from embudo.business.quota.views import (
    account_page,
    accounts,
    blocks,
    entries,
    funds,
    panels,
    requests,
    trail,
)

ACCOUNTS = "quota/accounts/"
ONE = f"{ACCOUNTS}<uuid:account_id>/"
urlpatterns: list[URLPattern] = [
    path(ACCOUNTS, accounts.Accounts.as_view(), name="accounts"),
    path(f"{ACCOUNTS}new/", accounts.OpenAccount.as_view(), name="account_new"),
    path(ONE, account_page.AccountPage.as_view(), name="account"),
    path(f"{ONE}edit/", accounts.EditAccount.as_view(), name="account_edit"),
    path(f"{ONE}close/", accounts.CloseAccount.as_view(), name="account_close"),
    path(f"{ONE}story/", account_page.StoryPage.as_view(), name="story"),
    path(f"{ONE}entries/", entries.Entries.as_view(), name="entries"),
    path(f"{ONE}top-up/", funds.TopUp.as_view(), name="top_up"),
    path(f"{ONE}adjust/", funds.Adjust.as_view(), name="adjust"),
    path(f"{ONE}block/", blocks.BlockAccount.as_view(), name="block"),
    path(f"{ONE}ask/", requests.AskOfficer.as_view(), name="ask"),
    path(f"{ONE}trail/<str:kind>/", trail.trail_file, name="trail"),
    path("quota/entries/<uuid:entry_id>/reverse/", funds.ReverseEntry.as_view(), name="entry_reverse"),
    path("quota/holds/<uuid:hold_id>/release/", funds.ReleaseHold.as_view(), name="hold_release"),
    path("quota/blocks/<uuid:block_id>/lift/", blocks.LiftBlock.as_view(), name="block_lift"),
    path("quota/requests/", requests.Requests.as_view(), name="requests"),
    path(
        "quota/requests/<uuid:request_id>/approve/", requests.ApproveRequest.as_view(), name="request_approve"
    ),
    path("quota/requests/<uuid:request_id>/deny/", requests.DenyRequest.as_view(), name="request_deny"),
    path("quota/trail/check/", trail.CheckFile.as_view(), name="trail_check"),
    path("companies/<uuid:company_id>/quota/", panels.CompanyQuota.as_view(), name="company_panel"),
    path(
        "companies/<uuid:company_id>/quota/new/",
        accounts.OpenForCompany.as_view(),
        name="company_account_new",
    ),
    path("people/<uuid:person_id>/quota/", panels.PersonQuota.as_view(), name="person_panel"),
    path("people/<uuid:person_id>/quota/new/", accounts.OpenForPerson.as_view(), name="person_account_new"),
]
