"""The review queue and what is done on an application."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import review, review_actions

urlpatterns: list[URLPattern | URLResolver] = [
    path("applications/", review.list_applications, name="applications"),
    path("applications/bulk/", review_actions.bulk, name="applications_bulk"),
    path("applications/<int:pk>/", review.show_application, name="application"),
    path("applications/<int:pk>/reports/<int:report_pk>/", review.show_report, name="application_report"),
    path("applications/<int:pk>/take/", review_actions.take, name="application_take"),
    path("applications/<int:pk>/release/", review_actions.release, name="application_release"),
    path("applications/<int:pk>/assign/", review_actions.assign, name="application_assign"),
    path("applications/<int:pk>/judge/", review_actions.judge, name="application_judge"),
    path("applications/<int:pk>/assess/", review_actions.assess, name="application_assess"),
    path("applications/<int:pk>/more/", review_actions.more, name="application_more"),
    path("applications/<int:pk>/accept/", review_actions.accept, name="application_accept"),
    path("applications/<int:pk>/reject/", review_actions.reject, name="application_reject"),
    path("applications/<int:pk>/override/", review_actions.override, name="application_override"),
    path("overrides/<int:pk>/answer/", review_actions.answer_override, name="override_answer"),
    path("appeals/<int:pk>/answer/", review_actions.answer_appeal, name="appeal_answer"),
]
