"""The people of a shop."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import members

urlpatterns: list[URLPattern | URLResolver] = [
    path("people/", members.members, name="members"),
    path("people/invite/", members.invite, name="member_invite"),
    path("people/<int:pk>/", members.member, name="member"),
    path("people/<int:pk>/roles/", members.roles, name="member_roles"),
    path("people/<int:pk>/deactivate/", members.deactivate, name="member_deactivate"),
    path("people/<int:pk>/reactivate/", members.reactivate, name="member_reactivate"),
    path("people/<int:pk>/invitation/", members.invite_again, name="member_invitation"),
    path("people/<int:pk>/withdraw/", members.withdraw, name="member_withdraw"),
]
