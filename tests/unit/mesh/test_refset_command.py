from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2

from mesh.commands.refset.compare import agreement_table, verdict_of
from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, SOMEBODY, FakeMesh

SUCCEEDED = inspection_pb2.Job(
    job_id=str(uuid4()),
    kind=inspection_pb2.Job.CALIBRATION,
    state=inspection_pb2.Job.SUCCEEDED,
    version=2,
    images_done=20,
    images_total=20,
)
RUNNING = inspection_pb2.Job(
    job_id=SUCCEEDED.job_id, kind=inspection_pb2.Job.CALIBRATION, state=inspection_pb2.Job.RUNNING,
    stage="taking features", images_done=5, images_total=20,
)  # fmt: skip
VERSION = inspection_pb2.Version(
    version=2,
    image_count=20,
    settings=inspection_pb2.CalibrationSettings(model="compact", size=256, mask_background=True),
    threshold=inspection_pb2.Threshold(
        value=1.25, target_false_alarm_rate=0.01, false_alarm_rate_low=0.003,
        false_alarm_rate_high=0.12, held_out_count=20, extrapolated=True,
    ),
    banks=inspection_pb2.BankChoice(count=2, explanation="The references differ in size."),
)  # fmt: skip


def refused(argus: Argus, *arguments: str) -> MeshError:
    with pytest.raises(MeshError) as caught:
        argus(*arguments)
    return caught.value


def test_a_set_is_found_by_name_on_any_page_and_by_id(fake: FakeMesh, argus: Argus) -> None:
    for name in ("tiles", "bottles", "two words"):
        fake.inspection.add_set(name)
    last = fake.inspection.sets[-1]
    for called in ("two words", last.reference_set_id, last.reference_set_id.upper()):
        assert last.reference_set_id in argus("refset", "show", called).stdout


def test_a_name_that_is_unknown_gets_the_names_that_are_close(fake: FakeMesh, argus: Argus) -> None:
    assert "argus refset create tiles" in refused(argus, "refset", "show", "tiles").advice
    for name in ("Magnetic tiles", "bottles"):
        fake.inspection.add_set(name)
    close = refused(argus, "refset", "show", "magnetic tile")
    assert str(close) == "There is no reference set `magnetic tile`."
    assert close.advice == "Did you mean `Magnetic tiles`?"
    unlike = refused(argus, "refset", "show", "xyz")
    assert unlike.advice == "The sets are `Magnetic tiles`, `bottles`."
    assert "not shared with you" in str(refused(argus, "refset", "show", str(uuid4())))


def test_a_set_gets_another_name_but_not_that_of_another(fake: FakeMesh, argus: Argus) -> None:
    found = fake.inspection.add_set("tiles")
    fake.inspection.add_set("bottles")
    assert "already have a reference set `bottles`" in str(
        refused(argus, "refset", "rename", "tiles", "bottles")
    )
    assert "called Tiles, top now" in argus("refset", "rename", "tiles", "Tiles, top").output
    assert found.display_name == "Tiles, top"
    # Its own name is not taken.
    assert argus("refset", "rename", "Tiles, top", "Tiles, top").exit_code == 0


def test_of_sets_with_one_name_the_callers_own_is_meant(fake: FakeMesh, argus: Argus) -> None:
    theirs = fake.inspection.add_set("tiles", owner=SOMEBODY)
    assert theirs.reference_set_id in argus("refset", "show", "tiles").stdout
    mine = fake.inspection.add_set("tiles")
    assert mine.reference_set_id in argus("refset", "show", "tiles").stdout
    other = fake.inspection.add_set("tiles")
    ambiguous = refused(argus, "refset", "show", "tiles")
    assert "2 reference sets are called `tiles`." in str(ambiguous)
    assert mine.reference_set_id in ambiguous.advice
    assert other.reference_set_id in ambiguous.advice
    assert theirs.reference_set_id not in ambiguous.advice


