from django.urls import path

from embudo.foundation.activity.views import entries, tasks, timeline

app_name = "activity"
urlpatterns = [
    path("tasks/", tasks.Tasks.as_view(), name="tasks"),
    path("calendar/", tasks.calendar, name="calendar"),
    path("tasks/new/", tasks.NewTask.as_view(), name="task_new"),
    path("tasks/owners/", tasks.owners, name="owners"),
    path("tasks/<uuid:record_id>/", tasks.TaskPage.as_view(), name="task"),
    path("tasks/<uuid:record_id>/change/", tasks.ChangeTask.as_view(), name="task_change"),
    path("tasks/<uuid:record_id>/assign/", tasks.AssignTask.as_view(), name="task_assign"),
    path("tasks/<uuid:record_id>/complete/", tasks.CompleteTask.as_view(), name="task_complete"),
    path("tasks/<uuid:record_id>/reopen/", tasks.ReopenTask.as_view(), name="task_reopen"),
    path("tasks/<uuid:record_id>/remove/", tasks.RemoveTask.as_view(), name="task_remove"),
    path("notes/<uuid:record_id>/", entries.note, name="note"),
    path("notes/<uuid:record_id>/change/", entries.ChangeNote.as_view(), name="note_change"),
    path("notes/<uuid:record_id>/remove/", entries.RemoveNote.as_view(), name="note_remove"),
    path("calls/<uuid:record_id>/", entries.call, name="call"),
    path("calls/<uuid:record_id>/change/", entries.ChangeCall.as_view(), name="call_change"),
    path("meetings/<uuid:record_id>/", entries.meeting, name="meeting"),
    path("meetings/<uuid:record_id>/change/", entries.ChangeMeeting.as_view(), name="meeting_change"),
    path("meetings/<uuid:record_id>/cancel/", entries.CancelMeeting.as_view(), name="meeting_cancel"),
    path("activity/<str:kind>/<uuid:record_id>/", timeline.TimelinePanel.as_view(), name="timeline"),
    path("activity/<str:kind>/<uuid:record_id>/note/", entries.AddNote.as_view(), name="note_new"),
    path("activity/<str:kind>/<uuid:record_id>/call/", entries.LogCall.as_view(), name="call_new"),
    path("activity/<str:kind>/<uuid:record_id>/task/", entries.PlanTask.as_view(), name="task_about"),
    path("activity/<str:kind>/<uuid:record_id>/meeting/", entries.PlanMeeting.as_view(), name="meeting_new"),
]
