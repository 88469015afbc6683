
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('underwriting', '0003_baseline'),
    ]

    operations = [
        migrations.AddField(
            model_name='policyversion',
            name='is_emergency',
            field=models.BooleanField(default=False, help_text='Let into force by one person, looked at by a second within a day.'),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='ticket',
            field=models.CharField(blank=True, help_text='Where the change was agreed on, or none.', max_length=80),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='undoes',
            field=models.ForeignKey(help_text='The version whose effect it takes back.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='underwriting.policyversion'),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='warning_comments',
            field=models.JSONField(default=list, help_text='Each warning it was submitted with, and what its author says to it.'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('credit_officer', 'credit_officer'), ('senior_officer', 'senior_officer'), ('team_lead', 'team_lead'), ('risk_manager', 'risk_manager'), ('risk_approver', 'risk_approver'), ('model_owner', 'model_owner'), ('compliance', 'compliance'), ('auditor', 'auditor'), ('partner_engineer', 'partner_engineer'), ('admin', 'admin')], max_length=24),
        ),
        migrations.AlterField(
            model_name='workitem',
            name='kind',
            field=models.CharField(choices=[('ASSESS', 'ASSESS'), ('TRIAL', 'TRIAL'), ('DRAW_REFERENCE', 'DRAW_REFERENCE'), ('IMPORT_HISTORY', 'IMPORT_HISTORY'), ('BUILD_EFFECT', 'BUILD_EFFECT'), ('BACKTEST', 'BACKTEST'), ('POLICY_CHECK', 'POLICY_CHECK'), ('REVIEW_DUE', 'REVIEW_DUE'), ('RELEASE_DECISION', 'RELEASE_DECISION'), ('APPLICATION_ENDED', 'APPLICATION_ENDED'), ('EVIDENCE_ARRIVED', 'EVIDENCE_ARRIVED'), ('CASE_DUE', 'CASE_DUE'), ('RENDER_NOTICE', 'RENDER_NOTICE'), ('NOTICE_DUE', 'NOTICE_DUE'), ('DELIVER', 'DELIVER')], max_length=24),
        ),
        migrations.CreateModel(
            name='EmergencyReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('UPHELD', 'UPHELD'), ('TAKE_BACK', 'TAKE_BACK')], max_length=10)),
                ('note', models.TextField()),
                ('reviewed_at', models.DateTimeField()),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='emergency_review', to='underwriting.policyversion')),
            ],
        ),
        migrations.CreateModel(
            name='PolicyApproval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), help_text='Held at the lender at that moment.', size=None)),
                ('document_sha256', models.CharField(max_length=64)),
                ('live_sha256', models.CharField(blank=True, help_text='Of the version in force; empty: there was none.', max_length=64)),
                ('browser', models.CharField(blank=True, help_text="SHA-256 of the browser's mark.", max_length=64)),
                ('approved_at', models.DateTimeField()),
                ('approver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('backtest', models.ForeignKey(help_text='Null: an emergency, or nothing to compare with.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='underwriting.backtest')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='underwriting.policyversion')),
            ],
        ),
        migrations.CreateModel(
            name='ApprovalVoid',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(max_length=200)),
                ('voided_at', models.DateTimeField()),
                ('approval', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='void', to='underwriting.policyapproval')),
            ],
        ),
        migrations.CreateModel(
            name='PolicyComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('anchor', models.CharField(help_text='The line: rule:K-01, tier:A, cut_offs:approve.', max_length=120)),
                ('quote', models.CharField(help_text='The line as it read.', max_length=400)),
                ('document_sha256', models.CharField(max_length=64)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='underwriting.policyversion')),
            ],
        ),
        migrations.CreateModel(
            name='PolicyRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.JSONField()),
                ('document_sha256', models.CharField(max_length=64)),
                ('browser', models.CharField(blank=True, help_text="SHA-256 of the browser's mark.", max_length=64)),
                ('saved_at', models.DateTimeField()),
                ('editor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='underwriting.policyversion')),
            ],
        ),
        migrations.CreateModel(
            name='PolicyRollout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('SHADOW', 'SHADOW'), ('SHARE', 'SHARE')], max_length=8)),
                ('share_percent', models.PositiveSmallIntegerField(help_text='Of applicants, fixed for its whole life.', null=True)),
                ('salt', models.CharField(help_text="Hashed with the applicant's index: who is in the share.", max_length=32)),
                ('started_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_as', models.CharField(blank=True, choices=[('PROMOTED', 'PROMOTED'), ('STOPPED', 'STOPPED')], max_length=10)),
                ('against', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='underwriting.policyversion')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rollouts', to='underwriting.policy')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rollouts', to='underwriting.policyversion')),
            ],
        ),
        migrations.CreateModel(
            name='ShadowResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('live_outcome', models.CharField(choices=[('APPROVE', 'APPROVE'), ('COUNTEROFFER', 'COUNTEROFFER'), ('REFER', 'REFER'), ('DECLINE', 'DECLINE')], max_length=12)),
                ('shadow_outcome', models.CharField(choices=[('APPROVE', 'APPROVE'), ('COUNTEROFFER', 'COUNTEROFFER'), ('REFER', 'REFER'), ('DECLINE', 'DECLINE')], max_length=12)),
                ('created_at', models.DateTimeField()),
                ('assessment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='underwriting.assessment')),
                ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='underwriting.policyrollout')),
            ],
        ),
        migrations.AddConstraint(
            model_name='policyrollout',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('policy',), name='one_open_rollout_a_policy'),
        ),
        migrations.AddConstraint(
            model_name='policyrollout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mode', 'SHADOW'), ('share_percent', None)), models.Q(('mode', 'SHARE'), ('share_percent__gte', 1), ('share_percent__lte', 50)), _connector='OR'), name='share_of_a_share_alone'),
        ),
        migrations.AddConstraint(
            model_name='shadowresult',
            constraint=models.UniqueConstraint(fields=('rollout', 'assessment'), name='one_shadow_of_an_assessment'),
        ),
    ]
