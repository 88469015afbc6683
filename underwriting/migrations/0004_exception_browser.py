"""The browser an exception was asked for in: it is not answered there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("underwriting", "0003_effect_losses")]

    operations = [
        migrations.AddField(
            model_name="policyexception",
            name="browser",
            field=models.CharField(
                blank=True,
                default="",
                help_text="SHA-256 of the mark of the browser it was asked for in.",
                max_length=64,
            ),
            preserve_default=False,
        ),
    ]
