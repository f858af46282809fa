"""What --predict_data and --modal_type give to the trainer."""

import pytest

from mindformers_lab_engine.failure import EngineError
from mindformers_lab_engine.predict_input import predict_input


def test_one_text_several_texts_or_nothing():
    assert predict_input(None, None) is None
    assert predict_input([r"one\ntwo"], None) == "one\ntwo"
    assert predict_input(["a", "b"], None) == ["a", "b"]


def test_a_folder_means_its_pictures(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "sub/b.JPG", "c.txt"):
        (tmp_path / name).touch()
    assert sorted(predict_input([str(tmp_path)], None)) == sorted(
        [str(tmp_path / "a.png"), str(tmp_path / "sub/b.JPG")]
    )


def test_a_multi_modal_query_pairs_entries_with_types():
    assert predict_input(["x.png", "what?"], ["Image", "text"]) == [[{"image": "x.png"}, {"text": "what?"}]]


@pytest.mark.parametrize(("words", "types"), [(["a", "b"], ["text"]), (["x.txt"], ["image"]), (["x.wav"], ["sound"])])
def test_entries_that_do_not_fit_their_types_are_refused(words, types):
    with pytest.raises(EngineError):
        predict_input(words, types)
