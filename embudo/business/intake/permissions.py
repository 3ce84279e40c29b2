from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import RECORDING, Permission, Scope

ASSIGNING = ("coordinator", "principal")
LEADING = ("coordinator", "supervisor")
# Who verifies, or whose entry it is, follows from bindings; these roles reach no further than them.
BOUND = {"supervisor": Scope.OWN}

VIEW_ASSIGNMENTS = Permission("intake.view_assignment", _("See assignments"), roles=RECORDING)
CREATE_ASSIGNMENT = Permission(
    "intake.create_assignment", _("Order and create assignments"), roles=ASSIGNING, scoped=False
)
EDIT_ASSIGNMENT = Permission("intake.edit_assignment", _("Edit, split and open assignments"), roles=ASSIGNING)
BIND = Permission("intake.bind", _("Bind people to assignments"), roles=(*LEADING, "principal"), scopes=BOUND)
CLOSE_PART = Permission(
    "intake.close_part", _("Close and reopen an operator's or supervisor's part"), roles=LEADING, scopes=BOUND
)
CLOSE_ASSIGNMENT = Permission(
    "intake.close_assignment", _("Close assignments finally, reopen and archive them"), roles=("coordinator",)
)
WAIVE_SECOND = Permission(
    "intake.waive_second",
    _("Let entries go on without a second entry that nobody can give"),
    roles=("coordinator",),
)
VIEW_PROGRESS = Permission(
    "intake.view_progress", _("See how assignments progress"), roles=(*LEADING, "principal")
)
TAKE_DELIVERY = Permission("intake.take_delivery", _("Take deliveries of assignments"), roles=ASSIGNING)

VIEW_ENTRIES = Permission("intake.view_entry", _("See entries"), roles=RECORDING)
ENTER = Permission("intake.enter", _("Enter records"), roles=("operator",))
CORRECT = Permission("intake.correct", _("Correct, hand in and withdraw entries"), roles=("operator",))
VERIFY = Permission("intake.verify", _("Accept and reject entries"), roles=("verifier",))
CONVERSE = Permission(
    "intake.converse",
    _("Talk about an entry"),
    roles=("operator", "verifier", "supervisor", "coordinator"),
)
DECIDE = Permission("intake.decide", _("Decide disputes and look-alike entries"), roles=LEADING)
