"""A model card out of the manifest: what it is for, what it saw, how well it does, where it ends. Markdown."""

from __future__ import annotations

from scoring.registry.manifest import Manifest
from scoring.training.mapping import DataMapping


def model_card(manifest: Manifest, mapping: DataMapping) -> str:
    sections = (
        _head(manifest, mapping),
        _data(manifest),
        _figures(manifest),
        _points(manifest),
        _columns(manifest),
        _limits(manifest),
    )
    return "\n".join(sections)


def _head(manifest: Manifest, mapping: DataMapping) -> str:
    return (
        f"# {manifest.name}, {manifest.version}\n\n"
        f"For lender `{mapping.lender}`. Estimates the probability of default {manifest.horizon}. Default means: {mapping.bad_means}\n\n"
        f"Boosted trees (LightGBM {manifest.training['lightgbm']}): {manifest.training['rounds']} rounds, at most "
        f"{manifest.training['num_leaves']} leaves and depth {manifest.training['max_depth']}, seed {manifest.seed}. "
        f"Text {manifest.text_bytes:,} bytes, SHA-256 `{manifest.text_sha256}`.\n"
    )


def _data(manifest: Manifest) -> str:
    data = manifest.data
    lines = [
        "## Data\n",
        (
            f"{data['train_rows']:,} training and {data['test_rows']:,} test rows, {data['kind']} ({data['data_set']}), "
            f"SHA-256 `{data['sha256']}`. Bad rate in training {data['train_bad_rate']:.1%}."
        ),
    ]
    if data["stated_bad_rate"] is not None:
        lines.append(
            f"\nThe sample has more bads than the portfolio: log-odds are shifted by {manifest.prior_shift:+.4f} to the bad "
            f"rate that the lender states, {data['stated_bad_rate']:.1%}."
        )
    if data.get("columns_refused"):
        lines.append("\nColumns refused:\n")
        lines += [f"* `{column}` ({why})" for column, why in data["columns_refused"].items()]
    return "\n".join(lines) + "\n"


def _figures(manifest: Manifest) -> str:
    m = manifest.metrics
    low, high = m["test_auc_interval"]
    return (
        "## Figures on test rows\n\n"
        f"Area under the curve {m['test_auc']:.4f} (95 % bootstrap {low:.4f} to {high:.4f}). Bad rate {m['test_bad_rate']:.1%}, mean "
        f"probability {m['test_mean_probability']:.1%}, calibration error {m['test_calibration_error']:.2%} over ten bins, before the prior is corrected.\n"
    )


def _points(manifest: Manifest) -> str:
    pool = manifest.pool
    quantiles = ", ".join(f"{float(share):.0%}: {score}" for share, score in pool["score_quantiles"].items())
    return (
        "## Points\n\n"
        f"points = {manifest.points_offset:g} - {manifest.points_to_double_odds:g} / ln 2 * log-odds, log-odds = "
        f"{manifest.platt_slope:.6f} * margin {manifest.platt_intercept:+.6f} {manifest.prior_shift:+.6f}. {manifest.points_offset:g} points are odds of 1 to 1; "
        f"every {manifest.points_to_double_odds:g} points halve the odds of default. The score is the points rounded down.\n\n"
        f"Reference pool: {pool['people']:,} {pool['kind']}. Scores by share of the pool: {quantiles}.\n"
    )


def _columns(manifest: Manifest) -> str:
    words = {1: "risk rises", -1: "risk falls", 0: "free"}
    lines = ["## Inputs\n", "| column | fact | as it rises |", "| --- | --- | --- |"]
    lines += [f"| `{spec.name}` | `{spec.fact}` | {words[spec.monotone]} |" for spec in manifest.features]
    signs = manifest.training["signs"]
    if signs:
        lines.append("\nSigns other than the catalogue's:\n")
        lines += [f"* `{fact}` {why}" for fact, why in signs.items()]
    return "\n".join(lines) + "\n"


def _limits(manifest: Manifest) -> str:
    rate = manifest.reference_rate_bps
    lines = [
        "## Limits\n",
        "* No protected attribute, place of residence or third party's score is an input; effects on groups are measured apart.",
        "* Trained on people who were granted credit: it says less about people unlike them.",
        "* NEVER counts as the safe end of an input with a sign; UNKNOWN and NOT_ASKED are missing values.",
        "* Materiality, validation triggers and limits follow the lender's model risk policy (in the US: SR 26-2).",
    ]
    if rate is not None:
        lines.append(
            f"* Instalments were computed at {rate / 100:g} % a year: the product's reference rate has to be the same."
        )
    if manifest.data["kind"] == "generated":
        lines.append("* Trained on invented people: fit to show the product, not to lend.")
    return "\n".join(lines) + "\n"
