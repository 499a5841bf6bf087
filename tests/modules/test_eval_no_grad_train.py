import pytest
import torch
from torch import nn

from snippets.modules.eval_no_grad_train import assert_evaluation_is_clean, evaluating


def model_on(device):
    return nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.BatchNorm1d(4)).to(device)


def test_evaluating_leaves_modes_statistics_and_gradients_as_they_were(device):
    model, x = model_on(device), torch.randn(8, 4, device=device)
    model[2].eval()

    def evaluate():
        with evaluating(model):
            return model(x)

    assert_evaluation_is_clean(evaluate, model)
    assert [module.training for module in model] == [True, True, False]
    assert model(x).requires_grad


def test_each_fault_has_its_own_message(device):
    x = torch.randn(8, 4, device=device)

    def without_no_grad():
        return model.eval()(x)

    def without_train():
        with torch.no_grad():
            return model.eval()(x)

    def without_eval():
        with torch.no_grad():
            return model(x)

    for evaluate, message in [(without_no_grad, "is no_grad"), (without_train, "another mode"),
                              (without_eval, "is eval")]:
        model = model_on(device)
        with pytest.raises(AssertionError, match=message):
            assert_evaluation_is_clean(evaluate, model)
    model = nn.Dropout(0.5)
    with pytest.raises(AssertionError, match="dropout"):
        assert_evaluation_is_clean(without_eval, model)
