import pytest
import torch
from torch import nn

from snippets.guards.judge import Undecided
from snippets.modules.eval_no_grad_train import assert_evaluation_is_clean, evaluating
from tests import populations
from tests.awkward import Case, Guard


def evaluated(manager, x, model=None):
    model = model or nn.Dropout(0.5)
    with manager(model):
        return model(x)


def without(guard, x):
    model = nn.Dropout(0.5)
    with torch.no_grad():
        guard(lambda: model(x), model)


AWKWARD = [
    Case(evaluating, evaluated, like=lambda x: x.detach().clone(), shape=(16, 16)),
    Guard(assert_evaluation_is_clean, shape=(16, 16), wrong=without, right=lambda guard, x: guard(
        lambda: evaluated(evaluating, x), nn.Dropout(0.5))),
]


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


def test_the_guard_puts_back_what_evaluation_changes(device):
    model, x = model_on(device), torch.randn(8, 4, device=device)

    def raises():
        model.eval()[2].running_mean.fill_(7)
        raise KeyError("stop")

    before, state = model[2].running_mean.clone(), torch.get_rng_state()
    with pytest.raises(AssertionError, match="evaluation changes"):
        assert_evaluation_is_clean(lambda: model(x), model)
    with pytest.raises(KeyError):
        assert_evaluation_is_clean(raises, model)
    assert torch.equal(model[2].running_mean, before)
    assert all(module.training for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)


def test_nan_is_no_alarm_and_an_output_of_zeros_is_undecided(device):
    model, x = nn.BatchNorm1d(4).to(device), torch.ones(2, 4, device=device)
    model.running_mean[0] = torch.nan
    assert_evaluation_is_clean(lambda: evaluated(evaluating, x, model), model)
    with pytest.raises(Undecided):
        assert_evaluation_is_clean(
            lambda: evaluated(evaluating, 0 * x, nn.Dropout(0.5)), nn.Dropout(0.5))


def test_the_layers_that_look_at_a_switch():
    reads = set(populations.layers_that_read_training())
    assert {name for name in reads if not name.startswith("Lazy")} == {
        "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout",
        "RReLU", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "InstanceNorm1d",
        "InstanceNorm2d", "InstanceNorm3d", "RNN", "LSTM", "GRU", "MultiheadAttention",
        "TransformerEncoderLayer"}
    assert set(populations.layers_that_read_the_grad_mode()) == {
        "MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder", "DataParallel"}


def test_an_instance_norm_changes_with_the_mode_only_if_it_tracks(device):
    x = torch.randn(2, 3, 5, device=device)
    for tracks in [False, True]:
        norm = nn.InstanceNorm1d(3, track_running_stats=tracks).to(device)
        assert torch.equal(norm(x), norm.eval()(x)) != tracks


def test_eval_sets_the_attribute_training_and_nothing_else():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.LSTM(2, 2, dropout=0.0))
    before = [dict(vars(module)) for module in model.modules()]
    model.eval()
    for module, was in zip(model.modules(), before, strict=True):
        assert {name for name, value in vars(module).items() if value is not was[name]} == {
            "training"}


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("switch", ["none", "fast path off", "default device"])
def test_an_encoder_gives_zeros_in_the_padding_under_no_grad_unless_switched_off(device, switch):
    torch.set_default_device(device if switch == "default device" else None)
    torch.backends.mha.set_fastpath_enabled(switch != "fast path off")
    try:
        layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        encoder = nn.TransformerEncoder(layer, 1).eval().to(device)
        x = torch.randn(2, 3, 4, device=device)
        hide = torch.tensor([[False, False, True], [False, False, False]], device=device)
        recorded = encoder(x, src_key_padding_mask=hide).detach()
        with torch.no_grad():
            other = encoder(x, src_key_padding_mask=hide)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
        torch.set_default_device(None)
    torch.testing.assert_close(recorded[~hide], other[~hide])
    assert recorded[hide].all()
    assert other[hide].any() == (switch != "none")


class WithExtraState(nn.Linear):
    def get_extra_state(self):
        return {"steps": 1}

    def set_extra_state(self, state):
        pass


def test_extra_state_that_is_no_tensor_is_left_out(device):
    model, x = WithExtraState(2, 2).to(device), torch.ones(1, 2, device=device)

    def evaluate():
        with evaluating(model):
            return model(x)

    assert_evaluation_is_clean(evaluate, model)


def test_outputs_of_two_shapes_are_an_alarm(device):
    outputs = iter([torch.ones(2, device=device), torch.ones(3, device=device)])
    with pytest.raises(AssertionError, match="two evaluations differ"):
        assert_evaluation_is_clean(lambda: next(outputs), nn.ReLU())


class Replaces(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.name = name
        self.register_buffer("kept", torch.zeros(1))

    def forward(self, x):
        if self.name == "kept":
            self.kept = torch.zeros(len(self.kept) + 1)
        else:
            self.register_buffer(self.name, torch.zeros(1))
        return x


@pytest.mark.parametrize("name", ["kept", "added"])
def test_a_buffer_that_is_replaced_or_added_is_named_and_put_back(name):
    model = Replaces(name)
    with pytest.raises(AssertionError, match=f"evaluation changes {name}"):
        assert_evaluation_is_clean(lambda: model(torch.ones(2)), model)
    assert {key: value.tolist() for key, value in model.state_dict().items()} == {"kept": [0.0]}


@pytest.mark.parametrize("result", [1.0, (torch.ones(2),), torch.ones(2).to_sparse()])
def test_an_output_that_is_no_dense_tensor_is_a_type_error(result):
    with pytest.raises(TypeError, match="one dense tensor"):
        assert_evaluation_is_clean(lambda: result, nn.ReLU())


def test_an_assert_in_the_evaluation_is_undecided():
    def evaluate():
        assert False, "no data"  # noqa: B011, PT015

    with pytest.raises(Undecided, match="no data"):
        assert_evaluation_is_clean(evaluate, nn.ReLU())
