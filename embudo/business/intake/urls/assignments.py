from django.urls import URLPattern, path

from embudo.business.intake.views import alike, assignments, binding, closing, ordering, progress

ONE = "assignments/<uuid:assignment_id>/"
BINDING = "assignments/bindings/<uuid:binding_id>/"
urlpatterns: list[URLPattern] = [
    path("assignments/", assignments.Assignments.as_view(), name="assignments"),
    path("assignments/new/", ordering.NewAssignment.as_view(), name="assignment_new"),
    path("assignments/alone/", ordering.StartAlone.as_view(), name="alone"),
    path(ONE, assignments.AssignmentPage.as_view(), name="assignment"),
    path(f"{ONE}edit/", ordering.EditAssignment.as_view(), name="assignment_edit"),
    path(f"{ONE}asked/", ordering.WhatIsAsked.as_view(), name="assignment_asked"),
    path(f"{ONE}open/", ordering.OpenAssignment.as_view(), name="assignment_open"),
    path(f"{ONE}split/", ordering.SplitAssignment.as_view(), name="assignment_split"),
    path(f"{ONE}close/", closing.CloseAssignment.as_view(), name="assignment_close"),
    path(f"{ONE}archive/", ordering.ArchiveAssignment.as_view(), name="assignment_archive"),
    path(f"{ONE}unarchive/", ordering.UnarchiveAssignment.as_view(), name="assignment_unarchive"),
    path(f"{ONE}bind/", binding.Bind.as_view(), name="bind"),
    path(f"{ONE}bind-group/", binding.BindGroup.as_view(), name="bind_group"),
    path(f"{ONE}parts/<uuid:person_id>/close/", closing.ClosePart.as_view(), name="close_part"),
    path(f"{ONE}progress/", progress.ProgressPage.as_view(), name="progress"),
    path(f"{ONE}without-second/", closing.WaiveSecond.as_view(), name="waive_second"),
    path(f"{ONE}late/", closing.LateDrafts.as_view(), name="late_drafts"),
    path(f"{BINDING}edit/", binding.EditBinding.as_view(), name="binding_edit"),
    path(f"{BINDING}unbind/", binding.Unbind.as_view(), name="unbind"),
    path(
        "assignments/closings/<uuid:closing_id>/reopen/",
        closing.ReopenClosing.as_view(),
        name="closing_reopen",
    ),
    path("likenesses/", alike.Likenesses.as_view(), name="likenesses"),
    path("likenesses/decide/", alike.DecideLikenesses.as_view(), name="likenesses_decide"),
    path("likenesses/<uuid:likeness_id>/", alike.DecideLikeness.as_view(), name="likeness_decide"),
]
