"""Routes of the policy screens."""

from django.urls import path

from frontend.risk import (
    backtests,
    baseline,
    bench,
    change_comments,
    change_page,
    changes,
    decided,
    draft_history,
    drafts,
    editor,
    exceptions,
    exports,
    imports,
    leasing,
    listing,
    pages,
    past,
    rebasing,
    rules,
    sections,
    table,
)

urlpatterns = [
    path("policies/", listing.policy_list, name="policies"),
    path("policies/outcomes/", past.outcomes, name="policy-outcomes"),
    path("policies/history/", past.history, name="policy-history"),
    path("policies/history/<int:import_id>/again/", past.history_again, name="policy-history-again"),
    path("policies/exceptions/", exceptions.exception_list, name="exceptions"),
    path("policies/exceptions/<int:number>/", exceptions.exception_page, name="exception"),
    path("policies/exceptions/<int:number>/approve/", exceptions.approve, name="exception-approve"),
    path("policies/exceptions/<int:number>/turn-down/", exceptions.turn_down, name="exception-turn-down"),
    path("policies/exceptions/<int:number>/end/", exceptions.end, name="exception-end"),
    path("policies/<slug:slug>/exceptions/new/", exceptions.ask, name="exception-ask"),
    path("policies/<slug:slug>/", pages.policy_page, name="policy"),
    path("policies/<slug:slug>/drafts/", drafts.new_draft, name="policy-new-draft"),
    path("policies/<slug:slug>/drafts/<int:number>/edit/", editor.editor, name="policy-draft"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/edit/<slug:section>/",
        sections.save_section,
        name="policy-section",
    ),
    path("policies/<slug:slug>/drafts/<int:number>/effect/", editor.effect, name="policy-effect"),
    path("policies/<slug:slug>/drafts/<int:number>/table/", table.table, name="policy-table"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/table/<slug:rule_id>/",
        table.table_row,
        name="policy-table-row",
    ),
    path("policies/<slug:slug>/drafts/<int:number>/checks/", editor.checked, name="policy-checks"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/lease/<slug:section>/",
        leasing.section_lease,
        name="policy-lease",
    ),
    path("policies/<slug:slug>/drafts/<int:number>/rules/<slug:rule_id>/", rules.rule, name="policy-rule"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/rules/<slug:rule_id>/remove/",
        rules.remove_rule,
        name="policy-rule-remove",
    ),
    path(
        "policies/<slug:slug>/drafts/<int:number>/rules/<slug:rule_id>/move/",
        rules.move_rule,
        name="policy-rule-move",
    ),
    path(
        "policies/<slug:slug>/drafts/<int:number>/rules/<slug:rule_id>/close/",
        rules.close_rule,
        name="policy-rule-close",
    ),
    path(
        "policies/<slug:slug>/drafts/<int:number>/undo/<int:revision_id>/",
        draft_history.undo,
        name="policy-undo",
    ),
    path("policies/<slug:slug>/drafts/<int:number>/import/", imports.import_page, name="policy-import"),
    path("policies/<slug:slug>/baseline/", baseline.deviations_page, name="policy-baseline"),
    path("policies/<slug:slug>/baseline/choose/", baseline.choose, name="policy-baseline-choose"),
    path("policies/<slug:slug>/baseline/reason/", baseline.explain, name="policy-baseline-explain"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/baseline/",
        baseline.take,
        name="policy-baseline-take",
    ),
    path("policies/<slug:slug>/drafts/<int:number>/test/", bench.ask, name="policy-test"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/test/<int:item_id>/",
        bench.answer,
        name="policy-test-answer",
    ),
    path(
        "policies/<slug:slug>/versions/<int:number>/export/<slug:form>/",
        exports.export,
        name="policy-export",
    ),
    path("policies/<slug:slug>/compare/<int:before>...<int:after>/", pages.compare, name="policy-compare"),
    path("policies/<slug:slug>/changes/<int:number>/", change_page.change_page, name="policy-change"),
    path("policies/<slug:slug>/changes/<int:number>/submit/", changes.submit, name="policy-submit"),
    path("policies/<slug:slug>/changes/<int:number>/check/", changes.check_again, name="policy-check-again"),
    path("policies/<slug:slug>/changes/<int:number>/approve/", changes.approve, name="policy-approve"),
    path("policies/<slug:slug>/changes/<int:number>/turn-down/", changes.turn_down, name="policy-turn-down"),
    path("policies/<slug:slug>/changes/<int:number>/activate/", changes.activate, name="policy-activate"),
    path(
        "policies/<slug:slug>/changes/<int:number>/draw-again/", changes.draw_again, name="policy-draw-again"
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/backtests/", backtests.backtests, name="policy-backtests"
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/backtests/<int:backtest_id>/",
        backtests.backtest_page,
        name="policy-backtest",
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/backtests/<int:backtest_id>/stop/",
        backtests.stop,
        name="policy-backtest-stop",
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/backtests/<int:backtest_id>/table.csv",
        backtests.table_csv,
        name="policy-backtest-table",
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/backtests/<int:backtest_id>/cases/",
        backtests.cases,
        name="policy-backtest-cases",
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/backtests/<int:backtest_id>/cases/<int:ordinal>/",
        backtests.case,
        name="policy-backtest-case",
    ),
    path("policies/<slug:slug>/changes/<int:number>/take-back/", changes.take_back, name="policy-take-back"),
    path(
        "policies/<slug:slug>/changes/<int:number>/unschedule/", changes.unschedule, name="policy-unschedule"
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/stop-trial/", changes.stop_trial, name="policy-stop-trial"
    ),
    path("policies/<slug:slug>/changes/<int:number>/review/", changes.review, name="policy-review"),
    path("policies/<slug:slug>/changes/<int:number>/rebase/", rebasing.rebase_page, name="policy-rebase"),
    path(
        "policies/<slug:slug>/changes/<int:number>/comments/", change_comments.comment, name="policy-comment"
    ),
    path(
        "policies/<slug:slug>/changes/<int:number>/comments/<int:comment_id>/resolve/",
        change_comments.resolve,
        name="policy-comment-resolve",
    ),
    path("policies/<slug:slug>/versions/<int:number>/decided/", decided.decided, name="policy-decided"),
    path("policies/<slug:slug>/versions/<int:number>/", pages.version_page, name="policy-version"),
    path("policies/<slug:slug>/versions/<int:number>/rollback/", changes.rollback, name="policy-rollback"),
]
