"""Versions of MindSpore and MindFormers."""

import pytest

from mindformers_lab_engine.failure import EngineError
from mindformers_lab_engine.versions import EXPECTED, check_versions


def test_the_expected_pair_needs_no_word():
    assert check_versions(EXPECTED.get) == []


def test_another_version_is_a_warning_with_both_numbers():
    (warning,) = check_versions({**EXPECTED, "mindformers": "1.8.0"}.get)
    assert "mindformers 1.8.0" in warning and "mindformers==1.9.0" in warning


def test_a_missing_package_is_an_error_with_the_line_to_type():
    with pytest.raises(EngineError, match="mindspore is not installed") as raised:
        check_versions(lambda package: None)
    assert raised.value.hint == "pip install mindspore==2.9.0"
