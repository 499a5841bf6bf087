import pytest
import torch
from torch import nn

from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.normalization.frozen_batch_norm import Frozen
from snippets.normalization.wrong_frozen_batch_norm import frozen_backbone_and_head
from tests.awkward import Case

AWKWARD = [
    Case(Frozen, lambda kind, x: kind(nn.BatchNorm1d(4)).train()(x),
         like=lambda x: nn.BatchNorm1d(4).eval()(x), compiled=False),
]


def backbone(device):
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.5)).to(device)


def train(model):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        x = torch.randn(2, 3, 5, 5, device=next(model.parameters()).device)
        model.train()(x).sum().backward()
        optimizer.step()


def test_training_leaves_a_frozen_part_and_moves_the_rest(device):
    model = nn.Sequential(nn.Conv2d(3, 3, 1).to(device), Frozen(backbone(device)))
    frozen_stays_frozen(train, model, frozen=lambda model: model[1].state_dict())
    with pytest.raises(AssertionError, match="weight, bias"):
        frozen_stays_frozen(train, model, frozen=lambda model: model[0].state_dict())


def test_a_frozen_part_has_no_dropout_in_training(device):
    frozen = Frozen(backbone(device)).train()
    x = torch.randn(2, 3, 5, 5, device=device)
    torch.testing.assert_close(frozen(x), frozen(x))
    torch.testing.assert_close(frozen(x), frozen.module(x))


def test_train_returns_the_module_in_eval_mode(device):
    frozen = Frozen(backbone(device))
    assert frozen.train() is frozen
    assert not any(module.training for module in frozen.modules())
    assert not any(p.requires_grad for p in frozen.parameters())


def test_without_it_the_running_statistics_move(device):
    model = frozen_backbone_and_head(backbone(device), 5).to(device)
    with pytest.raises(AssertionError, match="running_mean"):
        frozen_stays_frozen(train, model, frozen=lambda model: model[0].state_dict())


def test_a_frozen_part_takes_all_arguments_and_loads_under_its_own_names(device):
    attention = nn.MultiheadAttention(4, 2, batch_first=True, device=device)
    frozen, x = Frozen(attention), torch.randn(2, 3, 4, device=device)
    mask = torch.zeros(3, 3, dtype=torch.bool, device=device)
    torch.testing.assert_close(
        frozen(x, x, x, attn_mask=mask, need_weights=False),
        attention(x, x, x, attn_mask=mask, need_weights=False))
    assert all(name.startswith("module.") for name in frozen.state_dict())


def test_a_call_that_reaches_inside_thaws_it(device):
    model = nn.Sequential(Frozen(backbone(device)))
    for module in model.modules():
        module.train()
    assert model[0].module[1].training
    assert all(p.requires_grad for p in model.requires_grad_(True).parameters())


def test_freezing_in_the_middle_of_training_stops_gradient_and_momentum(device):
    model = nn.Sequential(backbone(device), nn.Flatten(), nn.Linear(100, 1).to(device))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x = torch.randn(2, 3, 5, 5, device=device)
    model(x).sum().backward()
    optimizer.step()
    model[0] = Frozen(model[0])
    before = [p.detach().clone() for p in model[0].parameters()]
    model.train()(x).sum().backward()
    optimizer.step()
    assert device == "meta" or all(map(torch.equal, before, model[0].parameters()))
    assert all(p.grad is None for p in model[0].parameters())


@pytest.mark.parametrize(("layer", "says"), [
    (nn.BatchNorm1d(1, track_running_stats=False), "without running statistics"),
    (nn.LazyLinear(2), "lazy layers")])
def test_what_eval_cannot_freeze_is_refused_before_any_change(layer, says):
    module = nn.Sequential(nn.Linear(1, 1), layer)
    with pytest.raises(ValueError, match=says):
        Frozen(module)
    assert module[0].weight.requires_grad
    assert module[0].training


def test_a_norm_of_single_samples_needs_no_running_statistics(device):
    Frozen(nn.InstanceNorm1d(2, device=device))


def test_momentum_of_zero_does_not_hold_against_inf():
    norm = nn.BatchNorm1d(1, momentum=0.0)
    norm(torch.tensor([[torch.inf], [1.0]]))
    assert norm.running_mean.isnan()
