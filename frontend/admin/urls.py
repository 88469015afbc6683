"""Routes of the administration screens, and of the invitation that an administrator hands out."""

from django.urls import path

from frontend.admin import (
    invitations,
    keys,
    lender,
    overview,
    people,
    personal_data,
    phrases,
    reasons,
    wording,
)

urlpatterns = [
    path("admin-area/", overview.overview, name="admin"),
    path("admin-area/users/", people.people, name="admin-people"),
    path("admin-area/users/<uuid:person_id>/", people.person, name="admin-person"),
    path("admin-area/users/<uuid:person_id>/suspension/", people.suspension, name="admin-suspension"),
    path("admin-area/users/<uuid:person_id>/invitation/", people.new_invitation, name="admin-new-invitation"),
    path(
        "admin-area/users/<uuid:person_id>/second-step-reset/",
        people.second_step_reset,
        name="admin-second-step-reset",
    ),
    path("admin-area/roles/", overview.roles, name="admin-roles"),
    path("admin-area/keys/", keys.keys, name="admin-keys"),
    path("admin-area/keys/clients/", keys.add_client, name="admin-add-client"),
    path("admin-area/keys/clients/<slug:code>/new-key/", keys.new_key, name="admin-new-key"),
    path("admin-area/keys/<slug:prefix>/revocation/", keys.revocation, name="admin-revocation"),
    path("admin-area/lenders/", lender.settings, name="admin-lender"),
    path("admin-area/holidays/", lender.holidays, name="admin-holidays"),
    path("admin-area/holidays/<int:holiday_id>/removal/", lender.remove, name="admin-remove-holiday"),
    path("admin-area/phrases/", phrases.phrases, name="admin-phrases"),
    path("admin-area/phrases/<int:phrase_id>/removal/", phrases.remove, name="admin-remove-phrase"),
    path("admin-area/personal-data/", personal_data.personal_data, name="admin-personal-data"),
    path(
        "admin-area/personal-data/<uuid:application_id>/hold/", personal_data.hold, name="admin-personal-hold"
    ),
    path(
        "admin-area/personal-data/<uuid:application_id>/erasure/",
        personal_data.erasure,
        name="admin-personal-erasure",
    ),
    path(
        "admin-area/personal-data/<uuid:application_id>/export/",
        personal_data.export,
        name="admin-personal-export",
    ),
    path("admin-area/reasons/", reasons.library, name="admin-reasons"),
    path("admin-area/reasons/own-wording/", wording.wording, name="admin-wording"),
    path("admin-area/reasons/own-wording/submit/", wording.submit, name="admin-wording-submit"),
    path("admin-area/reasons/own-wording/discard/", wording.discard, name="admin-wording-discard"),
    path("admin-area/reasons/own-wording/approve/", wording.approve, name="admin-wording-approve"),
    path("admin-area/reasons/own-wording/send-back/", wording.send_back, name="admin-wording-send-back"),
    path("admin-area/reasons/<slug:code>/", reasons.code_page, name="admin-reason"),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
]
