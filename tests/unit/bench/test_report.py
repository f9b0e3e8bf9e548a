from bench.embedder.options import FULL, Options
from bench.embedder.report import markdown, rows
from bench.embedder.results import OTHERS, ModelResults, PeerResults, PersonResults, Results

OPTIONS = Options(FULL, photos=None, rounds=2)


def model_results() -> ModelResults:
    return ModelResults(
        FULL[0],
        runtime="openvino f32",
        agreement=1.0,
        loop_runtime="openvino f32, 2 lanes",
        loops={"2 processes, batch 1": 100.0},
        best_loop="2 processes, batch 1",
        limit=[100.0, 200.0],
        direct=[97.0, 192.0],
        edge=[80.0, 160.0],
        single=[90.0, 180.0],
        callers=[97.0, 192.0],
        stream_callers=[92.0, 186.0],
        alone_s=[0.010, 0.020],
        stream_s=[0.012, 0.024],
        unary_s=[0.0124, 0.0248],
        new_stream_s=[0.013, 0.026],
        cpu_ms={
            "limit": {"loop": [9.0, 9.0], OTHERS: [1.0, 1.0]},
            "direct": {"client": [5.0, 7.0], OTHERS: [0.0, 4.0]},
        },
        peers=[
            PeerResults("FastAPI", argus_per_s=[100.0, 100.0], peer_per_s=[10.0, 25.0]),
            PeerResults("infinity-emb", unavailable="not installed"),
        ],
    )


def test_verdicts_follow_the_goals() -> None:
    person = PersonResults(
        idle_text_s=[[0.004], [0.004]],
        busy_text_s=[[0.008], [0.020]],
        idle_image_s=[[0.01], [0.01]],
        busy_image_s=[[0.05], [0.05]],
        import_per_s=[90.0, 95.0],
    )

    shown = {
        row.what: row for row in rows(Results(models=[model_results()], person=person), OPTIONS)
    }

    assert shown["compact: direct stream ÷ limit"].verdict == "reached"
    assert shown["compact: stream through the edge ÷ limit"].verdict == "**missed**"
    open_stream = "compact: one image, idle service, open stream ÷ decode and model alone"
    assert shown[open_stream].verdict == "reached"
    new_stream = "compact: one image, idle service, new stream ÷ decode and model alone"
    assert shown[new_stream].verdict == "**missed**"
    assert shown["compact: direct stream ÷ FastAPI"].verdict == "reached"
    assert shown["compact: direct stream ÷ infinity-emb"].verdict == "not measured"
    text = "compact: interactive text, p99 beside an import ÷ idle p99"
    assert shown[text].verdict == "**missed**"
    assert shown[text].cells()[1] == "3.50 (2.00–5.00)"


def test_the_report_says_what_was_not_measured() -> None:
    text = markdown(
        Results(models=[model_results()], photographs=200, image_bytes=109_000),
        OPTIONS,
        machine="2 cores",
        command="make bench ARGS=embedder",
    )

    assert "not installed" in text
    assert "This machine has none" in text
    assert "10% of the busy time in the loop's passes and 25% in the direct" in text
    assert "not quiet" not in text
    assert "$" not in text


def test_a_run_on_a_busy_machine_says_that_it_proves_nothing() -> None:
    model = model_results()
    model.cpu_ms["limit"][OTHERS] = [3.0, 3.0]

    text = markdown(Results(models=[model]), OPTIONS, machine="", command="")

    assert "not quiet: up to 25%" in text
