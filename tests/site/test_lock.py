"""The lock holds on every machine, and the examples run without the tools of the site."""

import re

import pytest

from tests.guide import GUIDE, ROOT

SITE_ONLY = ["bs4", "fontTools", "material", "math_core", "mkdocs", "mkdocs_jupyter", "nbclient",
             "nbformat"]


def test_the_examples_run_where_the_tools_of_the_site_cannot_be_imported(project):
    for module in SITE_ONLY:
        project.write(f"{module}.py", "raise ImportError(__name__)\n")
    project.page("```pycon\n>>> 1\n1\n```\n")
    result = project.test("docs")
    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout


OF_ONE_PLATFORM = re.compile(r"(nvidia|cuda|triton|pytorch-triton)\b")
PINNED = re.compile(r"[a-z0-9-]+==[\w.]+( ; .+)?")


def refused(lines: list[str]) -> list[str]:
    """The lines of a lock that hold on one machine and not on another."""
    return [line for line in lines if not line.startswith("#") and line != "-e ./sitekit"
            and (OF_ONE_PLATFORM.match(line) or not PINNED.fullmatch(line))]


def test_the_lock_holds_for_every_platform():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert "torch==2.13.0" in lines
    assert refused(lines) == []


@pytest.mark.parametrize("line", [
    "torch==2.13.0+cpu", "--index-url https://example.org/simple", "-i https://example.org",
    "nvidia-cublas==13.1", "triton==3.9", "cuda-bindings==13.0", "torch @ https://example.org/t.whl",
    "sympy", "sympy>=1.14"])
def test_a_lock_of_one_platform_is_refused(line):
    assert refused(["-e ./sitekit", "sympy==1.14.0", line]) == [line]


def test_each_library_that_a_page_names_is_pinned_and_each_pin_is_named():
    lines = (ROOT / "requirements-libraries.txt").read_text().splitlines()
    pins = [line.partition("==")[0] for line in lines if not line.startswith("#")]
    named = {name for path in GUIDE.paths for name in GUIDE.meta(path).get("libraries", [])}
    assert sorted(named) == pins
