from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from vigie.web.account.views import people, preferences, profile, tokens

app_name = "account"

urlpatterns = [
    path("", profile.profile, name="profile"),
    # allauth's own page for addresses is not offered: an administrator changes them
    path("email/", RedirectView.as_view(pattern_name="account:profile")),
    path("preferences/", preferences.preferences, name="preferences"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke_token, name="revoke_token"),
    path("people/", people.people, name="people"),
    path("people/new/", people.create_person, name="create_person"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/rights/", people.set_powers, name="set_powers"),
    path("people/<int:pk>/address/", people.change_address, name="change_address"),
    path("people/<int:pk>/active/", people.set_active, name="set_active"),
    path("people/<int:pk>/password-link/", people.send_password_link, name="send_password_link"),
]
