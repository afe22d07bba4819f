"""Addresses that belong to no operation: one's own devices, and the script that wakes them."""

from __future__ import annotations

from django.urls import path

from vigie.web.alerts.views import devices

urlpatterns = [
    path("account/notifications/", devices.devices, name="notifications"),
    path("account/notifications/add/", devices.add, name="notifications-add"),
    path("account/notifications/remove/", devices.remove, name="notifications-remove"),
    path("sw.js", devices.worker, name="push-worker"),
]
