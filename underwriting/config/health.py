"""Liveness and readiness, for load balancers and for people who ask why nothing is being decided."""

from django.http import HttpRequest, HttpResponse

def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def readyz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")
