"""`argus inspect --camera`, with films and a camera over HTTP that PyAV and Pillow make here."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import av
import pytest
from PIL import Image

from mesh.line.camera import Frame, shown
from tests.support.eventually import wait_until
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh


@pytest.fixture(autouse=True)
def tiles(fake: FakeMesh) -> None:
    fake.inspection.add_set("tiles")


def film(name: str, frames: int, *, each_second: int = 50) -> str:
    """A film whose frames are brighter and brighter."""
    with av.open(name, "w") as container:
        stream = container.add_stream("mjpeg", rate=each_second)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(frames):
            shade = 20 + number * 4
            picture = Image.new("RGB", (64, 48), (shade, shade, shade))
            frame: av.VideoFrame = cast("Any", av.VideoFrame).from_image(picture)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return name


def shades(fake: FakeMesh) -> list[int]:
    """How bright the frames are that were sent."""
    return [
        Image.open(io.BytesIO(item.request.image)).convert("L").tobytes()[0]
        for stream in fake.inspection.streams
        for item in stream
    ]


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_of_a_film_the_newest_frame_is_taken_at_each_time(fake: FakeMesh, argus: Argus) -> None:
    film("belt.avi", 30)
    result = argus(
        "inspect", "--set", "tiles", "--camera", "belt.avi", "--every", "100ms", "--format", "json",
        "--budget", "1min",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    told = sorted(lines(result.stdout), key=lambda one: one["frame"])
    numbers = [one["frame"] for one in told]
    assert numbers == sorted(set(numbers))
    # The last is never passed over.
    assert numbers[-1] == 30
    assert sum(1 + one["skipped"] for one in told) == numbers[-1]
    assert all(one["verdict"] == "NORMAL" and one["captureTime"].endswith("Z") for one in told)
    seen = shades(fake)
    assert len(seen) == len(told)
    # Each is the frame that its number says.
    assert all(
        abs(shade - (20 + 4 * (number - 1))) <= 3
        for shade, number in zip(seen, numbers, strict=True)
    )
    budgets = [item.budget.ToTimedelta().total_seconds() for item in fake.inspection.streams[0]]
    assert all(0 < one <= 60 for one in budgets)


def test_lines_trigger_frames(fake: FakeMesh, argus: Argus) -> None:
    film("belt.avi", 60)
    result = argus(
        "inspect", "--set", "tiles", "--camera", "belt.avi", "--trigger-line", "--format", "json",
        typed="part 1\npart 2\n",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert sorted(one["triggerId"] for one in lines(result.stdout)) == ["part 1", "part 2"]
    sent = [item.request.trigger_id for item in fake.inspection.streams[0]]
    assert sorted(sent) == ["part 1", "part 2"]
    assert "2 inspected: 0 anomalous, 2 normal; 0 late, 0 failed" in result.stderr


def test_many_triggers_of_one_frame_get_the_same_file() -> None:
    film("belt.avi", 1)
    for _ in range(20):
        with av.open("belt.avi") as container:
            frame = Frame(next(container.decode(video=0)))
        with ThreadPoolExecutor(8) as threads:
            files = set(threads.map(lambda one: one.jpeg(), [frame] * 8))
        assert len(files) == 1


class Camera:
    """MJPEG over HTTP: each connection gets some frames, and ends."""

    def __init__(self) -> None:
        self.connections = 0
        self.frames_each = 3
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.connections += 1
                if camera.connections == 2:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=frame")
                self.end_headers()
                for number in range(camera.frames_each):
                    with io.BytesIO() as file:
                        Image.new("RGB", (64, 48), (40 * number, 0, 0)).save(file, "JPEG")
                        content = file.getvalue()
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}"
                    self.wfile.write(head.encode() + b"\r\n\r\n" + content + b"\r\n")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://somebody:secret@127.0.0.1:{self.server.server_address[1]}/video"


@pytest.fixture
def http_camera() -> Iterator[Camera]:
    made = Camera()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.usefixtures("argus")
def test_a_camera_that_goes_away_is_opened_again(fake: FakeMesh, http_camera: Camera) -> None:
    command = ["inspect", "--set", "tiles", "--camera", http_camera.url, "--every", "300ms"]
    with (
        Path("errors").open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "mesh", *command, "--format", "json"],
            stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ,
        ) as process,
    ):  # fmt: skip
        try:
            wait_until(lambda: http_camera.connections >= 4, "it was opened again", within_s=60)
            wait_until(lambda: sum(map(len, fake.inspection.streams)) >= 2, "frames are sent")
        finally:
            process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    told = Path("errors").read_text()
    assert process.returncode == 0, told
    assert len(lines(output)) >= 2
    assert "gives no frames" in told
    assert "gives frames again" in told
    assert "secret" not in told


def test_what_is_no_camera_is_told(argus: Argus) -> None:
    Path("notes.txt").write_text("no film")
    result = argus("inspect", "--set", "tiles", "--camera", "notes.txt")
    assert "notes.txt gives no frames" in result.stderr
    assert "0 inspected" in result.stderr


def test_without_pyav_it_says_how_to_install_it(
    argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    result = argus("inspect", "--set", "tiles", "--camera", "/dev/video0")
    assert result.exit_code == 2
    assert "argus-mesh[camera]" in result.stderr


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("rtsp://me:secret@10.0.0.7:554/h264?password=x", "rtsp://10.0.0.7:554/h264"),
        ("/dev/video0", "/dev/video0"),
        ("belt.avi", "belt.avi"),
    ],
)
def test_nobody_is_shown_a_password(source: str, told: str) -> None:
    assert shown(source) == told


def test_options_that_do_not_go_together_are_refused(argus: Argus) -> None:
    for more in (["--once"], ["--trigger-id", "x"], ["a.png"], ["--watch", "."]):
        result = argus("inspect", "--set", "tiles", "--camera", "belt.avi", *more)
        assert result.exit_code == 2, more
