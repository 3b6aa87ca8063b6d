"""The guides run: every block of code, in order, gives what is printed behind it."""

import doctest
import re
from pathlib import Path

import pytest

from minikeras import config
from minikeras.utils import set_random_seed
from minikeras.values.naming import reset_names

GUIDES = sorted((Path(__file__).parent.parent / "docs" / "guides").glob("*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def blocks_of(guide):
    """Yields the blocks of Python code of a guide, on the lines that they stand on."""
    text = guide.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        yield "\n" * text[: match.start(1)].count("\n") + match[1]


def run(block, names, where):
    """Runs a block: an example with prompts and results, or plain code."""
    if ">>> " not in block:
        exec(compile(block, str(where), "exec"), names)
        return
    example = doctest.DocTestParser().get_doctest(block, names, where.name, where, 0)
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    report = []
    runner.run(example, out=report.append, clear_globs=False)
    assert not runner.failures, "".join(report)
    names |= example.globs


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_guide_runs(guide, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where it may save files
    monkeypatch.setenv("COLUMNS", "80")  # of the screen that summaries are printed on
    backend = config.backend()
    names = {"__name__": "__main__"}
    reset_names()
    set_random_seed(0)
    blocks = list(blocks_of(guide))
    try:
        for block in blocks:
            run(block, names, guide)
    finally:
        config.set_backend(backend)
    assert len(blocks) > 3
