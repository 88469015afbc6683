"""Routes of the review desk."""

from django.urls import path, register_converter

from frontend.operations import (
    asking,
    assessing,
    assigning,
    case,
    claims,
    conditions,
    deciding,
    documents,
    fact_sheet,
    home,
    letters,
    moving,
    notes,
    queue,
    reviewing,
    saving,
    searching,
    second_look,
    tagging,
    team,
    viewer,
    watching,
)
from frontend.operations.drafts import FORMS


class CaseNumberConverter:
    """`C-20418` in an address is the number 20418."""

    regex = "C-[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        return int(value.removeprefix("C-"))

    def to_url(self, value: object) -> str:
        return f"C-{str(value).removeprefix('C-')}"


class PanelConverter:
    regex = "approve|counteroffer|decline"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CaseNumberConverter, "case")


class NoticeStepConverter(PanelConverter):
    regex = "send|again"


class DraftConverter(PanelConverter):
    """Every form whose text is kept while it is typed."""

    regex = "|".join(FORMS)


register_converter(PanelConverter, "panel")
register_converter(DraftConverter, "draft")
register_converter(NoticeStepConverter, "step")

urlpatterns = [
    path("", home.home, name="home"),
    path("letters/", letters.letters, name="letters"),
    path("letters/reasons/", letters.reasons, name="letter-reasons"),
    path("letters/<uuid:mail_id>/letter/", letters.letter, name="letter"),
    path("letters/<uuid:mail_id>/posted/", letters.posted, name="letter-posted"),
    path("queue/", queue.queue, name="queue"),
    path("queue/next/", queue.take_next_case, name="queue-next"),
    path("queue/search/", searching.search, name="queue-search"),
    path("queue/views/", saving.save_as_new, name="queue-views"),
    path("queue/views/<int:key>/", saving.save, name="queue-view"),
    path("queue/views/<int:key>/delete/", saving.delete, name="queue-view-delete"),
    path("team/", team.team, name="team"),
    path("team/skills/", team.skills, name="team-skills"),
    path("queue/assign/", assigning.assign, name="queue-assign"),
    path("queue/assigned/<uuid:batch>/", assigning.assigned, name="queue-assigned"),
    path("cases/<case:number>/", case.case, name="case"),
    path("cases/<case:number>/claim/", claims.claim, name="case-claim"),
    path("cases/<case:number>/release/", claims.release, name="case-release"),
    path("cases/<case:number>/heartbeat/", claims.heartbeat, name="case-heartbeat"),
    path("cases/<case:number>/draft/<draft:outcome>/", claims.draft, name="case-draft"),
    path("cases/<case:number>/decide/<panel:outcome>/", deciding.decide, name="case-decide"),
    path(
        "cases/<case:number>/decide/decline/preview/", deciding.decline_preview, name="case-decline-preview"
    ),
    path("cases/<case:number>/decide/counteroffer/terms/", deciding.terms, name="case-terms"),
    path("cases/<case:number>/second-look/", second_look.second_look, name="case-second-look"),
    path("cases/<case:number>/assess-again/", assessing.assess_again, name="case-assess-again"),
    path("cases/<case:number>/own-answer/", reviewing.own_answer, name="case-own-answer"),
    path("cases/<case:number>/correct/", reviewing.correct, name="case-correct"),
    path("cases/<case:number>/condition/", conditions.condition, name="case-condition"),
    path("cases/<case:number>/wait/", conditions.wait, name="case-wait"),
    path("cases/<case:number>/notice/<step:what>/", reviewing.notice, name="case-notice"),
    path("cases/<case:number>/ask/", asking.ask, name="case-ask"),
    path("cases/<case:number>/ask/preview/", asking.ask_preview, name="case-ask-preview"),
    path("cases/<case:number>/escalate/", moving.escalate, name="case-escalate"),
    path("cases/<case:number>/skip/", moving.skip, name="case-skip"),
    path("cases/<case:number>/snooze/", moving.snooze, name="case-snooze"),
    path("cases/<case:number>/give/", moving.give, name="case-give"),
    path("cases/<case:number>/due/", moving.due, name="case-due"),
    path("cases/<case:number>/reopen/", moving.reopen, name="case-reopen"),
    path("cases/<case:number>/tags/", tagging.tags, name="case-tags"),
    path("cases/<case:number>/watch/", watching.watch, name="case-watch"),
    path("cases/<case:number>/freed/", watching.freed, name="case-freed"),
    path("cases/<case:number>/messages/", reviewing.message, name="case-message"),
    path("cases/<case:number>/notes/", notes.write, name="case-notes"),
    path("cases/<case:number>/notes/draft/", notes.draft, name="case-note-draft"),
    path("cases/<case:number>/notes/people/", notes.people, name="case-note-people"),
    path("cases/<case:number>/notes/<int:note_id>/", notes.change, name="case-note"),
    path("mentions/<int:mention_id>/", notes.mention, name="mention"),
    path("cases/<case:number>/documents/<uuid:document_id>/", viewer.document, name="case-document"),
    path("cases/<case:number>/documents/<uuid:document_id>/file/", documents.file, name="case-document-file"),
    path("cases/<case:number>/documents/<uuid:document_id>/page/", documents.page, name="case-document-page"),
    path(
        "cases/<case:number>/documents/<uuid:document_id>/verify/", viewer.verify, name="case-document-verify"
    ),
    path("cases/<case:number>/undo/", deciding.undo, name="case-undo"),
    path("cases/<case:number>/explain/", case.explain, name="case-explain"),
    path("cases/<case:number>/facts/<slug:fact>/", fact_sheet.fact_sheet, name="case-fact"),
    path("cases/<case:number>/advice/", case.advice, name="case-advice"),
]
