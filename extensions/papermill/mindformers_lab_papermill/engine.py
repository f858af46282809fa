"""What papermill loads at start: registers the translator and offers the engine that the entry point must name."""

from papermill.engines import NBClientEngine
from papermill.translators import papermill_translators

from .translator import TypeScriptTranslator

# papermill looks for the kernel's name first, then for the notebook's language.
for key in ("mindformers-lab", "tslab", "typescript"):
    papermill_translators.register(key, TypeScriptTranslator)


class TypeScriptEngine(NBClientEngine):
    """papermill's usual engine; `--engine typescript` changes nothing."""
