import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.modules.weight_tying import TiedLanguageModel, assert_tied
from snippets.modules.wrong_weight_tying import tie_data
from tests.awkward import Case, LeftOut


def model_on(x):
    torch.manual_seed(0)
    return TiedLanguageModel(5, 2).to(x.device)


def by_rows(x):
    E = model_on(x).embedding.weight
    return F.linear(F.embedding(x, E), E)


AWKWARD = [
    Case(TiedLanguageModel, lambda kind, x: model_on(x)(x), like=by_rows, compiled=False),
    LeftOut(assert_tied, "it takes two names"),
]
NAMES = ("embedding.weight", "head.weight")


def test_logits_are_products_with_the_rows_of_the_embedding(device):
    model = TiedLanguageModel(7, 3).to(device).double()
    tokens = torch.tensor([[1, 6], [0, 3]], device=device)
    E = model.embedding.weight
    torch.testing.assert_close(model(tokens), E[tokens] @ E.T)


def test_to_empty_unties_and_tie_weights_ties_again(device):
    with torch.device("meta"):
        model = TiedLanguageModel(7, 3)
    assert_tied(model, *NAMES)
    model.to_empty(device=device)
    with pytest.raises(AssertionError, match="two parameters"):
        assert_tied(model, *NAMES)
    model.tie_weights()
    assert_tied(model, *NAMES)
    assert_tied(model.to(torch.float16), *NAMES)


def test_shared_data_is_two_parameters(device):
    model = TiedLanguageModel(7, 3).to(device)
    model.head.weight = nn.Parameter(torch.zeros(7, 3, device=device))
    tie_data(model.embedding, model.head)
    assert model.head.weight.data_ptr() == model.embedding.weight.data_ptr()
    with pytest.raises(AssertionError, match="two parameters"):
        assert_tied(model, *NAMES)
    model.double()
    assert model.head.weight.data_ptr() != model.embedding.weight.data_ptr()
