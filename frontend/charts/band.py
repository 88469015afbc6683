"""A score on a straight line with the lender's thresholds, and the sentence that says the distance. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PAD_SHARE = (
    0.55  # of the span between the outermost marks, on either side, so that no mark stands at the edge
)
PAD_POINTS_MIN = 25
MINI_POINTS = 60  # on either side of the thresholds


@dataclass(frozen=True, slots=True)
class Segment:
    """One band: from `x` over `width`, both in per cent of the line."""

    word: str
    tone: str
    x: float
    width: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True, slots=True)
class Tick:
    """A threshold: where it stands, its number, and the tone of the band it opens."""

    value: int
    x: float


@dataclass(frozen=True, slots=True)
class Band:
    """`marker` is where the score stands, in per cent. `now_approve` is the threshold in force today, where it differs."""

    score: int
    segments: tuple[Segment, ...]
    ticks: tuple[Tick, ...]
    marker: float
    sentence: str
    now_approve: Tick | None
    now_sentence: str


def band(
    *,
    score: int,
    refer: int,
    approve: int,
    approve_now: int | None = None,
    window: tuple[float, float] | None = None,
) -> Band:
    """Lay out the line. `refer` equal to `approve` means that there is no review band.

    `approve_now` is the approve threshold of the version in force today; given only where it differs it is drawn as a
    second, hollow mark. `window` fixes the ends of the line; without it they leave room around every mark.
    """
    differs = approve_now is not None and approve_now != approve
    marks = [score, refer, approve, *([approve_now] if differs and approve_now is not None else [])]
    pad = max(PAD_POINTS_MIN, (max(marks) - min(marks)) * PAD_SHARE)
    low, high = window or (min(marks) - pad, max(marks) + pad)

    def x(value: float) -> float:
        return round((value - low) / (high - low) * 100, 2)

    bands = [
        ("Decline", "decline", low, refer),
        ("Review", "refer", refer, approve),
        ("Approve", "approve", approve, high),
    ]
    return Band(
        score=score,
        segments=tuple(
            Segment(word, tone, x(a), round(x(b) - x(a), 2)) for word, tone, a, b in bands if b > a
        ),
        ticks=tuple(Tick(value, x(value)) for value in sorted({refer, approve})),
        marker=x(score),
        sentence=distance(score=score, refer=refer, approve=approve),
        now_approve=Tick(approve_now, x(approve_now)) if differs and approve_now is not None else None,
        now_sentence=f"The policy in force now approves from {approve_now}." if differs else "",
    )


def mini(*, score: int, refer: int, approve: int) -> Band:
    """The same line in a window that is the same for every score, so that the rows of a list can be compared by eye."""
    low, high = refer - MINI_POINTS, approve + MINI_POINTS
    inside = min(max(score, low + 2), high - 2)
    return band(score=inside, refer=refer, approve=approve, window=(low, high))


def distance(*, score: int, refer: int, approve: int) -> str:
    """`628, 12 points short of approve`: the distance to the nearest threshold that would change the outcome."""
    if score >= approve:
        return (
            f"{score}, {_points(score - approve)} above the approve line"
            if score > approve
            else f"{score}, exactly on the approve line"
        )
    if score >= refer:
        return f"{score}, {_points(approve - score)} short of approve"
    nearest = "review" if refer < approve else "approve"
    return f"{score}, {_points(refer - score)} short of {nearest}"


def _points(number: int) -> str:
    return f"{number} point" if number == 1 else f"{number} points"
