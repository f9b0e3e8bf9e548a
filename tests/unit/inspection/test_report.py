"""What a report of a version says, as a page and as PDF."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pypdf
import pytest

from services.inspection.evidence.composing import MOST_PICTURES, NO_VERSION, compose, worst
from services.inspection.evidence.document import Document, Gallery, Table
from services.inspection.evidence.gathered import Gathered, Judged
from services.inspection.evidence.judged_parts import cards
from services.inspection.model import FrameProblem, FrameReason, LabelledImage
from services.inspection.printing.fonts import marked_up
from services.inspection.printing.html_writer import HtmlWriter
from services.inspection.printing.pdf_writer import PdfWriter
from tests.support.inspection.evidence import (
    HELD_OUT,
    JUDGED,
    OWNER,
    THRESHOLD,
    jpeg,
    judged,
    known,
    marks,
)
from tests.support.inspection.findings import NOON

EVIL = "<script>alert('x')</script>\"& {{7*7}} <font color=red>"


class Page(HTMLParser):
    """What a browser makes of a page: its text, and its attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def html(made: Gathered) -> str:
    return HtmlWriter().write(compose(made)).decode()


def pdf_pages(made: Gathered) -> list[str]:
    written = PdfWriter().write(compose(made))
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(written)).pages]


def spoken(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def tables(document: Document) -> list[Table]:
    return [one for part in document.sections for one in part.blocks if isinstance(one, Table)]


def row(document: Document, name: str) -> list[str]:
    """The cells of the one row of that name."""
    (found,) = [one for table in tables(document) for one in table.rows if one[0] == name]
    return list(found[1:])


def test_shares_are_counted_at_the_present_threshold_with_intervals() -> None:
    document = compose(known())
    assert 1.2 < THRESHOLD.value < 1.9
    assert row(document, "Recall: defects called anomalous") == [
        "2 of 4", "50.0 %", "15.0 % to 85.0 %",
    ]  # fmt: skip
    assert row(document, "False-alarm rate: normal images called anomalous")[0] == "1 of 3"
    assert row(document, "Precision: defects among what is called anomalous")[0] == "2 of 3"
    areas = {one[0]: one[2:] for one in tables(document)[1].rows}
    area, interval = areas["Area under the ROC curve"]
    assert area == f"{9 / 12:.3f}"
    assert re.fullmatch(r"0\.\d{3} to [01]\.\d{3}", interval)
    alarms, missed, painted = document.figures
    assert alarms.share is not None
    assert alarms.share.low <= alarms.share.value <= alarms.share.high
    assert missed.share is not None
    assert missed.share.value == 0.5
    assert painted.share is not None
    assert painted.share.value > 0


def test_confusion_is_by_kind_and_normal_is_beside_it() -> None:
    document = compose(known([*JUDGED, judged(8, 4.0, defective=True)]))
    assert row(document, "crack")[:4] == ["3", "1", "2", "33.3 %"]
    assert row(document, "dent")[:4] == ["1", "1", "0", "100 %"]
    assert row(document, "(kind not told)")[:3] == ["1", "1", "0"]
    assert row(document, "normal")[:4] == ["3", "1", "2", "33.3 %"]


def test_many_kinds_are_taken_together() -> None:
    images = [judged(n, 2.0, defective=True, label=f"kind {n:03}") for n in range(80)]
    document = compose(known(images))
    assert row(document, "(other kinds)")[0] == "50"


def test_what_is_off_distribution_is_anomalous_whatever_its_score() -> None:
    one = judged(1, 0.1, defective=True)
    off = replace(one, inspection=replace(one.inspection, off_distribution=True))
    made = Judged(THRESHOLD, [off, judged(2, 1.0, defective=False)])
    assert made.counts == (1, 0, 0, 1)
    assert made.separation is not None
    assert made.separation.auroc.value == 1


def test_sensitivity_is_told_by_size_and_by_kind() -> None:
    document = compose(known(painted=marks(4.0)))
    assert row(document, "3 px")[0] == "0 of 8"
    assert row(document, "40 px")[0] == "8 of 8"
    assert row(document, "clear scratch") == [
        "0 of 2\n(0 % to 65.8 %)",
        "2 of 2\n(34.2 % to 100 %)",
    ]
    assert not any("useless" in words for words in document.warnings)


def test_a_useless_threshold_is_warned_of_first() -> None:
    document = compose(known(painted=marks(0.01)))
    assert "useless" in document.warnings[0]
    assert "0 of 16" in document.warnings[0]
    for text in (" ".join(Page(html(known(painted=marks(0.01)))).text),
                 " ".join(pdf_pages(known(painted=marks(0.01))))):  # fmt: skip
        assert "useless" in text


def test_the_worst_come_first_and_no_more_than_are_shown() -> None:
    misses = [judged(n, 0.5 + n / 1000, defective=True) for n in range(40)]
    alarms = [judged(n, 2 + n / 1000, defective=False) for n in range(40, 60)]
    made = known([*alarms, *misses])
    assert made.judged is not None
    shown = [one.image_id for one in worst(made.judged)]
    assert shown[:MOST_PICTURES] == [f"image-{n:04}" for n in range(MOST_PICTURES)]
    assert shown[MOST_PICTURES:] == [f"image-{n:04}" for n in range(59, 59 - MOST_PICTURES, -1)]
    galleries = [
        one for part in compose(made).sections for one in part.blocks if isinstance(one, Gallery)
    ]
    assert [len(one.cards) for one in galleries] == [MOST_PICTURES, MOST_PICTURES]


def test_what_is_left_out_is_told() -> None:
    text = spoken(" ".join(Page(html(known())).text))
    assert "1 judged image left out: the version learnt from them." in text
    assert "2 judged images left out: this version has not inspected them." in text
    stranger = spoken(" ".join(Page(html(known(asked_by="ben", drift=None))).text))
    assert "your own inspections only" in stranger
    assert "Drift" not in stranger


def test_the_page_needs_nothing_else() -> None:
    source = html(known(pictures={one.image_id: jpeg() for one in JUDGED}))
    page = Page(source)
    shots = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    assert len(shots) == 3
    assert all(one.startswith("data:image/jpeg;base64,") for one in shots)
    assert not {tag for tag, _, _ in page.attributes} & {"script", "link", "iframe", "a", "image"}
    assert not re.search(r"https?:|@import|url\((?!#)", source)
    assert any("default-src 'none'" in value for _, _, value in page.attributes)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)), "one graph's clips are not another's"
    assert source.count("<svg") == 6


