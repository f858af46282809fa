"""Which device the run is for, known before MindFormers is imported."""

import os
from collections.abc import Mapping

import yaml

from .command_line import CommandLine
from .failure import EngineError

DEFAULT_DEVICE = "Ascend"  # MindFormers' own default for context.device_target


def device_of(command: CommandLine) -> str:
    """The device that will be in force, in MindFormers' order: YAML, --device_target, --options, --context.device_target."""
    device = device_in_file(command.config) or DEFAULT_DEVICE
    device = str(command.flags.get("device_target", device))
    for option in command.flags.get("options", []):
        key, _, value = option.partition("=")
        if key == "context.device_target":
            device = value.strip("'\"")
    for key, value in command.overrides:
        if key == "context.device_target":
            device = value
    return device


def device_in_file(path: str) -> str | None:
    """context.device_target of a YAML file, also through `base_config` (own values win, later bases win over earlier ones)."""
    content = _read(path)
    context = content.get("context")
    if isinstance(context, Mapping) and context.get("device_target"):
        return str(context["device_target"])
    bases = content.get("base_config") or []
    for base in reversed(bases if isinstance(bases, list) else [bases]):
        device = device_in_file(os.path.join(os.path.dirname(path), base))
        if device:
            return device
    return None


def _read(path: str) -> Mapping[str, object]:
    if not path.endswith(("yaml", "yml")):
        raise EngineError(
            f"The configuration must be a .yaml file (MindFormers reads no other): {path}", f"mv {path} {path}.yaml"
        )
    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise EngineError(f"The configuration cannot be read: {path}: {error.strerror}", f"ls -l {path}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EngineError(
            f"The configuration is not YAML: {path}: {error}",
            f"python -c \"import yaml; yaml.safe_load(open('{path}'))\"",
        ) from error
    if not isinstance(content, Mapping):
        raise EngineError(
            f"The configuration must be a mapping of keys; {path} holds {type(content).__name__}", f"cat {path}"
        )
    return content
