from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import EVERYBODY, STAFF, Permission, Scope, reaching_all

# A principal is no colleague: they see their own group of people, whom they bind to what they order.
SEEN = reaching_all(STAFF) | {"principal": Scope.TEAM}

VIEW_USERS = Permission("access.view_user", _("See colleagues"), roles=EVERYBODY, scopes=SEEN)
MANAGE_USERS = Permission("access.manage_users", _("Invite, change and deactivate users"), scoped=False)
VIEW_ROLES = Permission("access.view_role", _("See roles and teams"), scoped=False)
MANAGE_ROLES = Permission(
    "access.manage_roles", _("Define roles, teams and who reports to whom"), scoped=False
)
MANAGE_ORGANISATION = Permission(
    "access.manage_organisation", _("Change the organisation's settings"), scoped=False
)
VIEW_ACCESS = Permission(
    "access.view_access", _("See who can see a record and why"), roles=("manager",), scoped=False
)
OWN_PROFILE = Permission(
    "access.own_profile",
    _("Change one's own profile, sessions and tokens"),
    roles=(*EVERYBODY, "till"),  # a till's token is made by whoever sets the till up, signed in as it
    scoped=False,
)
