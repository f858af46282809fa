"""The one error of this layer: a problem that the user can cure, with the line to type."""


class EngineError(Exception):
    """What is wrong, which value, what is expected; `hint` is one line to type."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}"
