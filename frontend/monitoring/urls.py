"""Routes of the monitoring screens."""

from django.urls import path

from frontend.monitoring import reasons

urlpatterns = [path("monitoring/reasons/", reasons.reasons, name="monitoring-reasons")]
