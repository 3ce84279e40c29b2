from django.urls import path

from embudo.business.insight import views

app_name = "insight"
urlpatterns = [
    path("", views.Dashboard.as_view(), name="dashboard"),
    path("dashboard/figures/", views.FiguresPart.as_view(), name="figures"),
    path("dashboard/funnel/", views.FunnelPart.as_view(), name="funnel"),
    path("dashboard/pipeline/", views.PipelinePart.as_view(), name="pipeline"),
    path("dashboard/money/", views.MoneyPart.as_view(), name="money"),
    path("dashboard/tasks/", views.TasksPart.as_view(), name="tasks"),
    path("dashboard/months/", views.MonthsPart.as_view(), name="months"),
]
