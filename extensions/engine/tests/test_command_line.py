"""The grammar of the command line and the device that follows from it. Nothing of MindFormers is needed for these."""

import os

import pytest

from mindformers_lab_engine.command_line import parse_command_line
from mindformers_lab_engine.device import device_of
from mindformers_lab_engine.failure import EngineError


@pytest.fixture
def yaml(tmp_path):
    def write(text, name="run.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--a.b.c", "1"], (("a.b.c", "1"),)),
        (["--a.b.c=1"], (("a.b.c", "1"),)),
        (["--zone=x", "--zoo", "y"], (("zone", "x"), ("zoo", "y"))),
        (["--path", "/data/k=v/x"], (("path", "/data/k=v/x"),)),
        (["--path=/data/k=v/x"], (("path", "/data/k=v/x"),)),
        (["--empty="], (("empty", ""),)),
        (["--a.b", "-1"], (("a.b", "-1"),)),
        (["--list", "[10, 0, 0]"], (("list", "[10, 0, 0]"),)),
        ([], ()),
    ],
)
def test_free_overrides_are_pairs_with_or_without_an_equals_sign(words, expected):
    assert parse_command_line(["--config", "a.yaml", *words]).overrides == expected


@pytest.mark.parametrize("words", [["--a.b"], ["--a.b", "1", "--c.d"], ["word"]])
def test_a_word_without_a_partner_is_refused(words):
    with pytest.raises(EngineError, match="must come in pairs"):
        parse_command_line(["--config", "a.yaml", *words])


def test_an_override_needs_its_dashes():
    with pytest.raises(EngineError, match="Expected --path.to.key"):
        parse_command_line(["--config", "a.yaml", "epochs", "3"])


def test_relative_paths_are_relative_to_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    command = parse_command_line(["--config", "conf/a.yaml", "--register_path", "mine"])
    assert command.config == os.path.join(os.getcwd(), "conf/a.yaml")
    assert command.flags["register_path"] == os.path.join(os.getcwd(), "mine")


def test_known_flags_keep_their_text_and_absent_ones_are_left_out():
    command = parse_command_line(
        ["--config", "/a.yaml", "--epochs", "3", "--resume_training", "True", "--options", "a=1", "b.c=2", "--x.y", "z"]
    )
    assert command.flags == {"epochs": 3, "resume_training": "True", "options": ["a=1", "b.c=2"]}
    assert command.overrides == (("x.y", "z"),)


def test_the_device_is_the_one_of_the_file(yaml):
    assert device_of(parse_command_line(["--config", yaml('context:\n  device_target: "CPU"\n')])) == "CPU"


def test_without_a_word_about_it_the_device_is_ascend(yaml):
    assert device_of(parse_command_line(["--config", yaml("seed: 1\n")])) == "Ascend"


@pytest.mark.parametrize(
    ("words", "device"),
    [
        (["--device_target", "CPU"], "CPU"),
        (["--options", "context.device_target=CPU"], "CPU"),
        (["--context.device_target", "CPU"], "CPU"),
        (["--device_target", "CPU", "--options", "context.device_target=Ascend"], "Ascend"),
        (["--context.device_target", "CPU", "--options", "context.device_target=Ascend"], "CPU"),
    ],
)
def test_a_later_kind_of_override_wins(yaml, words, device):
    path = yaml("context:\n  device_target: Ascend\n")
    assert device_of(parse_command_line(["--config", path, *words])) == device


def test_the_device_may_come_from_a_base_file(yaml):
    yaml("context: {device_target: CPU}\n", "base.yaml")
    yaml("context: {device_target: Ascend}\n", "other.yaml")
    assert device_of(parse_command_line(["--config", yaml("base_config: base.yaml\nseed: 1\n")])) == "CPU"
    assert device_of(parse_command_line(["--config", yaml("base_config: [other.yaml, base.yaml]\n")])) == "CPU"
    assert (
        device_of(parse_command_line(["--config", yaml("base_config: base.yaml\ncontext: {device_target: Ascend}\n")]))
        == "Ascend"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\t- 1\n", "is not YAML"),
        ("- 1\n", "must be a mapping"),
        ("", "must be a mapping"),
        ("a: [1\n", "is not YAML"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(yaml, text, message):
    with pytest.raises(EngineError, match=message):
        device_of(parse_command_line(["--config", yaml(text)]))


def test_a_missing_file_and_a_wrong_ending_are_refused(yaml, tmp_path):
    with pytest.raises(EngineError, match="cannot be read.*No such file"):
        device_of(parse_command_line(["--config", str(tmp_path / "none.yaml")]))
    with pytest.raises(EngineError, match="must be a .yaml file"):
        device_of(parse_command_line(["--config", yaml("seed: 1\n", "run.json")]))
