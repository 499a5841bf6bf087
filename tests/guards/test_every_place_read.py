import contextlib

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.every_place_read import every_place_read
from snippets.guards.judge import Undecided
from snippets.guards.wrong_every_place_read import FirstOfCausal, LastOfBothWays, average_frames
from tests.awkward import Guard

AWKWARD = [
    Guard(every_place_read,
          right=lambda guard, x: guard(lambda x: x.sum(1), x),
          wrong=lambda guard, x: guard(lambda x: x[:, :-1].sum(1), x)),
]


def data(device, *shape):
    return torch.randn(*(shape or (3, 7, 8)), device=device)


class Call(nn.Module):
    """A function with layers."""

    def __init__(self, call, *layers):
        super().__init__()
        self.call, self.layers = call, nn.ModuleList(layers)

    def forward(self, x):
        return self.call(x, *self.layers)


def encoder():
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


def perceptron():
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(),
                         nn.Linear(32, 4))


def convolutions():
    return nn.Sequential(nn.Conv1d(8, 8, 3, padding=1), nn.BatchNorm1d(8), nn.ReLU(),
                         nn.Conv1d(8, 8, 3, padding=1), nn.ReLU()).eval()


def causal(x, layer):
    hide = torch.ones(x.shape[1], x.shape[1], device=x.device).triu(1).bool()
    return layer(x, src_mask=hide)[:, -1]


def codes(x, layer):
    table = torch.arange(128.0, device=x.device).cos().view(16, 8).to(x)
    return table[torch.cdist(layer(x), table.expand(len(x), -1, -1)).argmin(-1)].mean(1)


RIGHT = {
    "mean": Call(lambda x, layer: layer(x).mean(1), nn.Linear(8, 16)),
    "maximum": Call(lambda x, layer: layer(x).amax(1), nn.Linear(8, 16)),
    "median": Call(lambda x, layer: layer(x).median(1).values, nn.Linear(8, 16)),
    "two largest": Call(lambda x, layer: layer(x).topk(2, 1).values, nn.Linear(8, 16)),
    "recurrent": Call(lambda x, layer: layer(x)[1][-1], nn.GRU(8, 5, batch_first=True)),
    "both ways": Call(lambda x, layer: layer(x)[1].transpose(0, 1).flatten(1),
                      nn.GRU(8, 5, batch_first=True, bidirectional=True)),
    "encoder, first token": Call(lambda x, layer: layer(x)[:, 0], encoder().eval()),
    "encoder, dropout": Call(lambda x, layer: layer(x).mean(1), encoder()),
    "causal, last token": Call(causal, encoder().eval()),
    "mean and deviation": lambda x: torch.cat([x.mean(1), x.std(1)], -1),
    "all places side by side": Call(lambda x, layer: layer(x.flatten(1)), nn.Linear(56, 3)),
    "attention to one query": Call(lambda x, layer: (layer(x).softmax(1) * x).sum(1),
                                   nn.Linear(8, 1)),
    "codes": Call(codes, nn.Linear(8, 8)),
    "largest class": Call(lambda x, layer: layer(x).mean(1).argmax(-1), nn.Linear(8, 4)),
    "no gradient": torch.no_grad()(lambda x: x.amax(1)),
    "branch that starts at 0": Call(lambda x, layer: x[:, 0] + layer(x).sum(1),
                                    nn.Linear(8, 8)),
    "Fourier": lambda x: torch.fft.fft(x, dim=1),
}
nn.init.zeros_(RIGHT["branch that starts at 0"].layers[0].weight)


@pytest.mark.parametrize("each_feature", [False, True])
@pytest.mark.parametrize("name", RIGHT)
def test_whole_summaries_pass(device, name, each_feature):
    call = RIGHT[name].to(device) if isinstance(RIGHT[name], nn.Module) else RIGHT[name]
    every_place_read(call, data(device), each_feature=each_feature)


@pytest.mark.parametrize("make", [
    lambda: Call(lambda x, layer: layer(x).amax(1), perceptron()),
    lambda: Call(lambda x, layer: layer(x.mT).amax(2), convolutions())])
@pytest.mark.parametrize("seed", range(5))
def test_a_maximum_behind_relus_passes_and_each_number_is_undecided_at_most(device, make, seed):
    torch.manual_seed(seed)
    call = make().to(device)
    every_place_read(call, data(device))
    with contextlib.suppress(Undecided):
        every_place_read(call, data(device), each_feature=True)


def test_a_sequence_as_output_passes_and_its_numbers_do_not(device):
    layer = nn.Conv1d(8, 8, 3, padding=1).to(device)
    every_place_read(lambda x: layer(x.mT).mT, data(device))
    with pytest.raises(AssertionError, match="each number of the output does not follow"):
        every_place_read(lambda x: layer(x.mT).mT, data(device), each_feature=True)


def test_a_long_recurrent_layer_passes(device):
    layer = nn.LSTM(4, 4, batch_first=True).to(device)
    every_place_read(lambda x: layer(x)[1][0][-1], data(device, 2, 200, 4))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_each_dtype_is_tried_in_float64(device, dtype):
    layer = nn.Linear(8, 8).to(device, dtype)
    every_place_read(lambda x: layer(x).amax(1), data(device).to(dtype), each_feature=True)
    with pytest.raises(AssertionError, match=r"places \[0\] of 7"):
        every_place_read(lambda x: layer(x)[:, 1:].amax(1), data(device).to(dtype))
    assert layer.weight.dtype == dtype
    assert layer.weight.grad is None


