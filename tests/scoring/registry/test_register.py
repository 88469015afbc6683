"""What is admitted as a model, and what is not."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring.registry.bundle import BundleUnreadable, ModelBundle, Pool, read_bundle, write_bundle
from scoring.registry.manifest import sha256_of
from scoring.registry.register import ModelNotAdmitted, check_bundle, check_reasons, register_model
from tests.factories.lending import make_lender, make_product
from tests.scoring.models import SPECS, bundle_of, small_bundle, small_text, train_text
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ModelState
from underwriting.models import AuditEntry, ModelVersion, ReferencePool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def _with_text(text: str) -> ModelBundle:
    """The small bundle under another text, whose length and hash the manifest then states."""
    bundle = small_bundle()
    manifest = replace(bundle.manifest, text_sha256=sha256_of(text), text_bytes=len(text.encode()))
    return replace(bundle, text=text, manifest=manifest)


def _complaint(bundle: ModelBundle) -> str:
    with pytest.raises(ModelNotAdmitted) as refusal:
        check_bundle(bundle)
    return str(refusal.value)


@pytest.mark.django_db
def test_a_new_champion_is_stored_with_its_pool_and_retires_the_one_before() -> None:
    lender = make_lender()
    make_product(lender)
    first = register_model(
        lender_id=lender.pk,
        bundle=small_bundle(),
        actor=SYSTEM,
        now=NOW,
        state=ModelState.CHAMPION,
    )
    second_bundle = bundle_of(train_text(learning_rate=0.2), version="2")

    second = register_model(
        lender_id=lender.pk,
        bundle=second_bundle,
        actor=SYSTEM,
        now=NOW,
        state=ModelState.CHAMPION,
    )

    states = dict(ModelVersion.objects.values_list("version", "state"))
    pool = ReferencePool.objects.get(model_version=second)
    assert states == {"1": "RETIRED", "2": "CHAMPION"}
    assert (second.text, second.text_sha256) == (second_bundle.text, sha256_of(second_bundle.text))
    assert (pool.rows, pool.points, pool.sha256) == (
        second_bundle.pool.rows,
        second_bundle.pool.points,
        second_bundle.pool.sha256,
    )
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.before, entry.object_id) == (
        "model.registered",
        {"champion": str(first)},
        str(second.pk),
    )


@pytest.mark.django_db
def test_the_same_bundle_again_is_the_same_row() -> None:
    lender = make_lender()
    first = register_model(
        lender_id=lender.pk,
        bundle=small_bundle(),
        actor=SYSTEM,
        now=NOW,
        state=ModelState.SHADOW,
    )

    again = register_model(
        lender_id=lender.pk,
        bundle=small_bundle(),
        actor=SYSTEM,
        now=NOW,
        state=ModelState.CHAMPION,
    )

    assert (again.pk, again.state, ModelVersion.objects.count()) == (first.pk, "CHAMPION", 1)


@pytest.mark.django_db
def test_another_content_under_a_known_version_is_refused() -> None:
    lender = make_lender()
    register_model(
        lender_id=lender.pk,
        bundle=small_bundle(),
        actor=SYSTEM,
        now=NOW,
        state=ModelState.SHADOW,
    )
    other = bundle_of(train_text(learning_rate=0.2))

    with pytest.raises(ModelNotAdmitted, match="with another content"):
        register_model(lender_id=lender.pk, bundle=other, actor=SYSTEM, now=NOW, state=ModelState.SHADOW)


@pytest.mark.django_db
def test_a_product_with_another_reference_rate_refuses_the_model() -> None:
    lender = make_lender()
    make_product(lender, reference_rate_bps=900)

    with pytest.raises(ModelNotAdmitted, match="trained with instalments at 1200 basis points"):
        register_model(
            lender_id=lender.pk,
            bundle=small_bundle(),
            actor=SYSTEM,
            now=NOW,
            state=ModelState.CHAMPION,
        )

    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_a_model_with_an_input_that_no_reason_speaks_about_is_refused() -> None:
    lender = make_lender()
    make_product(lender)
    bundle = small_bundle()
    first, *others = bundle.manifest.features
    manifest = replace(bundle.manifest, features=(replace(first, fact="bureau_score", monotone=-1), *others))

    with pytest.raises(
        ModelNotAdmitted, match=f"{first.name}: no enabled reason code speaks about bureau_score"
    ):
        check_reasons(manifest, lender_id=lender.pk)


def test_length_and_hash_are_compared_before_anything_is_opened() -> None:
    bundle = small_bundle()

    assert "another length" in _complaint(replace(bundle, text=bundle.text[:-1]))
    assert "another hash" in _complaint(
        replace(bundle, text=bundle.text.replace("leaf_value", "leaf_xalue", 1))
    )


def test_a_text_cut_in_half_kills_only_the_child_that_opens_it() -> None:
    text = small_text()

    complaint = _complaint(_with_text(text[: len(text) // 2]))

    assert re.search(r"the text is damaged|LightGBM cannot read|not the same text", complaint)


def test_a_child_that_dies_with_bytes_of_no_encoding_is_a_damaged_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nprintf '\\324\\n' >&2\nexit 134\n")
    dying.chmod(0o755)
    monkeypatch.setattr("scoring.registry.register.sys.executable", str(dying))

    assert "the text is damaged" in _complaint(small_bundle())


def test_a_line_that_lightgbm_skips_in_silence_is_found() -> None:
    text = small_text()

    assert "not the same text" in _complaint(
        _with_text(text.replace("version=v4", "version=v4\nnote=hidden", 1))
    )


def test_a_model_that_moves_against_its_sign_is_refused() -> None:
    bundle = bundle_of(train_text(signs=(0, 0, 0, 0), reverse=True))

    assert re.search(r"requested_amount: the margin moves against its sign", _complaint(bundle))


def test_linear_and_categorical_trees_are_refused() -> None:
    linear = bundle_of(train_text(signs=(0, 0, 0, 0), linear_tree=True))
    categorical = bundle_of(
        train_text(
            signs=(0, 0, 0, 0),
            categorical_feature=[3],
            min_data_per_group=1,
            cat_smooth=1,
            max_cat_to_onehot=1,
        )
    )

    assert "linear trees" in _complaint(linear)
    assert "splits on categories" in _complaint(categorical)


def test_a_model_whose_explanation_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explanations.attribution.layout.MOST_TABLE_BYTES", 1 << 10)

    assert "the tables of its explanation would take more than" in _complaint(small_bundle())


def test_a_pool_that_is_small_changed_or_of_other_columns_is_refused() -> None:
    bundle = small_bundle()
    pool = bundle.pool
    few = Pool(pool.columns, pool.rows[:2_999], pool.points[:2_999])
    shifted = Pool(pool.columns, pool.rows, [points + 1 for points in pool.points])
    renamed = Pool(("x", *pool.columns[1:]), pool.rows, pool.points)

    assert "at least 3000 are needed" in _complaint(replace(bundle, pool=few))
    assert "another hash" in _complaint(replace(bundle, pool=shifted))
    assert "columns of the reference pool" in _complaint(replace(bundle, pool=renamed))
    manifest = replace(bundle.manifest, pool={"sha256": shifted.sha256})
    assert "are not those of the model" in _complaint(replace(bundle, pool=shifted, manifest=manifest))


def test_a_bundle_is_the_same_bytes_each_time_and_comes_back_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_bundle(small_bundle(), tmp_path / name)

    assert [p.read_bytes() for p in sorted((tmp_path / "a").iterdir())] == [
        p.read_bytes() for p in sorted((tmp_path / "b").iterdir())
    ]
    again = read_bundle(tmp_path / "a")
    assert (again.text, again.manifest, again.card, again.pool.sha256) == (
        small_bundle().text, small_bundle().manifest, small_bundle().card, small_bundle().pool.sha256
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"{"),
        ("manifest.json", b'{"name": "x"}'),
        ("pool.json.gz", b"no gzip"),
        ("pool.json.gz", gzip.compress(b"[]", mtime=0)),  # the moment would be in the name of the test
    ],
)
def test_a_folder_with_a_broken_file_is_refused_by_the_file_s_name(
    tmp_path: Path, name: str, content: bytes
) -> None:
    write_bundle(small_bundle(), tmp_path)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BundleUnreadable, match=name):
        read_bundle(tmp_path)


def test_a_folder_without_a_model_text_is_refused(tmp_path: Path) -> None:
    write_bundle(small_bundle(), tmp_path)
    (tmp_path / "model.txt").unlink()

    with pytest.raises(BundleUnreadable, match=r"model\.txt is missing"):
        read_bundle(tmp_path)


def test_the_committed_model_is_admitted_and_small(settings: object) -> None:
    folder = Path(__file__).resolve().parents[3] / "scoring" / "models" / "harbour"
    bundle = read_bundle(folder)

    check_bundle(bundle)

    assert (
        sum((folder / name).stat().st_size for name in ("model.txt", "manifest.json", "card.md")) < 1_500_000
    )
    assert bundle.manifest.data["data_set"] == "lending_club_2007_2011"
    assert bundle.manifest.pool["kind"] == "generated people"
    assert json.loads((folder / "manifest.json").read_text())["text_sha256"] == sha256_of(bundle.text)
    assert {spec.name: spec.monotone for spec in bundle.manifest.features}["requested_amount"] == 1
    assert len(SPECS) < len(bundle.manifest.features)
