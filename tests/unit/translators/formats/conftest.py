"""The official UVL grammar as an oracle."""

from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def official_error() -> Callable[[str], str | None]:
    """Return a function that gives the first error of the official grammar on a text, or None."""
    antlr4 = pytest.importorskip("antlr4", reason="the official parser, uvlparser, is not installed")
    lexer_module = pytest.importorskip("uvl.UVLCustomLexer", reason="uvlparser is not installed")
    parser_module = pytest.importorskip("uvl.UVLPythonParser", reason="uvlparser is not installed")
    listener_module = pytest.importorskip("antlr4.error.ErrorListener")

    class Listener(listener_module.ErrorListener):
        def syntaxError(self, _recognizer, _symbol, line, column, message, _error):  # noqa: N802  # antlr4's name
            raise SyntaxError(f"{line}:{column}: {message}")

    def check(text: str) -> str | None:
        lexer = lexer_module.UVLCustomLexer(antlr4.InputStream(text))
        parser = parser_module.UVLPythonParser(antlr4.CommonTokenStream(lexer))
        for recognizer in (lexer, parser):
            recognizer.removeErrorListeners()
            recognizer.addErrorListener(Listener())
        try:
            parser.featureModel()
        except SyntaxError as error:
            return str(error)
        return None

    return check
