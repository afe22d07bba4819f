from __future__ import annotations

from django.urls import path

from vigie.web.room.views import (
    exercise,
    home,
    joining,
    journal,
    opening,
    phases,
    platform_journal,
    presence,
    team,
)

app_name = "room"

urlpatterns = [
    path("", home.operations, name="operations"),
    path("operations/new/", opening.new, name="new"),
    path("operations/places/", opening.places, name="places"),
    path("operations/places/<str:departement>/", opening.departement, name="departement"),
    path("join/<str:secret>/", joining.join, name="join"),
    path("platform/journal/", platform_journal.platform_journal, name="platform_journal"),
    path("platform/journal/chain/", platform_journal.chain, name="platform_journal_chain"),
    path("platform/journal/journal.csv", platform_journal.export, name="platform_journal_export"),
    path("o/<slug:slug>/", home.room, name="home"),
    path("o/<slug:slug>/situation/", home.situation, name="situation"),
    path("o/<slug:slug>/lately/", home.lately, name="lately"),
    path("o/<slug:slug>/bar/", home.bar, name="bar"),
    path("o/<slug:slug>/presence/", presence.ping, name="presence"),
    path("o/<slug:slug>/phase/", phases.change, name="phase"),
    path("o/<slug:slug>/settings/", opening.settings, name="settings"),
    path("o/<slug:slug>/team/", team.team, name="team"),
    path("o/<slug:slug>/team/add/", team.add, name="add_member"),
    path("o/<slug:slug>/team/leave/", team.leave, name="leave_team"),
    path("o/<slug:slug>/team/<int:pk>/", team.member, name="member"),
    path("o/<slug:slug>/team/<int:pk>/remove/", team.remove, name="remove_member"),
    path("o/<slug:slug>/invitations/", team.invite, name="invite"),
    path("o/<slug:slug>/invitations/<int:pk>/revoke/", team.revoke, name="revoke_invitation"),
    path("o/<slug:slug>/journal/", journal.journal, name="journal"),
    path("o/<slug:slug>/journal/chain/", journal.chain, name="journal_chain"),
    path("o/<slug:slug>/journal/new/", journal.write, name="write_note"),
    path("o/<slug:slug>/journal/<int:seq>/follow-up/", journal.follow_up, name="follow_up"),
    path("o/<slug:slug>/journal/main-courante.csv", journal.export, name="journal_export"),
    path("o/<slug:slug>/exercise/", exercise.control, name="exercise"),
    path("o/<slug:slug>/exercise/start/", exercise.start, name="exercise_start"),
    path("o/<slug:slug>/exercise/steer/", exercise.steer, name="exercise_steer"),
    path("o/<slug:slug>/exercise/inject/", exercise.inject, name="exercise_inject"),
    path("o/<slug:slug>/exercise/debrief/", exercise.debrief, name="exercise_debrief"),
]