@pytest.mark.parametrize(("call", "lost"), [
    (lambda x: x[:, :-1].sum(1), [6]), (lambda x: x[:, 1:].amax(1), [0]),
    (lambda x: x[:, ::2].mean(1), [1, 3, 5]), (lambda x: x[:, 0], [1, 2, 3, 4, 5, 6]),
    (lambda x: F.max_pool1d(x.mT, 2).mean(-1), [6]), (lambda x: (x[:, 1:], x[:, 2:]), [0]),
    (lambda x: x.detach()[:, :-1].sum(1), [6]),
    (Call(lambda x, layer: layer(x.detach()[:, :-1]).sum(1), nn.Linear(8, 3)), [6]),
    (lambda x: x[:, :-1].to_sparse(), [6]),
    (lambda x: torch.complex(x[:, :-1].sum(1), x[:, 0]), [6])])
def test_lost_places_are_named(device, call, lost):
    call = call.to(device) if isinstance(call, nn.Module) else call
    with pytest.raises(AssertionError) as caught:
        every_place_read(call, data(device))
    assert str(caught.value).startswith(f"the output does not follow places {lost} of 7")


@pytest.mark.parametrize(("call", "lost"), [
    (lambda x: torch.cat([x.sum(1), x[:, 1:].sum(1)], 1), [0]),
    (lambda x: (x.amax(1), x[:, -1]), [0, 1, 2, 3, 4, 5]),
    (lambda x: (x.sum(1), torch.ones_like(x[:, 0])), None)])
def test_each_number_is_asked_where_told(device, call, lost):
    every_place_read(call, data(device))
    if lost is None:  # a number that no place changes is not asked
        every_place_read(call, data(device), each_feature=True)
        return
    with pytest.raises(AssertionError) as caught:
        every_place_read(call, data(device), each_feature=True)
    assert f"each number of the output does not follow places {lost} of 7" in str(caught.value)


@pytest.mark.parametrize(("model", "options"), [
    (FirstOfCausal(8), {}), (LastOfBothWays(8), {"each_feature": True})])
def test_models_that_leave_places_out_fail(device, model, options):
    with pytest.raises(AssertionError, match=r"does not follow places \["):
        every_place_read(model.to(device), data(device), **options)


def test_frames_fail_where_they_leave_out_the_end(device):
    every_place_read(average_frames, data(device, 3, 10))
    with pytest.raises(AssertionError, match=r"places \[10\] of 11"):
        every_place_read(average_frames, data(device, 3, 11))


def test_a_place_that_one_sample_alone_leaves_out_fails(device):
    def call(x):
        keep = torch.ones(x.shape[:2], device=x.device)
        keep[1, 4] = 0
        return (x * keep.unsqueeze(-1)).sum(1)

    with pytest.raises(AssertionError, match=r"places \[4\] of 7"):
        every_place_read(call, data(device))
    with pytest.raises(Undecided, match=r"nan at places \[4\]"):  # nan times 0 is nan
        every_place_read(call, data(device), each_feature=True)


def test_a_sample_may_need_other_numbers_than_its_neighbour(device):
    def call(x):
        return torch.stack([x[0].sum(), (x[1].abs() > 4.5).sum().to(x)])

    every_place_read(call, torch.ones(2, 3, device=device))


def test_rows_and_columns_of_images(device):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveMaxPool2d(1), nn.Flatten()).to(device)
    images = data(device, 2, 3, 6, 7)
    for dim in (2, 3, -1, -2):
        every_place_read(network, images, dim=dim)
    patches = nn.Conv2d(3, 4, 3, stride=3).to(device)
    every_place_read(patches, images, dim=2)
    with pytest.raises(AssertionError, match=r"places \[6\] of 7"):
        every_place_read(patches, images, dim=3)


@pytest.mark.parametrize(("call", "shape", "options", "says"), [
    *[(lambda x: x, (3, 4), {"dim": dim}, "no such axis") for dim in (2, -3, 0, -2)],
    (lambda x: x.sum(), (3, 4), {}, "has no axis 0"), (lambda x: {"a": x}, (3, 4), {}, "no tensor"),
    (lambda x: x * 0, (3, 4), {}, "no place changes"), (lambda x: x / 0, (3, 4), {}, "not finite"),
    (lambda x: x + float(torch.seed() % 1000), (3, 4), {}, "random")])
def test_what_cannot_be_told_is_undecided(device, call, shape, options, says):
    with pytest.raises(Undecided, match=says):
        every_place_read(call, data(device, *shape), **options)


@pytest.mark.parametrize("x", [torch.ones(3, 4, device="meta"), torch.ones(3, 4).long(),
                               torch.ones(0, 4), torch.ones(3, 0)])
def test_what_holds_no_floats_is_undecided(x):
    with pytest.raises(Undecided, match=r"x holds no floats|on meta"):
        every_place_read(lambda x: x, x)


def test_an_assert_of_the_call_is_not_the_guards(device):
    def small(x):
        assert (x.abs() < 4).all(), "numbers of an image"
        return x.amax(1)

    with pytest.raises(Undecided, match="of the call itself fails: numbers of an image"):
        every_place_read(small, data(device, 3, 4).clamp(-1, 1))


@pytest.mark.parametrize("lost", [[], [0]])
def test_nothing_is_left_changed(device, lost):
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(7), nn.Dropout()).to(device)
    x, state = data(device).requires_grad_(), torch.get_rng_state()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    values = x.detach().clone()

    def call(x):
        return model(x)[:, len(lost):].sum(1)

    try:
        every_place_read(call, x)
    except AssertionError:
        assert lost
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert torch.equal(x, values)
    assert x.grad is None
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)
