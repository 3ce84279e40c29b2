from django.urls import URLPattern, path

from embudo.business.quota.views import answering

urlpatterns: list[URLPattern] = [
    path("quota/answer/<str:token>/", answering.AnswerChange.as_view(), name="answer"),
]
