"""Names of torch in the prose: they exist, and lead to torch's own reference."""

import markdown
import pytest
from bs4 import BeautifulSoup

from sitekit.build.reference import STABLE, whole
from tests.guide import GUIDE


def converted(text):
    """The HTML of Markdown text, with the extensions that decide what is prose."""
    extensions = ["attr_list", "tables", "pymdownx.inlinehilite", "pymdownx.superfences"]
    path = "docs/planted.md"
    return markdown.Markdown(
        extensions=[*extensions, "sitekit.build.page"],
        extension_configs={"sitekit.build.page": {
            "guide": GUIDE.with_edits({path: text}), "path": path}}).convert(text)


def links(article):
    return {a.text: a["href"].removeprefix(STABLE) for a in article.select("a.torch")}


@pytest.mark.parametrize(("text", "linked"), [
    ("`F.cross_entropy`", {"F.cross_entropy": "generated/torch.nn.functional.cross_entropy.html"}),
    ("`nn.Linear(3, 1).weight`", {"nn.Linear": "generated/torch.nn.Linear.html"}),
    ("`Module.train` in a\n[link](#planted)",
     {"Module.train": "generated/torch.nn.Module.html#torch.nn.Module.train"}),
    ("`with torch.no_grad():`", {"torch.no_grad": "generated/torch.no_grad.html"}),
    ("`view` or `x.view(2)`", {"view": "generated/torch.Tensor.view.html"}),
    ("`where(a, b)`, `torch.where`", {"where": "generated/torch.where.html"}),
    ("the argument `dim`, `mean`, `x`, `torch`", {}),
    ("`F.unfold`, `Tensor.unfold` and `unfold`",
     {"F.unfold": "generated/torch.nn.functional.unfold.html",
      "Tensor.unfold": "generated/torch.Tensor.unfold.html"}),
    ("## `torch.where` {#where}\n\n[`torch.where`](#where)\n\n```pycon\n>>> torch.where\n```", {}),
    ("| a |\n|---|\n| *`torch.rand`* |\n", {"torch.rand": "generated/torch.rand.html"}),
])
def test_the_first_mention_of_a_name_is_linked(text, linked):
    assert links(BeautifulSoup(converted(text), "html.parser")) == linked


@pytest.mark.parametrize("name", ["torch.wehre", "F.crossentropy", "nn.Liner", "Tensor.veiw"])
def test_a_name_that_torch_does_not_have_is_refused(name):
    with pytest.raises(Exception, match=rf"planted\.md:\d+: torch has no {whole(name)}"):
        converted(f"Use `{name}(x)`.")


def test_a_name_whose_page_is_not_known_is_refused():
    with pytest.raises(Exception, match=r"reference\.py knows no page on torch\.onnx\.export"):
        converted("Use `torch.onnx.export`.")
