import pytest
import torch
from torch import nn

from snippets.guards.independent_samples import same_alone
from snippets.normalization.eval_worse_than_train import recompute_statistics
from snippets.normalization.wrong_eval_worse_than_train import CentreByGlobalMean
from tests.awkward import Case


def measured(recompute, x):
    norm = nn.BatchNorm1d(4, device=x.device, dtype=x.dtype if x.is_floating_point() else None)
    recompute(norm, [x])
    return norm.running_mean, norm.running_var


def by_torch(x):
    norm = nn.BatchNorm1d(4, momentum=1.0, device=x.device,
                          dtype=x.dtype if x.is_floating_point() else None)
    norm(x)
    return norm.running_mean, norm.running_var


AWKWARD = [Case(recompute_statistics, measured, like=by_torch, compiled=False,
                outside={"on meta": "Not on meta"})]


def test_the_statistics_are_the_mean_over_batches_and_the_model_is_as_before(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, momentum=0.3), nn.Dropout(0.5))
    model = model.to(device).double()
    model[0].eval()
    before = [p.detach().clone() for p in model.parameters()]
    batches = 1e4 + torch.randn(5, 8, 3, 4, 4, device=device, dtype=torch.float64)
    recompute_statistics(model, batches)
    inputs = [model[0](batch) for batch in batches]
    torch.testing.assert_close(
        model[1].running_mean, torch.stack([x.mean((0, 2, 3)) for x in inputs]).mean(0))
    torch.testing.assert_close(
        model[1].running_var, torch.stack([x.var((0, 2, 3)) for x in inputs]).mean(0))
    assert [m.training for m in model] == [False, True, True]
    assert model[1].momentum == 0.3
    assert all(torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))


def test_deeper_statistics_are_measured_without_dropout(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.9), nn.BatchNorm1d(2)).to(device)
    x = torch.randn(16, 2, device=device)
    recompute_statistics(model, [x])
    torch.testing.assert_close(model[1].running_mean, x.mean(0))


def test_a_global_mean_is_found(device):
    x = torch.randn(4, 3, device=device)
    with pytest.raises(AssertionError, match="sample 0 alone"):
        same_alone(CentreByGlobalMean().eval(), x)
    same_alone(nn.BatchNorm1d(3).to(device).eval(), x)


def test_modes_and_momentum_come_back_after_an_error_and_no_batch_changes_nothing(device):
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3), nn.Dropout()).to(device)
    model(torch.randn(4, 2, device=device))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="no batch"):
        recompute_statistics(model, [])
    torch.testing.assert_close(dict(model.state_dict()), before)
    with pytest.raises(RuntimeError):
        recompute_statistics(model, [torch.randn(4, 3, device=device)])
    assert model[0].momentum == 0.3
    assert model[1].training


def test_update_bn_measures_with_dropout_and_recompute_statistics_without(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(1)).to(device)
    x = 5 + torch.randn(4096, 1, device=device)
    recompute_statistics(model, [x])
    assert 0.9 < model[1].running_var < 1.1
    torch.optim.swa_utils.update_bn([x], model)
    assert 24 < model[1].running_var < 30


@pytest.mark.parametrize("mixes", [lambda x: x.softmax(0), lambda x: x / x.abs().max(),
                                   nn.BatchNorm1d(3, track_running_stats=False).eval()])
def test_what_else_mixes_samples_in_eval_mode(device, mixes):
    with pytest.raises((AssertionError, ValueError), match=r"sample \d alone|more than 1 value"):
        same_alone(mixes, torch.randn(4, 3, device=device))


def test_a_norm_whose_train_keeps_eval_mode_is_measured_too(device):
    class StaysInEval(nn.BatchNorm1d):
        def train(self, mode=True):
            return super().train(False)

    norm, x = StaysInEval(2, device=device).eval(), 5 + torch.randn(16, 2, device=device)
    recompute_statistics(norm, [x])
    torch.testing.assert_close(norm.running_mean, x.mean(0))
    assert not norm.training


def test_a_lazy_norm_is_refused_before_any_change():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.LazyBatchNorm1d())
    model[0].running_mean.fill_(5.0)
    x = torch.randn(4, 2)
    with pytest.raises(ValueError, match="call the model once before"):
        recompute_statistics(model, [x])
    assert model[0].running_mean.eq(5).all()
    model(x)
    recompute_statistics(model, [x])
    torch.testing.assert_close(model[0].running_mean, x.mean(0))


def test_batches_without_a_sample_change_nothing():
    norm = nn.BatchNorm1d(1)
    norm.running_mean.fill_(5.0)
    with pytest.raises(ValueError, match="no batch with a sample"):
        recompute_statistics(norm, [torch.zeros(0, 1)] * 2)
    assert norm.running_mean.item() == 5.0
    recompute_statistics(norm, [torch.zeros(0, 1), torch.tensor([[6.0], [10.0]])])
    assert norm.running_mean.item() == 8.0
