from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import STAFF, Permission, Scope

# What is about a record is seen with it; the scope decides on to-dos that are about nothing.
VIEW_TASKS = Permission("activity.view_task", _("See tasks"), STAFF, {"collector": Scope.OWN})
CREATE_TASK = Permission("activity.create_task", _("Plan tasks"), STAFF, scoped=False)
CHANGE_TASK = Permission("activity.change_task", _("Change and reassign tasks"), STAFF)
COMPLETE_TASK = Permission("activity.complete_task", _("Complete and reopen tasks"), STAFF)
KEEP_AUTOMATIC_TASKS = Permission(
    "activity.keep_automatic_tasks", _("Keep the tasks that open and close by themselves"), scoped=False
)

VIEW_TIMELINE = Permission("activity.view_timeline", _("See the timeline of a record"), STAFF, scoped=False)

VIEW_NOTES = Permission("activity.view_note", _("See notes"), STAFF)
ADD_NOTE = Permission("activity.add_note", _("Add notes"), STAFF, scoped=False)
CHANGE_NOTE = Permission(
    "activity.change_note", _("Change one's own notes"), STAFF, dict.fromkeys(STAFF, Scope.OWN)
)
REMOVE_NOTE = Permission("activity.remove_note", _("Remove notes"), STAFF, {"collector": Scope.OWN})

VIEW_CALLS = Permission("activity.view_call", _("See calls"), STAFF)
LOG_CALL = Permission("activity.log_call", _("Log calls"), STAFF, scoped=False)
CHANGE_CALL = Permission("activity.change_call", _("Change logged calls"), STAFF, {"collector": Scope.OWN})

VIEW_MEETINGS = Permission("activity.view_meeting", _("See meetings"), STAFF)
PLAN_MEETING = Permission("activity.plan_meeting", _("Plan meetings"), STAFF, scoped=False)
CHANGE_MEETING = Permission(
    "activity.change_meeting", _("Change and cancel meetings"), STAFF, {"collector": Scope.OWN}
)

REMIND = Permission("activity.remind", _("Send reminders"), scoped=False)
