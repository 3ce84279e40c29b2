from django.urls import path

from embudo.business.directory.views import companies, parts, people

app_name = "directory"
urlpatterns = [
    path("companies/", companies.Companies.as_view(), name="companies"),
    path("companies/new/", companies.RegisterCompany.as_view(), name="company_new"),
    path("companies/options/", parts.company_options, name="company_options"),
    path("companies/duplicates/", parts.company_duplicates, name="company_duplicates"),
    path("companies/<uuid:company_id>/", companies.CompanyPage.as_view(), name="company"),
    path("companies/<uuid:company_id>/edit/", companies.ChangeCompany.as_view(), name="company_edit"),
    path("companies/<uuid:company_id>/owner/", companies.ChangeCompanyOwner.as_view(), name="company_owner"),
    path("people/", people.People.as_view(), name="people"),
    path("people/new/", people.RegisterPerson.as_view(), name="person_new"),
    path("people/options/", parts.person_options, name="person_options"),
    path("people/duplicates/", parts.person_duplicates, name="person_duplicates"),
    path("people/<uuid:person_id>/", people.PersonPage.as_view(), name="person"),
    path("people/<uuid:person_id>/edit/", people.ChangePerson.as_view(), name="person_edit"),
    path("people/<uuid:person_id>/owner/", people.ChangePersonOwner.as_view(), name="person_owner"),
    path("people/<uuid:person_id>/company/", people.LinkPerson.as_view(), name="person_link"),
    path("affiliations/<uuid:affiliation_id>/end/", people.EndAffiliation.as_view(), name="affiliation_end"),
]
