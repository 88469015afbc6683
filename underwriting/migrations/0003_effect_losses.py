from django.db import migrations, models

COUNTED_OTHERWISE = "UPDATE underwriting_backtest SET state = 'FAILED', error = %s WHERE state = 'DONE'"
WORDS = "Its money was counted in another way than the editor counts it. Run it again."


class Migration(migrations.Migration):

    dependencies = [
        ('underwriting', '0002_policy_studio'),
    ]

    operations = [
        migrations.AddField(
            model_name='effectcube',
            name='bad_loan_count',
            field=models.PositiveIntegerField(default=0, help_text='Loans that the share was measured on.'),
        ),
        migrations.AddField(
            model_name='effectcube',
            name='loss_share',
            field=models.FloatField(default=0, help_text='Of the amount of a loan that goes bad; in every expected loss.'),
        ),
        # worked out anew when next asked for
        migrations.RunSQL("DELETE FROM underwriting_effectcell; DELETE FROM underwriting_effectcounter; DELETE FROM underwriting_effectcube", migrations.RunSQL.noop),
        migrations.RunSQL([(COUNTED_OTHERWISE, [WORDS])], migrations.RunSQL.noop),
    ]
