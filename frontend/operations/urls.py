"""Routes of the review desk."""

from django.urls import path, register_converter

from frontend.operations import (
    assessing,
    case,
    claims,
    deciding,
    documents,
    fact_sheet,
    home,
    letters,
    notes,
    queue,
    reviewing,
)


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


register_converter(PanelConverter, "panel")
register_converter(NoticeStepConverter, "step")

urlpatterns = [
    path("", home.home, name="home"),
    path("letters/", letters.letters, name="letters"),
    path("letters/reasons/", letters.reasons, name="letter-reasons"),
    path("letters/<uuid:mail_id>/letter/", letters.letter, name="letter"),
    path("letters/<uuid:mail_id>/posted/", letters.posted, name="letter-posted"),
    path("queue/", queue.queue, name="queue"),
    path("queue/next/", queue.take_next_case, name="queue-next"),
    path("cases/<case:number>/", case.case, name="case"),
    path("cases/<case:number>/claim/", claims.claim, name="case-claim"),
    path("cases/<case:number>/release/", claims.release, name="case-release"),
    path("cases/<case:number>/heartbeat/", claims.heartbeat, name="case-heartbeat"),
    path("cases/<case:number>/draft/<panel:outcome>/", claims.draft, name="case-draft"),
    path("cases/<case:number>/decide/<panel:outcome>/", deciding.decide, name="case-decide"),
    path(
        "cases/<case:number>/decide/decline/preview/", deciding.decline_preview, name="case-decline-preview"
    ),
    path("cases/<case:number>/assess-again/", assessing.assess_again, name="case-assess-again"),
    path("cases/<case:number>/own-answer/", reviewing.own_answer, name="case-own-answer"),
    path("cases/<case:number>/correct/", reviewing.correct, name="case-correct"),
    path("cases/<case:number>/notice/<step:what>/", reviewing.notice, name="case-notice"),
    path("cases/<case:number>/messages/", reviewing.message, name="case-message"),
    path("cases/<case:number>/notes/", notes.write, name="case-notes"),
    path("cases/<case:number>/notes/draft/", notes.draft, name="case-note-draft"),
    path("cases/<case:number>/notes/people/", notes.people, name="case-note-people"),
    path("cases/<case:number>/notes/<int:note_id>/", notes.change, name="case-note"),
    path("mentions/<int:mention_id>/", notes.mention, name="mention"),
    path("cases/<case:number>/documents/<uuid:document_id>/", documents.document, name="case-document"),
    path("cases/<case:number>/undo/", deciding.undo, name="case-undo"),
    path("cases/<case:number>/explain/", case.explain, name="case-explain"),
    path("cases/<case:number>/facts/<slug:fact>/", fact_sheet.fact_sheet, name="case-fact"),
    path("cases/<case:number>/advice/", case.advice, name="case-advice"),
]
