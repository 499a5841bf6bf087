import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.autograd.gradcheck import GradcheckError

from snippets.autograd.gradcheck import check_gradients
from snippets.autograd.wrong_gradcheck import CubeOnce, ProductWithoutWeight
from tests.awkward import Case


def nothing(x, found):
    assert found is None


AWKWARD = [
    Case(check_gradients, lambda check, x: check(lambda x: x * x, x), holds=nothing,
         compiled=False),
]


@pytest.mark.parametrize("make", [
    lambda: (nn.Linear(3, 2), torch.randn(4, 3).half()),
    lambda: (nn.Embedding(4, 2), torch.tensor([1, 2])),
    lambda: (nn.BatchNorm1d(2), torch.randn(5, 2)),
    lambda: (nn.GRU(2, 3), torch.randn(3, 1, 2)),
    lambda: (nn.TransformerEncoderLayer(4, 2, 8, activation="gelu"), torch.randn(3, 1, 4)),
    lambda: (nn.Linear(2, 1, dtype=torch.complex64), torch.randn(3, 2, dtype=torch.complex64)),
    lambda: (lambda x: x.mul_(2).sin_(), torch.randn(3)),
    lambda: (lambda x: {"a": x * x, "b": [None, x.sin()]}, torch.randn(3)),
    lambda: (lambda x: (x * x, None), torch.randn(3)),
    lambda: (torch.sin, torch.empty(0))])
def test_right_gradients_pass(make):
    torch.manual_seed(0)
    call, *inputs = make()
    before = [x.clone() for x in inputs]
    state = {k: v.clone() for k, v in getattr(call, "state_dict", dict)().items()}
    check_gradients(call, *inputs)
    for x, old in zip(inputs, before, strict=True):
        torch.testing.assert_close(x, old)
    for name, old in state.items():
        torch.testing.assert_close(call.state_dict()[name], old)


def test_a_frozen_parameter_is_checked_too():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3), requires_grad=False)

        def forward(self, x):
            return ProductWithoutWeight.apply(x, self.weight)

    with pytest.raises(GradcheckError):
        check_gradients(Scale(), torch.randn(3))


def test_a_tied_weight_is_one_parameter():
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    check_gradients(model, torch.randn(2, 3))


def test_random_state_is_left_as_it_was():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    check_gradients(nn.Dropout(), torch.ones(3))
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(GradcheckError):
        check_gradients(CubeOnce.apply, torch.ones(3), second=True)


def test_a_wrong_gradient_in_a_dict_is_found():
    with pytest.raises(GradcheckError):
        check_gradients(lambda x: {"a": x * x.detach()}, torch.randn(3))


@pytest.mark.parametrize(("call", "passes"), [(torch.relu, False), (torch.abs, True)])
def test_a_kink_passes_if_the_gradient_is_the_mean_of_the_slopes(call, passes):
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    assert gradcheck(call, x, raise_exception=False) == passes


def test_padding_of_an_embedding_fails():
    with pytest.raises(GradcheckError):
        check_gradients(nn.Embedding(4, 2, padding_idx=0), torch.tensor([0, 1]))


def test_what_has_no_gradient_is_refused():
    with pytest.raises(ValueError, match="at least one input tensor"):
        check_gradients(torch.sin, torch.ones(3, dtype=torch.int64))


@pytest.mark.parametrize("conjugates", [True, False])
def test_a_complex_backward_needs_the_conjugate(conjugates):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, grad):
            z, = ctx.saved_tensors
            return 2 * (z.conj() if conjugates else z) * grad

    z = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
    assert gradcheck(Square.apply, z, raise_exception=False) == conjugates
