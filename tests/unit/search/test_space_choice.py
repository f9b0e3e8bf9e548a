from services.clients.model import Space
from services.search.indexing.space_choice import ANSWERS_IN_A_ROW, SpaceChoice

OLD, NEW, NEWER = (Space("m", version, 4) for version in ("1", "2", "3"))


def test_stays_while_answers_change_by_turns() -> None:
    choice = SpaceChoice(OLD)
    for answer in (NEW, NEW, OLD, NEW, NEW, NEW, OLD) * 20:
        assert not choice.asked(answer)


def test_goes_over_once_nothing_else_is_heard() -> None:
    choice = SpaceChoice(OLD)
    assert [choice.asked(NEW) for _ in range(ANSWERS_IN_A_ROW)].index(True) == ANSWERS_IN_A_ROW - 1


def test_is_not_sure_from_the_first_other_answer_to_the_next_present_one() -> None:
    choice = SpaceChoice(OLD)
    seen = [choice.is_sure]
    for answer in (OLD, NEW, OLD):
        choice.asked(answer)
        seen.append(choice.is_sure)
    assert seen == [True, True, False, True]


def test_an_image_of_the_present_space_shows_that_it_is_still_there() -> None:
    choice = SpaceChoice(OLD)
    for _ in range(3):
        for _ in range(ANSWERS_IN_A_ROW - 1):
            assert not choice.asked(NEW)
        choice.seen()


def test_two_others_by_turns_are_no_decision() -> None:
    choice = SpaceChoice(OLD)
    for answer in (NEW, NEWER) * 20:
        assert not choice.asked(answer)
