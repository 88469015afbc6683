"""Django's entry into the underwriting package."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UnderwritingConfig(AppConfig):
    name = "underwriting"
    verbose_name = "Underwriting"

    def ready(self) -> None:
        # Imported here so that `@shared_task` binds to our Celery application in every Django process.
        from underwriting.config.celery import app
        from underwriting.config.database_guards import restore_guards

        app.set_default()
        # All tables exist when the signal reaches one app, so one sender is enough.
        post_migrate.connect(restore_guards, sender=self, dispatch_uid="underwriting.database_guards")
