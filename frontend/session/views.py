"""Sign-in, sign-out, the choice of lender and a person's own settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from frontend.session import sign_in as steps
from frontend.session.enrolment import provisioning_uri, qr_path
from frontend.session.forms import CodeForm, PasswordForm, SettingsForm
from frontend.session.gate import screen
from frontend.session.middleware import SEEN_SESSION_KEY
from frontend.session.people import demo_people
from frontend.session.staff import EVERYONE, LENDER_SESSION_KEY, StaffRequest
from frontend.session.unsent import ENDED_FOR
from underwriting.models import Preference, User

PENDING = "sign_in_pending"
NEW_KEY = "sign_in_secret"
PENDING_LASTS = timedelta(minutes=10)
KEY_DIGITS_MAX = (
    18  # what every database key fits into; Python refuses to read numbers of thousands of digits
)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SAME_ANSWER = "The e-mail address or the password is not right. Check both and try again."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step: e-mail and password. The answer does not tell which of the two was wrong."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = steps.check_password(request, **form.cleaned_data, now=timezone.now())
        except steps.MustWait as wait:
            form.add_error(None, _wait_sentence(wait.until))
        else:
            if user is not None:
                return _to_second_step(request, user)
            form.add_error(None, SAME_ANSWER)
    context = {"form": form, "next": _wanted(request), "people": demo_people() if _is_demo() else ()}
    return render(request, "session/sign_in.html", context, status=422 if form.errors else 200)


def _to_second_step(request: HttpRequest, user: User) -> HttpResponse:
    request.session.cycle_key()
    request.session[PENDING] = {"user": user.pk, "at": timezone.now().timestamp(), "next": _wanted(request)}
    return redirect("sign-in-second-step" if steps.second_step_of(user) else "sign-in-enrol")


def _wait_sentence(until: datetime) -> str:
    local = until.astimezone(ZoneInfo(settings.TIME_ZONE))
    return f"Too many attempts. You can try again at {local:%H:%M:%S} ({settings.TIME_ZONE})."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Second step: the code. A person without one yet is sent to enrol."""
    user = _pending(request)
    if user is None:
        return redirect("sign-in")
    if steps.second_step_of(user) is None:
        return redirect("sign-in-enrol")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            is_right = steps.hear_attempt(
                email=user.email,
                now=now,
                check=lambda: steps.check_code(user=user, code=form.cleaned_data["code"], now=now) or None,
            )
            if is_right:
                return _let_in(request, user)
            form.add_error(
                "code", "That code is not right or was used already. Enter the code that is shown now."
            )
        except steps.MustWait as wait:
            form.add_error(None, _wait_sentence(wait.until))
    return render(request, "session/second_step.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """First sign-in: the person puts a new secret into an authenticator app and proves it with a code."""
    user = _pending(request)
    if user is None:
        return redirect("sign-in")
    if steps.second_step_of(user) is not None:
        return redirect("sign-in-second-step")
    secret: str = request.session.setdefault(NEW_KEY, steps.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if steps.enrol(user=user, secret=secret, code=form.cleaned_data["code"], now=timezone.now()):
            return _let_in(request, user)
        form.add_error(
            "code",
            "That code does not belong to this key. Check the time on your phone and enter the code that is shown now.",
        )
    picture = qr_path(provisioning_uri(email=user.email, secret=secret))
    context = {"form": form, "secret": secret, "qr": picture}
    return render(request, "session/enrol.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
def sign_in_as(request: HttpRequest) -> HttpResponse:
    """Demonstrations only: one click signs a person in. Not there anywhere else."""
    if not _is_demo():
        raise Http404
    number = request.POST.get("person", "")
    is_number = number.isascii() and number.isdigit() and len(number) <= KEY_DIGITS_MAX
    user = get_object_or_404(User, pk=int(number) if is_number else 0, is_active=True)
    request.session[PENDING] = {"user": user.pk, "at": timezone.now().timestamp(), "next": _wanted(request)}
    return _let_in(request, user)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    ended_for = request.session.get("_auth_user_id")
    logout(request)
    request.session[ENDED_FOR] = ended_for  # for what is still being typed in another window
    return redirect("sign-in")


@screen(write=EVERYONE)
def stay_signed_in(_request: StaffRequest) -> HttpResponse:
    """The middleware has noted this request as the person's own; nothing else is to be done."""
    return HttpResponse(status=204)


@screen(write=EVERYONE)
def choose_lender(request: StaffRequest) -> HttpResponse:
    """Switch to another lender the person belongs to; the choice is remembered with the person."""
    lender = next((x for x in request.staff.lenders if x.code == request.POST.get("lender")), None)
    if lender is None:
        raise Http404
    request.session[LENDER_SESSION_KEY] = lender.pk
    Preference.objects.update_or_create(user=request.staff.user, defaults={"lender": lender})
    return redirect("/", permanent=False)


@screen(read=EVERYONE, write=EVERYONE)
def my_settings(request: StaffRequest) -> HttpResponse:
    """Theme, density and shortcuts; stored with the person, so that every browser shows them."""
    preference = request.staff.preference or Preference(user=request.staff.user)
    form = SettingsForm(request.POST or None, instance=preference)
    if request.method == "POST" and form.is_valid():
        form.save()
        response = redirect("my-settings")
        response.status_code = 303
        return response
    return render(request, "session/my_settings.html", {"form": form}, status=422 if form.errors else 200)


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    pending = request.session.pop(PENDING, {})
    request.session.pop(NEW_KEY, None)
    login(request, user, backend=BACKEND)
    request.session[SEEN_SESSION_KEY] = int(timezone.now().timestamp())
    steps.forget_failures(email=user.email)
    return redirect(pending.get("next") or "/")


def _pending(request: HttpRequest) -> User | None:
    pending = request.session.get(PENDING)
    if not pending or timezone.now().timestamp() - pending["at"] > PENDING_LASTS.total_seconds():
        return None
    return User.objects.filter(pk=pending["user"], is_active=True).first()


def _wanted(request: HttpRequest) -> str:
    """Where to go afterwards: a path of ours, else the home page."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours and wanted.startswith("/") else "/"


def _is_demo() -> bool:
    return bool(getattr(settings, "UW_DEMO", False))
