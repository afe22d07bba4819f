"""My account: who I am for the others."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from vigie.accounts import actions
from vigie.accounts.models import User
from vigie.web.account.forms import ProfileForm


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    if request.method == "POST":
        form = ProfileForm(request.POST)
        if form.is_valid():
            actions.change_profile(user=user, **form.cleaned_data)
            messages.success(request, gettext("Your account was changed."))
            return redirect("account:profile")
    else:
        form = ProfileForm(initial={"name": user.name, "callsign": user.callsign})
    status = 422 if form.errors else 200
    return render(request, "account/profile.html", {"form": form}, status=status)
