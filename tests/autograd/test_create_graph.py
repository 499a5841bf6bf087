"""What the page says of layers without a second derivative."""

import contextlib
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel


def twice(function, x):
    x = x.requires_grad_()
    slope, = torch.autograd.grad(function(x).square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    return x.grad


def attention(x):
    return F.scaled_dot_product_attention(x, x, x)


@pytest.mark.parametrize("shape", [(1, 1, 2, 4), (2, 3, 5, 16)])
def test_fused_attention_has_no_second_derivative(device, shape):
    x = torch.randn(shape, device=device)
    with pytest.raises(RuntimeError, match="is not implemented"):
        twice(attention, x)
    with sdpa_kernel(SDPBackend.MATH):
        assert twice(attention, x.detach()).isfinite().all()


def test_an_encoder_layer_needs_the_plain_attention(device):
    layer = nn.TransformerEncoderLayer(4, 1, dropout=0.0, batch_first=True, device=device)
    x = torch.randn(1, 2, 4, device=device)
    with pytest.raises(RuntimeError, match="is not implemented"):
        twice(layer, x)
    with sdpa_kernel(SDPBackend.MATH):
        assert twice(layer, x.detach()).isfinite().all()


def ctc(x):
    return F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 2]]), torch.tensor([5]),
                      torch.tensor([2]))


@pytest.mark.parametrize(("function", "shape"), [
    (ctc, (5, 1, 3)),
    (torch.compile(torch.tanh, backend="aot_eager"), (3,))])
def test_these_have_no_second_derivative(function, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match=r"not implemented|not currently support"):
            twice(function, torch.randn(shape, device="cpu"))


def test_retain_graph_ends_the_error_and_the_penalty_stays_a_constant(device):
    layer = nn.Linear(1, 1, device=device)
    x = torch.ones(1, 1, device=device, requires_grad=True)
    score = layer(x).tanh()
    slope, = torch.autograd.grad(score.sum(), x, retain_graph=True)
    assert not slope.requires_grad
    (score.mean() + slope.norm()).backward()


def test_backward_with_create_graph_warns_and_leaves_a_graph(device):
    w = torch.ones(1, device=device, requires_grad=True)
    with pytest.warns(UserWarning, match="reference cycle"):
        (w ** 3).sum().backward(create_graph=True)
    assert w.grad.grad_fn is not None
    w.grad = None


def test_cdist_has_a_second_derivative_since_torch_2_15():
    old = torch.__version__ < "2.15"
    with pytest.raises(NotImplementedError) if old else contextlib.nullcontext():
        twice(lambda x: torch.cdist(x, 2 * x), torch.randn(2, 3, device="cpu"))
    twice(lambda x: torch.cdist(x, 2 * x), torch.randn(26, 3, device="cpu"))


def test_dropout_on_a_cpu_is_the_plain_attention():
    layer = nn.TransformerEncoderLayer(4, 1, batch_first=True, device="cpu")
    x = torch.randn(1, 2, 4, device="cpu")
    twice(layer, x.detach())
    with pytest.raises(RuntimeError, match="is not implemented"):
        twice(layer.eval(), x)
