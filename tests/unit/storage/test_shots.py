"""What is found in a video: shots, key frames, and why some are of no use."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.storage.videos.bounds import Bounds
from services.storage.videos.containers import sniff
from services.storage.videos.shots import Found, Unusable, take_apart
from tests.support.videos import encoded_video, moving, scene, shots, turned

BOUNDS = Bounds(max_us=60_000_000, max_pixels=4_000_000, min_side=8, threads=1)


def found(content: bytes, folder: Path, *, most: int = 50, bounds: Bounds = BOUNDS) -> Found:
    container = sniff(content)
    assert container is not None
    return take_apart(
        io.BytesIO(content),
        folder,
        demuxer=container.demuxer,
        most=most,
        bounds=bounds,
        tell=lambda _: None,
    )


def times_s(video: Found) -> list[tuple[float, float]]:
    """Where shots begin and end, in tenths of a second."""
    return [(round(one.start_us / 1e6, 1), round(one.end_us / 1e6, 1)) for one in video.kept]


def shows(folder: Path, name: str, seed: int) -> float:
    """How much a key frame is like any moment of a scene; 1 is the same."""
    picture = np.asarray(Image.open(folder / name), float)
    moments = [np.corrcoef(picture.ravel(), one.ravel())[0, 1] for one in moving(seed, 80)]
    return float(max(moments))


@pytest.mark.parametrize("kind", ["mp4", "webm", "avi", "mpegts"])
def test_each_shot_has_one_key_frame_of_itself(kind: str, tmp_path: Path) -> None:
    video = found(encoded_video(shots(20, 15, 25), kind=kind), tmp_path)
    assert (video.shots, video.width, video.height, video.damaged) == (3, 160, 96, False)
    assert times_s(video) == [(0, 2), (2, 3.5), (3.5, 6)]
    for seed, one in enumerate(video.kept):
        assert one.start_us <= one.at_us < one.end_us
        assert shows(tmp_path, one.name, seed) > 0.9
        assert shows(tmp_path, one.name, seed + 1) < 0.8


def test_of_more_shots_than_wanted_the_longest_are_kept_in_their_order(tmp_path: Path) -> None:
    video = found(encoded_video(shots(20, 8, 25, 9, 30)), tmp_path, most=3)
    assert video.shots == 5
    assert times_s(video) == [(0, 2), (2.8, 5.3), (6.2, 9.2)]
    assert {one.name for one in tmp_path.iterdir()} == {one.name for one in video.kept}


def test_times_are_those_at_which_pictures_are_shown(tmp_path: Path) -> None:
    times_ms = [*range(0, 3000, 300), *range(3000, 4000, 50)]
    content = encoded_video(shots(10, 20), times_ms=times_ms, kind="webm")
    video = found(content, tmp_path)
    assert [start for start, _ in times_s(video)] == pytest.approx([0, 3.0], abs=0.01)


def test_a_turned_video_is_shown_upright(tmp_path: Path) -> None:
    content = turned(encoded_video([scene(1)] * 5, kind="mp4"))
    video = found(content, tmp_path)
    assert (video.width, video.height) == (96, 160)
    picture = np.asarray(Image.open(tmp_path / video.kept[0].name), float)
    assert picture.shape == (160, 96, 3)
    assert np.corrcoef(picture.ravel(), np.rot90(scene(1), -1).ravel())[0, 1] > 0.95


def test_one_picture_is_a_video_of_one_shot(tmp_path: Path) -> None:
    video = found(encoded_video([scene(1)]), tmp_path)
    assert (video.shots, len(video.kept), video.kept[0].at_us) == (1, 1, 0)
    assert video.duration_us == pytest.approx(100_000, abs=2_000)


def test_a_video_whose_end_is_missing_keeps_what_is_there_and_says_so(tmp_path: Path) -> None:
    content = encoded_video(shots(40, 40, 40), kind="avi")
    video = found(content[: len(content) // 2], tmp_path)
    assert video.damaged
    assert 1 <= video.shots < 3


def test_changed_bytes_cost_pictures_and_no_more(tmp_path: Path) -> None:
    content = bytearray(encoded_video(shots(20, 20, 20)))
    rng = np.random.default_rng(1)
    # Behind the head, without which nothing is known of the pictures.
    for place in rng.integers(2000, len(content), 20):
        content[place] ^= 0xFF
    video = found(bytes(content), tmp_path)
    assert video.kept
    assert video.duration_us > 3_000_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encoded_video([], with_sound=True), "VIDEO_UNREADABLE"),
        (encoded_video(shots(20), kind="mp4")[:-2000], "VIDEO_UNREADABLE"),
        (encoded_video(shots(20))[:300], "VIDEO_UNREADABLE"),
    ],
    ids=["only sound", "without its index", "only a head"],
)
def test_what_has_no_pictures_says_so(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Unusable) as caught:
        found(content, tmp_path)
    assert caught.value.reason == reason


def test_limits_are_kept(tmp_path: Path) -> None:
    content = encoded_video(shots(20))
    for bounds, reason in (
        (Bounds(1_000_000, 4_000_000, 8, 1), "VIDEO_TOO_LONG"),
        (Bounds(60_000_000, 15_000, 8, 1), "TOO_MANY_PIXELS"),
        (Bounds(60_000_000, 4_000_000, 100, 1), "IMAGE_TOO_SMALL"),
    ):
        with pytest.raises(Unusable) as caught:
            found(content, tmp_path, bounds=bounds)
        assert caught.value.reason == reason


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


def test_a_playlist_is_no_video_whatever_reads_it(tmp_path: Path) -> None:
    assert sniff(PLAYLIST) is None
    for demuxer in ("hls", "concat", "mov", "matroska"):
        with pytest.raises(Unusable):
            take_apart(
                io.BytesIO(PLAYLIST),
                tmp_path,
                demuxer=demuxer,
                most=5,
                bounds=BOUNDS,
                tell=lambda _: None,
            )


@pytest.mark.parametrize("picture", [b"\x00\x00\x00\x20ftypavif", b"\x00\x00\x00\x20ftypheic"])
def test_pictures_in_the_same_boxes_are_no_videos(picture: bytes) -> None:
    assert sniff(picture + bytes(100)) is None