def test_the_pdf_says_what_the_page_says() -> None:
    made = known(pictures={one.image_id: jpeg() for one in JUDGED})
    text = spoken(" ".join(pdf_pages(made)))
    document = compose(made)
    for section in document.sections:
        assert section.title in text
    for table in tables(document):
        for name, *cells in table.rows:
            assert spoken(name) in text
            for cell in cells:
                assert spoken(cell).replace(" ", "") in text.replace(" ", "")
    assert "ROC, judged defects" in text
    assert "too <b>faint</b> to see" in text


def test_pictures_are_in_the_pdf_as_they_are() -> None:
    made = known(pictures={"image-0004": jpeg(50), "image-0005": b"no picture at all"[:0]})
    reader = pypdf.PdfReader(io.BytesIO(PdfWriter().write(compose(made))))
    assert sum(len(page.images) for page in reader.pages) == 1
    assert "no picture" in " ".join(page.extract_text() for page in reader.pages)


SCRIPTS = (
    "Größe Łódź ő",
    "плитка",
    "πλακίδιο",
    "磁砖检查",
    "磁気タイル",
    "자석 타일",
    "ชิน",
    "თბილისი",
)


def test_names_in_any_script_are_text_of_the_pdf() -> None:
    images = [judged(n, 0.6, defective=True, label=name) for n, name in enumerate(SCRIPTS)]
    text = " ".join(pdf_pages(known(images, name=" ".join(SCRIPTS))))
    for name in SCRIPTS:
        assert text.count(name) >= 3, name


def test_every_character_has_a_font_that_has_it() -> None:
    for text in ("Größe", "плитка", "बिल्ली", "ভাষা", "አማርኛ", "தமிழ்", "בדיקה", "بلاطة"):
        assert "STSong" not in marked_up(text), text
    assert re.findall(r'name="(\w+)', marked_up("Teil 磁 б")) == [
        "NotoSans", "STSong", "NotoSans",
    ]  # fmt: skip
    assert "HeiseiKakuGo" in marked_up("磁気タイル")
    assert "HYGothic" in marked_up("타일 磁")


def test_words_from_right_to_left_are_put_in_the_order_in_which_they_are_seen() -> None:
    def words(text: str) -> str:
        return re.sub("<[^>]*>", "", marked_up(text))

    assert words("שלום עולם") == "עולם שלום"
    assert words("Teil שלום עולם rot") == "Teil עולם שלום rot"
    assert words("שלום part 7") == "part 7 שלום"
    assert words("one two") == "one two"
    long = " ".join(["שלום"] * 20)
    assert marked_up(long).count("<br/>") == 2


def test_everything_people_wrote_is_text() -> None:
    images = [judged(1, 0.6, defective=True, label=EVIL[:60], note=EVIL)]
    made = known(images, name=EVIL)
    source = html(made)
    assert "<script" not in source
    assert Page(source).text.count(EVIL) >= 2
    assert spoken(EVIL) in spoken(" ".join(pdf_pages(made)))


@pytest.mark.parametrize(
    "images",
    [
        [],
        [judged(1, 0.6, defective=True)],
        [judged(1, 2.0, defective=False)],
        [judged(1, 1e-300, defective=True), judged(2, 1e300, defective=False)],
    ],
)
def test_a_report_is_written_of_little(images: list[LabelledImage]) -> None:
    assert Page(html(known(images))).text
    made = known(images, ())
    assert Page(html(made)).text
    assert pdf_pages(made)


def test_of_a_set_without_a_version_it_says_so() -> None:
    made = Gathered(known().reference_set, NOON, OWNER, judged_at_all=0)
    assert NO_VERSION in " ".join(Page(html(made)).text)
    assert NO_VERSION in spoken(" ".join(pdf_pages(made)))


def test_the_size_of_a_report_does_not_grow_with_what_was_judged() -> None:
    def images(count: int) -> list[LabelledImage]:
        return [
            judged(n, HELD_OUT[n % 40] * (2 if n % 3 else 1) + n / 1e6, defective=n % 3 == 0)
            for n in range(count)
        ]

    small = len(html(known(images(1_000))))
    assert len(html(known(images(10_000)))) < 1.2 * small


def test_a_picture_says_why_its_frame_could_not_be_inspected() -> None:
    one = judged(1, 0.5, defective=True)
    dark = FrameProblem(FrameReason.TOO_DARK, 3.0, 40.0)
    told = replace(one.inspection, off_distribution=True, frame_problems=(dark,))
    [card] = cards([replace(one, inspection=told)], {})
    assert "uninspectable: too dark" in card.lines
    earlier = replace(one.inspection, off_distribution=True)
    [card] = cards([replace(one, inspection=earlier)], {})
    assert "uninspectable" in card.lines
