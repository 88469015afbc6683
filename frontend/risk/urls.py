"""Routes of the policy screens."""

from django.urls import path

from frontend.risk import baseline, bench, changes, drafts, exports, imports, pages, rules

urlpatterns = [
    path("policies/", pages.policy_list, name="policies"),
    path("policies/<slug:slug>/", pages.policy_page, name="policy"),
    path("policies/<slug:slug>/drafts/", drafts.new_draft, name="policy-new-draft"),
    path("policies/<slug:slug>/drafts/<int:number>/edit/", drafts.editor, name="policy-draft"),
    path(
        "policies/<slug:slug>/drafts/<int:number>/edit/<slug:section>/",
        drafts.save_section,
        name="policy-section",
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
    path("policies/<slug:slug>/changes/<int:number>/", changes.change_page, name="policy-change"),
    path("policies/<slug:slug>/changes/<int:number>/submit/", changes.submit, name="policy-submit"),
    path("policies/<slug:slug>/changes/<int:number>/approve/", changes.approve, name="policy-approve"),
    path("policies/<slug:slug>/changes/<int:number>/turn-down/", changes.turn_down, name="policy-turn-down"),
    path("policies/<slug:slug>/changes/<int:number>/activate/", changes.activate, name="policy-activate"),
    path(
        "policies/<slug:slug>/changes/<int:number>/draw-again/", changes.draw_again, name="policy-draw-again"
    ),
    path("policies/<slug:slug>/versions/<int:number>/", pages.version_page, name="policy-version"),
    path("policies/<slug:slug>/versions/<int:number>/rollback/", changes.rollback, name="policy-rollback"),
]
