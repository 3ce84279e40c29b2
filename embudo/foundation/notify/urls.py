from django.urls import path

from embudo.foundation.notify import views

app_name = "notify"
urlpatterns = [
    path("notifications/", views.Notifications.as_view(), name="list"),
    path("notifications/bell/", views.count_unread, name="count"),
    path("notifications/read-all/", views.ReadAll.as_view(), name="read_all"),
    path("notifications/preferences/", views.Preferences.as_view(), name="preferences"),
    path("notifications/<uuid:notification_id>/", views.open_notification, name="open"),
    path("followers/<str:kind>/<uuid:record_id>/", views.Followers.as_view(), name="followers"),
    path("followers/<str:kind>/<uuid:record_id>/add/", views.FollowRecord.as_view(), name="follow"),
    path("followers/<str:kind>/<uuid:record_id>/remove/", views.UnfollowRecord.as_view(), name="unfollow"),
    path("mails/", views.Mails.as_view(), name="mails"),
    path("mails/<uuid:mail_id>/", views.MailPage.as_view(), name="mail"),
    path("mails/<uuid:mail_id>/again/", views.SendMailAgain.as_view(), name="mail_again"),
]
