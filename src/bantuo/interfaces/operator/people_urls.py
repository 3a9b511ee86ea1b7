"""Users and roles."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import people

urlpatterns: list[URLPattern | URLResolver] = [
    path("people/", people.users, name="users"),
    path("people/add/", people.add, name="user_add"),
    path("people/<int:pk>/", people.user, name="user"),
    path("people/<int:pk>/roles/", people.roles, name="user_roles"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="user_deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="user_reactivate"),
    path("people/<int:pk>/second-factor/", people.second_factor, name="user_second_factor"),
    path("people/<int:pk>/invitation/", people.invite_again, name="user_invitation"),
    path("people/<int:pk>/withdraw/", people.withdraw, name="user_withdraw"),
]
