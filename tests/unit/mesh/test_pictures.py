from mesh.client.pictures import picture_names


def test_a_stem_that_is_the_only_one_is_enough() -> None:
    assert picture_names(["in/a.png", "in/b.png"]) == ["a", "b"]


def test_files_of_one_name_are_told_apart_by_suffix_then_folders_then_number() -> None:
    assert picture_names(["a.png", "a.jpg"]) == ["a.png", "a.jpg"]
    assert picture_names(["x/1/a.png", "y/1/a.png"]) == ["x-1-a.png", "y-1-a.png"]
    assert picture_names(["x/a-b.png", "x/a/b.png", "y/a-b.png"]) == [
        "x-a-b.png",
        "b",
        "y-a-b.png",
    ]
    assert picture_names(["x y/a.png", "x_y/a.png"]) == ["x_y-a.png", "x_y-a.png-2"]


def test_names_differ_also_where_capitals_do_not_count() -> None:
    assert len({name.casefold() for name in picture_names(["A.png", "a.png", "a.PNG"])}) == 3


def test_names_stay_in_their_folder() -> None:
    for name in picture_names(["../../etc/passwd", "../x/a.png", "/a.png", "..png", ".png"]):
        assert "/" not in name
        assert not name.startswith(".")
