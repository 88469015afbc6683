"""Routes of the policy screens."""

from django.urls import path

from frontend.risk import (
    changes,
    drafts,
    editor,
    exports,
    imports,
    leasing,
    listing,
    pages,
    past,
    rules,
    sections,
    table,
)

urlpatterns = [
    path("policies/", listing.policy_list, name="policies"),
    path("policies/outcomes/", past.outcomes, name="policy-outcomes"),
    path("policies/history/", past.history, name="policy-history"),
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
    path("policies/<slug:slug>/drafts/<int:number>/import/", imports.import_page, name="policy-import"),
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