def test_a_name_is_the_callers_only_once(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles", owner=SOMEBODY)
    assert "argus refset add tiles" in argus("refset", "create", "tiles").stdout
    assert "already" in str(refused(argus, "refset", "create", "tiles"))
    listed = argus("refset", "list").stdout
    assert "shared with you" in listed
    assert "EMPTY" in listed


def test_adding_imports_files_and_adds_what_can_be_added(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    folder = Path("good")
    folder.mkdir()
    for name, content in (("a.png", IMAGE), ("b.png", IMAGE + b"b"), ("copy.png", IMAGE)):
        (folder / name).write_bytes(content)
    stored = str(uuid4())
    first = argus("refset", "add", "tiles", "good", "--image-id", stored)
    assert first.exit_code == 0
    assert "3 images added to tiles, which has 3 now." in first.stdout
    assert set(*fake.inspection.members.values()) == {stored, *fake.images.ids.values()}
    (folder / "c.png").write_bytes(IMAGE + b"c")
    (folder / "empty.png").write_bytes(b"")
    again = argus("refset", "add", "tiles", "good")
    assert again.exit_code == 1
    assert "1 image added to tiles, which has 4 now." in again.stdout
    assert "the file is empty" in again.stderr


def test_images_are_taken_out_by_file_and_by_label(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    for name in ("a.png", "b.png"):
        Path(name).write_bytes(IMAGE + name.encode())
    argus("refset", "add", "tiles", "a.png", "b.png")
    assert "1 image removed from tiles" in argus("refset", "remove", "tiles", "a.png").stdout
    argus("refset", "add", "tiles", "--label", 'line=3 "left"', "--label", "side=a")
    assert fake.images.filters[-1] == r'labels.line = "3 \"left\"" AND labels.side = "a"'
    [members] = fake.inspection.members.values()
    assert len(members) == 2
    Path("new.png").write_bytes(IMAGE + b"new")
    assert "new.png" in str(refused(argus, "refset", "remove", "tiles", "new.png"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say which images."),
        (["gone.png"], "There is no gone.png."),
        (["--image-id", "7"], "`7` is not an image id."),
        (["--label", "line"], "`line` is not a label."),
        ([".", "--label", "line=3"], "--label chooses among stored images"),
    ],
)
def test_it_must_be_clear_which_images(
    fake: FakeMesh, argus: Argus, arguments: list[str], said: str
) -> None:
    fake.inspection.add_set("tiles")
    assert said in str(refused(argus, "refset", "add", "tiles", *arguments))


def test_a_calibration_is_followed_and_its_threshold_explained(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.progress = [RUNNING, SUCCEEDED]
    fake.inspection.versions = [VERSION]
    result = argus("refset", "calibrate", "tiles")
    assert result.exit_code == 0
    assert "Version 2 is made and in use." in result.stdout
    assert (
        "threshold 1.25, target false-alarm rate 1.0 %, 95 % confidence interval of the "
        "false-alarm rate 0.30 % to 12.0 % (from 20 held-out images)" in result.stdout
    )
    assert "extrapolated" in result.stdout
    assert "It scores with two banks. The references differ in size." in result.stdout
    [request] = fake.inspection.calibrated
    assert request.target_false_alarm_rate == 0
    assert not request.HasField("settings")
    listed = argus("refset", "versions", "tiles").stdout
    assert "0.30 % to 12.0 %" in listed
    assert "two banks" in " ".join(listed.split())


def test_settings_that_are_not_given_are_as_in_the_version_in_use(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles", version=2)
    fake.inspection.versions = [inspection_pb2.Version(version=3), VERSION]
    fake.inspection.progress = [RUNNING]
    result = argus(
        "refset", "calibrate", "tiles", "--no-wait", "--scorer", "image-knn", "--augment", "none",
        "--from-scratch", "--banks", "one",
    )  # fmt: skip
    assert f"argus refset job tiles {RUNNING.job_id}" in result.stdout
    argus("refset", "calibrate", "tiles", "--no-wait", "--target", "0.1", "--no-mask-background")
    first, second = fake.inspection.calibrated
    assert first.target_false_alarm_rate == 0.01
    assert first.from_scratch
    assert first.settings == inspection_pb2.CalibrationSettings(
        scorer=inspection_pb2.CalibrationSettings.IMAGE_KNN,
        model="compact",
        size=256,
        augmentation=inspection_pb2.CalibrationSettings.NONE,
        mask_background=True,
        banks=inspection_pb2.CalibrationSettings.BANKS_ONE,
    )
    assert second.target_false_alarm_rate == 0.1
    assert second.settings == inspection_pb2.CalibrationSettings(model="compact", size=256)


def test_what_images_are_aligned_by_is_chosen_kept_and_shown(fake: FakeMesh, argus: Argus) -> None:
    rigid = inspection_pb2.CalibrationSettings.REGISTRATION_RIGID
    aligned = inspection_pb2.Version(version=2, reference_image_id="0123")
    aligned.settings.registration = rigid
    fake.inspection.add_set("tiles", version=2)
    fake.inspection.versions = [aligned]
    fake.inspection.progress = [RUNNING]
    calibrate = ("refset", "calibrate", "tiles", "--no-wait")
    argus(*calibrate, "--registration", "translation")
    argus(*calibrate, "--augment", "none")
    argus(*calibrate, "--registration", "none")
    assert [one.settings.registration for one in fake.inspection.calibrated] == [
        inspection_pb2.CalibrationSettings.REGISTRATION_TRANSLATION,
        rigid,
        inspection_pb2.CalibrationSettings.REGISTRATION_NONE,
    ]
    shown = " ".join(argus("refset", "show", "tiles").stdout.split())
    assert "Shifted and turned images are aligned to image 0123." in shown


def test_regions_of_interest_are_kept_changed_and_given_up(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles", version=2)
    fake.inspection.versions = [VERSION]
    fake.inspection.progress = [RUNNING]
    calibrate = ("refset", "calibrate", "tiles", "--no-wait")
    argus(*calibrate, "--roi", "0.1,0.1 0.9,0.1 0.5,0.9", "--roi", "0,0 1,0 0,1")
    argus(*calibrate, "--roi", "all")
    first, second = fake.inspection.calibrated
    areas = first.settings.regions_of_interest
    assert [[(p.x, p.y) for p in area.points] for area in areas] == [
        [(0.1, 0.1), (0.9, 0.1), (0.5, 0.9)],
        [(0, 0), (1, 0), (0, 1)],
    ]
    assert first.settings.model == "compact"
    assert second.settings == VERSION.settings
    wrong = refused(argus, *calibrate, "--roi", "0,0 1,1")
    assert "is not an outline" in str(wrong)
    assert "--roi" in wrong.advice


def test_a_calibration_that_fails_says_why(fake: FakeMesh, argus: Argus) -> None:
    failed = inspection_pb2.Job(
        kind=inspection_pb2.Job.CALIBRATION, state=inspection_pb2.Job.FAILED
    )
    failed.error.message = "No image can be used."
    failed.skipped.add(image_id=str(uuid4()), reason="IMAGE_NOT_FOUND", message="It was deleted.")
    fake.inspection.add_set("tiles")
    fake.inspection.progress = [RUNNING, failed]
    result = argus("refset", "calibrate", "tiles")
    assert result.exit_code == 1
    assert "The calibration failed: No image can be used." in result.stdout
    assert "IMAGE_NOT_FOUND" in result.stdout


def test_a_calibration_under_way_is_watched_or_cancelled(fake: FakeMesh, argus: Argus) -> None:
    assert "argus refset" in refused(argus, "refset", "calibrate", "x", "--cancel").advice
    fake.inspection.add_set("idle", last_calibration=SUCCEEDED)
    assert "is running" in str(refused(argus, "refset", "calibrate", "idle", "--cancel"))
    fake.inspection.add_set("tiles", last_calibration=RUNNING)
    fake.inspection.progress = [RUNNING, SUCCEEDED]
    fake.inspection.versions = [VERSION]
    assert "in use" in argus("refset", "calibrate", "tiles", "--watch").stdout
    cancelled = argus("refset", "calibrate", "tiles", "--cancel")
    assert (cancelled.exit_code, cancelled.stdout) == (0, "Cancelled.\n")
    assert not fake.inspection.calibrated
    code = grpc.StatusCode.FAILED_PRECONDITION
    fake.inspection.refusal = (code, "CALIBRATION_UNDER_WAY", "One is under way.")
    assert "--watch" in refused(argus, "refset", "calibrate", "tiles").advice


def test_leaving_a_calibration_alone_says_how_to_come_back(
    fake: FakeMesh, argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    fake.inspection.add_set("tiles")
    fake.inspection.progress = [RUNNING]
    monkeypatch.setattr("mesh.commands.refset.calibrate.follow", interrupted)
    result = argus("refset", "calibrate", "tiles")
    assert result.exit_code == 130
    assert "argus refset calibrate tiles --watch" in result.stderr
    assert "argus refset calibrate tiles --cancel" in result.stderr


def test_a_set_is_deleted_only_if_that_is_meant(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    assert argus("refset", "delete", "tiles", typed="n\n").exit_code == 1
    assert fake.inspection.sets
    assert argus("refset", "delete", "tiles", "--yes").exit_code == 0
    assert not fake.inspection.sets


def test_an_export_is_written_whole_or_not_at_all(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    assert argus("refset", "export", "tiles", "--format", "csv", "-o", "-").stdout == "file,label\n"
    argus("refset", "export", "tiles", "-o", "labels.json")
    assert Path("labels.json").read_text() == "file,label\n"
    fake.inspection.refusal = (grpc.StatusCode.INTERNAL, "INTERNAL", "It broke.")
    assert "It broke." in str(refused(argus, "refset", "export", "tiles", "-o", "other.json"))
    assert not list(Path().glob("other.json*"))


def test_a_report_is_a_page_or_a_pdf_by_the_name_of_its_file(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    for name, version in (("tiles.pdf", "0"), ("tiles.HTML", "3")):
        argus("refset", "report", "tiles", "--out", name, "--version", version)
        assert Path(name).read_text() == "file,label\n"
    assert [(one.format, one.version) for one in fake.inspection.exported] == [
        (inspection_pb2.ExportFeedbackRequest.PDF, 0),
        (inspection_pb2.ExportFeedbackRequest.HTML, 3),
    ]
    told = str(refused(argus, "refset", "report", "tiles", "--out", "tiles.docx"))
    assert "neither .pdf nor .html" in told
    assert not Path("tiles.docx").exists()


def test_a_version_is_exported_under_the_name_of_an_offline_file(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    argus("refset", "export", "tiles", "--version", "3", "--out", "part.argus")
    assert Path("part.argus").read_text() == "version 3"
    assert argus("refset", "export", "tiles", "--format", "offline", "-o", "-").stdout == (
        "version 0"
    )
    advice = refused(argus, "refset", "export", "tiles", "--version", "3", "-o", "x.json").advice
    assert "-o part.argus" in advice


def test_people_are_named_by_id_or_address(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    for arguments in (["anna@example.org"], []):
        assert "--email" in refused(argus, "refset", "share", "tiles", *arguments).advice


def test_a_comparison_claims_no_more_than_it_shows() -> None:
    def said(a: int, b: int, p: float) -> str:
        answer = inspection_pb2.Comparison(only_a_right=a, only_b_right=b, p_value=p)
        return verdict_of(answer, 1, 2)

    assert said(0, 0, 1.0) == "Both give the same verdict on every image."
    assert said(3, 3, 1.0).startswith("Neither is better")
    assert said(1, 9, 0.021).startswith("Version 2 is right more often: ")
    assert "may be chance" in said(5, 2, 0.45)


def test_what_was_never_counted_has_no_share() -> None:
    agreement = inspection_pb2.Agreement(
        true_negatives=8,
        false_positives=2,
        false_alarm_rate=inspection_pb2.Proportion(value=0.2, low=0.057, high=0.51),
    )
    table = agreement_table({"version 1": agreement})
    cells = dict(zip(*(column.cells for column in table.columns), strict=True))
    assert cells["defects found (recall)"] == "–"
    assert cells["area under the ROC curve"] == "–"
    assert cells["false alarms among normal images"] == "20.0 % (5.7 % to 51.0 %)"
    assert cells["normal images passed / rejected"] == "8 / 2"
