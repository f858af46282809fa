"""The pair of versions that this layer was written against and tested with."""

from collections.abc import Callable
from importlib import metadata

from .failure import EngineError

EXPECTED: dict[str, str] = {"mindspore": "2.9.0", "mindformers": "1.9.0"}


def installed_version(package: str) -> str | None:
    """Version of an installed package, None if it is not installed. Imports nothing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def check_versions(version_of: Callable[[str], str | None] = installed_version) -> list[str]:
    """Warnings, one for each package of another version. A missing package is an EngineError."""
    warnings = []
    for package, expected in EXPECTED.items():
        found = version_of(package)
        if found is None:
            raise EngineError(
                f"{package} is not installed in this Python; expected {expected}", f"pip install {package}=={expected}"
            )
        if found != expected:
            warnings.append(
                f"{package} {found} is installed; this layer was tested with {expected} only: pip install {package}=={expected}"
            )
    return warnings
