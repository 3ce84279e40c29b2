from django.urls import path

from embudo.business.directory.views import affiliations, companies, contacts, parts, people, registers

app_name = "directory"
urlpatterns = [
    path("companies/", companies.Companies.as_view(), name="companies"),
    path("companies/new/", companies.RegisterCompany.as_view(), name="company_new"),
    path("companies/options/", parts.company_options, name="company_options"),
    path("companies/activities/", parts.activity_options, name="activity_options"),
    path("companies/places/", contacts.company_places, name="company_places"),
    path("companies/duplicates/", parts.company_duplicates, name="company_duplicates"),
    path("companies/<uuid:company_id>/", companies.CompanyPage.as_view(), name="company"),
    path("companies/<uuid:company_id>/edit/", companies.ChangeCompany.as_view(), name="company_edit"),
    path("companies/<uuid:company_id>/owner/", companies.ChangeCompanyOwner.as_view(), name="company_owner"),
    path("companies/<uuid:company_id>/group/", parts.company_group, name="company_group"),
    path("companies/<uuid:company_id>/person/", affiliations.LinkPersonHere.as_view(), name="company_link"),
    path("companies/<uuid:company_id>/phones/", contacts.NewCompanyPhone.as_view(), name="company_phone_new"),
    path("companies/<uuid:company_id>/emails/", contacts.NewCompanyEmail.as_view(), name="company_email_new"),
    path(
        "companies/<uuid:company_id>/addresses/",
        contacts.NewCompanyAddress.as_view(),
        name="company_address_new",
    ),
    path("companies/<uuid:company_id>/kinds/", contacts.CompanyKinds.as_view(), name="company_kinds"),
    path(
        "companies/<uuid:company_id>/undo/<uuid:act_id>/",
        contacts.UndoCompanyContacts.as_view(),
        name="company_contacts_undo",
    ),
    path(
        "companies/<uuid:company_id>/registers/<str:register>/",
        registers.AskRegister.as_view(),
        name="company_ask",
    ),
    path("checks/<uuid:check_id>/", registers.CheckPage.as_view(), name="check"),
    path("checks/<uuid:check_id>/fill/", registers.FillFromRegister.as_view(), name="check_fill"),
    path("people/", people.People.as_view(), name="people"),
    path("people/new/", people.RegisterPerson.as_view(), name="person_new"),
    path("people/options/", parts.person_options, name="person_options"),
    path("people/places/", contacts.person_places, name="person_places"),
    path("people/duplicates/", parts.person_duplicates, name="person_duplicates"),
    path("people/<uuid:person_id>/", people.PersonPage.as_view(), name="person"),
    path("people/<uuid:person_id>/edit/", people.ChangePerson.as_view(), name="person_edit"),
    path("people/<uuid:person_id>/owner/", people.ChangePersonOwner.as_view(), name="person_owner"),
    path("people/<uuid:person_id>/company/", affiliations.LinkPerson.as_view(), name="person_link"),
    path("people/<uuid:person_id>/phones/", contacts.NewPersonPhone.as_view(), name="person_phone_new"),
    path("people/<uuid:person_id>/emails/", contacts.NewPersonEmail.as_view(), name="person_email_new"),
    path(
        "people/<uuid:person_id>/addresses/", contacts.NewPersonAddress.as_view(), name="person_address_new"
    ),
    path("people/<uuid:person_id>/kinds/", contacts.PersonKinds.as_view(), name="person_kinds"),
    path(
        "people/<uuid:person_id>/undo/<uuid:act_id>/",
        contacts.UndoPersonContacts.as_view(),
        name="person_contacts_undo",
    ),
    path(
        "affiliations/<uuid:affiliation_id>/edit/",
        affiliations.ChangeAffiliation.as_view(),
        name="affiliation_edit",
    ),
    path(
        "affiliations/<uuid:affiliation_id>/end/",
        affiliations.EndAffiliation.as_view(),
        name="affiliation_end",
    ),
    path("contacts/<uuid:contact_id>/edit/", contacts.ChangeContact.as_view(), name="contact_edit"),
    path("contacts/<uuid:contact_id>/remove/", contacts.RemoveContact.as_view(), name="contact_remove"),
    path("contacts/<uuid:contact_id>/prefer/", contacts.PreferContact.as_view(), name="contact_prefer"),
    path("addresses/<uuid:address_id>/edit/", contacts.ChangeAddress.as_view(), name="address_edit"),
    path("addresses/<uuid:address_id>/remove/", contacts.RemoveAddress.as_view(), name="address_remove"),
    path("addresses/<uuid:address_id>/prefer/", contacts.PreferAddress.as_view(), name="address_prefer"),
    path("settings/registers/", registers.Registers.as_view(), name="registers"),
    path("settings/activity-list/", registers.TakeActivityList.as_view(), name="activity_list"),
    path("settings/registers/<str:register>/", registers.SwitchRegister.as_view(), name="register"),
]
