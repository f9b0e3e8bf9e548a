import base64
import re
from html.parser import HTMLParser

from services.imaging.thumbnail import thumbnail
from services.inspection.model import Box, Counts, LabelledImage, ReferenceSet
from services.inspection.review.report import MOST_CARDS, pictured, report_html
from services.inspection.verdict.agreement import agreement_of
from tests.support import pictures
from tests.support.inspection.findings import NOON, labelled

EVIL = "<script>alert('x')</script>\"&"
LABELLED = [
    labelled(0, defective=True, anomalous=True, label="crack", region=Box(0.25, 0.5, 0.75, 0.6)),
    labelled(1, defective=True, anomalous=False, note="too <b>faint</b> to see"),
    labelled(2, defective=False, anomalous=True),
    labelled(3, defective=False, anomalous=False, note="never shown"),
]
COUNTS = Counts(true_positives=30, false_positives=2, true_negatives=70, false_negatives=10)
PICTURE = thumbnail(pictures.picture())
VOID = {"meta", "img", "br", "line", "circle"}


class Page(HTMLParser):
    """Reads a page and checks that what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def report(
    images: list[LabelledImage] | None = None, *, name: str = "Tiles", counts: Counts = COUNTS
) -> str:
    images = LABELLED if images is None else images
    thumbnails = {one.image_id: PICTURE for one in images[:2]}
    shown = ReferenceSet("set", "user", name, NOON, 2, 12, changed=False)
    return report_html(shown, images, agreement_of(counts), thumbnails, created_at=NOON)


def test_numbers_have_intervals() -> None:
    text = " ".join(Page(report()).text)
    assert "75.0%" in text
    assert "59.8 to 85.8 %" in text
    assert "93.8%" in text
    assert "2.8%" in text
    assert re.search(r"Defective\s+30\s+found\s+10\s+missed", text)
    assert "12 reference images" in text
    assert "version 2 in use" in text


def test_galleries_show_what_went_wrong_first() -> None:
    page = report()
    order = [page.index(part) for part in ("Missed defects", "False alarms", "Found defects")]
    assert order == sorted(order)
    assert page.index("image-0001") < page.index("image-0002") < page.index("image-0000")
    assert "image-0003" not in page
    assert "left:25.00%;top:50.00%;width:50.00%;height:10.00%" in page


def test_the_page_needs_nothing_else() -> None:
    page = Page(report())
    pictures = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    assert pictures == [f"data:image/webp;base64,{base64.b64encode(PICTURE).decode()}"] * 2
    assert not {tag for tag, _, _ in page.attributes} & {"script", "link", "iframe", "a"}
    assert any("default-src 'none'" in value for _, _, value in page.attributes)
    assert page.text.count("no picture") == 1


def test_everything_people_wrote_is_text() -> None:
    images = [labelled(0, defective=True, anomalous=True, label=EVIL, note=EVIL)]
    source = report(images, name=EVIL)
    assert "<script" not in source
    page = Page(source)
    assert page.text.count(EVIL) >= 3
    assert "too <b>faint</b> to see" in Page(report()).text


def test_a_picture_of_no_known_format_is_left_out() -> None:
    shown = ReferenceSet("set", "user", "Tiles", NOON, 0, 1, changed=False)
    page = report_html(
        shown,
        LABELLED[:1],
        agreement_of(COUNTS),
        {"image-0000": b"<svg onload=x>"},
        created_at=NOON,
    )
    assert "<img" not in page
    assert "no version yet" in page
    assert "1 reference image ·" in page


def test_without_feedback_it_says_so() -> None:
    text = " ".join(Page(report([], counts=Counts())).text)
    assert text.count("nothing was counted yet") == 3
    assert text.count("None.") == 3


def test_scores_of_nothing_can_be_drawn() -> None:
    images = [labelled(0, defective=False, anomalous=False, score=1e-300)]
    assert Page(report(images)).attributes


def test_a_gallery_shows_the_clearest_cases() -> None:
    images = [
        labelled(number, defective=True, anomalous=True, score=1.0 + number)
        for number in range(MOST_CARDS + 40)
    ]
    page = report(images)
    assert page.count("<figure>") == MOST_CARDS
    assert "And 40 nearer to the threshold." in page
    shown = {one.image_id for one in pictured(images)}
    assert shown == {f"image-{number:04}" for number in range(40, MOST_CARDS + 40)}
    assert all((one.image_id in page) == (one.image_id in shown) for one in images)
    assert {one.image_id for one in pictured(LABELLED)} == {
        "image-0000",
        "image-0001",
        "image-0002",
    }
