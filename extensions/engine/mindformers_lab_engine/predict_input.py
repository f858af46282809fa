"""The input of `--run_mode predict`, in the forms that run_mindformer.py takes."""

import os
from typing import Any

from .failure import EngineError

IMAGES = (".jpg", ".jpeg", ".png", ".bmp")
FILE_TYPES: dict[str, tuple[str, ...]] = {"video": (".mp4", ".avi", ".mkv"), "image": IMAGES}


def predict_input(words: list[str] | None, modal_types: list[str] | None) -> Any:
    """None (the configuration's data set), one text, all images of a folder, a list of texts, or one multi-modal query."""
    if modal_types is not None:
        return [_multi_modal(words or [], modal_types)]
    if words is None or len(words) > 1:
        return words
    if os.path.isdir(words[0]):
        return [
            os.path.join(root, name)
            for root, _, names in os.walk(words[0])
            for name in names
            if name.lower().endswith(IMAGES)
        ]
    return words[0].replace(r"\n", "\n")


def _multi_modal(words: list[str], modal_types: list[str]) -> list[dict[str, str]]:
    if len(words) != len(modal_types):
        raise EngineError(
            f"--predict_data has {len(words)} entries and --modal_type {len(modal_types)}; expected one type for each entry",
            "--predict_data picture.png 'What is this?' --modal_type image text",
        )
    query = []
    for word, modal_type in zip(words, (name.lower() for name in modal_types), strict=True):
        endings = FILE_TYPES.get(modal_type, ())
        if modal_type != "text" and not word.endswith(endings or ("\0",)):
            expected = ", ".join(endings) if endings else f"one of the types text, {', '.join(FILE_TYPES)}"
            raise EngineError(
                f"--predict_data {word!r} does not fit --modal_type {modal_type}: expected {expected}",
                "--modal_type text",
            )
        query.append({modal_type: word})
    return query
