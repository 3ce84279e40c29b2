from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import QUOTAS, STAFF, Permission, Scope, reaching_all

# Everybody in sales and collections, who coordinates recording and who sets quotas knows every company and person; each
# changes their own.
KNOWING = (*STAFF, "coordinator", *QUOTAS)
SEEN = reaching_all(KNOWING)
SELLING = ("manager", "seller")

VIEW_COMPANIES = Permission("directory.view_company", _("See companies"), roles=KNOWING, scopes=SEEN)
REGISTER_COMPANY = Permission(
    "directory.register_company", _("Register companies"), roles=SELLING, scoped=False
)
CHANGE_COMPANY = Permission("directory.change_company", _("Change companies"), roles=SELLING)
VIEW_PEOPLE = Permission("directory.view_person", _("See people"), roles=KNOWING, scopes=SEEN)
REGISTER_PERSON = Permission("directory.register_person", _("Register people"), roles=SELLING, scoped=False)
CHANGE_PERSON = Permission("directory.change_person", _("Change people"), roles=SELLING)
DELETE_COMPANY = Permission("directory.delete_company", _("Delete companies"), roles=SELLING)
DELETE_PERSON = Permission("directory.delete_person", _("Delete people"), roles=SELLING)
LINK_PERSON = Permission(
    "directory.link_person", _("Say who works at which company"), roles=SELLING, scopes={"seller": Scope.ALL}
)
CHANGE_OWNER = Permission(
    "directory.change_owner", _("Hand companies and people to somebody else"), roles=SELLING
)
CHANGE_CONTACTS = Permission(
    "directory.change_contacts", _("Keep further phones, e-mail and postal addresses"), roles=SELLING
)
CHECK_REGISTERS = Permission(
    "directory.check_registers",
    _("Check companies in public registers"),
    roles=(*SELLING, "collector"),
    scopes=SEEN,
)
ANSWER_REGISTERS = Permission(
    "directory.answer_registers", _("Write down what a register answered"), scoped=False
)
MANAGE_REGISTERS = Permission(
    "directory.manage_registers", _("Say which public registers are asked"), scoped=False
)
