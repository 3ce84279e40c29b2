from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission, Scope

EVERYBODY = ("manager", "seller", "collector")

# What is about a record is seen with it; the scope decides on to-dos that are about nothing.
VIEW_TASKS = Permission("activity.view_task", _("See tasks"), EVERYBODY, {"collector": Scope.OWN})
CREATE_TASK = Permission("activity.create_task", _("Plan tasks"), EVERYBODY, scoped=False)
CHANGE_TASK = Permission("activity.change_task", _("Change and reassign tasks"), EVERYBODY)
COMPLETE_TASK = Permission("activity.complete_task", _("Complete and reopen tasks"), EVERYBODY)
KEEP_AUTOMATIC_TASKS = Permission(
    "activity.keep_automatic_tasks", _("Keep the tasks that open and close by themselves"), scoped=False
)

VIEW_TIMELINE = Permission(
    "activity.view_timeline", _("See the timeline of a record"), EVERYBODY, scoped=False
)

VIEW_NOTES = Permission("activity.view_note", _("See notes"), EVERYBODY)
ADD_NOTE = Permission("activity.add_note", _("Add notes"), EVERYBODY, scoped=False)
CHANGE_NOTE = Permission(
    "activity.change_note", _("Change one's own notes"), EVERYBODY, dict.fromkeys(EVERYBODY, Scope.OWN)
)
REMOVE_NOTE = Permission("activity.remove_note", _("Remove notes"), EVERYBODY, {"collector": Scope.OWN})

VIEW_CALLS = Permission("activity.view_call", _("See calls"), EVERYBODY)
LOG_CALL = Permission("activity.log_call", _("Log calls"), EVERYBODY, scoped=False)
CHANGE_CALL = Permission(
    "activity.change_call", _("Change logged calls"), EVERYBODY, {"collector": Scope.OWN}
)

VIEW_MEETINGS = Permission("activity.view_meeting", _("See meetings"), EVERYBODY)
PLAN_MEETING = Permission("activity.plan_meeting", _("Plan meetings"), EVERYBODY, scoped=False)
CHANGE_MEETING = Permission(
    "activity.change_meeting", _("Change and cancel meetings"), EVERYBODY, {"collector": Scope.OWN}
)

REMIND = Permission("activity.remind", _("Send reminders"), scoped=False)
