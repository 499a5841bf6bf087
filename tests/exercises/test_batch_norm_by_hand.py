import pytest
import torch
import torch.nn.functional as F

from snippets.exercises import wrong_batch_norm_by_hand
from snippets.exercises.batch_norm_by_hand import batch_norm, check_batch_norm
from tests.awkward import Case, LeftOut

STATISTICS = torch.arange(4.0), torch.arange(1.0, 5)


def like(training):
    """F.batch_norm in float64, with running statistics of x's device."""
    def call(x):
        mean, var = (each.to(x).double() for each in STATISTICS)
        return F.batch_norm(x.double(), mean, var, training=training).to(x.dtype)
    return call


def given(training):
    return lambda f, x: f(x, *(each.to(x, copy=True) for each in STATISTICS), training)


OUTSIDE = dict.fromkeys(["around 1e8", "float32 around 1e4", "expanded"], "costs digits") | {
    "huge": "squares are finite"}
AWKWARD = [Case(batch_norm, given(True), like(True), outside=OUTSIDE, compiled=False),
           Case(batch_norm, given(False), like(False), compiled=False),
           LeftOut(check_batch_norm, "it makes its own batch")]


def by_functional(x, mean, var, training, momentum=0.1, eps=1e-5):
    return F.batch_norm(x, mean, var, None, None, training, momentum, eps)


def by_einsum(x, mean, var, training, momentum=0.1, eps=1e-5):
    """In float64, with the running variance out of the biased one."""
    x, n = x.double(), len(x)
    m, v = mean.double(), var.double()
    if training:
        m = torch.einsum("nc->c", x) / n
        v = torch.einsum("nc,nc->c", x - m, x - m) / n
        mean.copy_((1 - momentum) * mean + momentum * m.detach())
        var.copy_((1 - momentum) * var + momentum * v.detach() * n / (n - 1))
    return (x - m) * (v + eps).rsqrt()


def by_loop(x, mean, var, training, momentum=0.1, eps=1e-5):
    columns = []
    for c in range(x.shape[1]):
        m, v = mean[c].clone(), var[c].clone()
        if training:
            m = sum(x[:, c]) / len(x)
            v = sum((y - m) ** 2 for y in x[:, c]) / len(x)
            mean.data[c] += momentum * (m.item() - mean[c].item())
            var.data[c] += momentum * (x[:, c].var().item() - var[c].item())
        columns.append((x[:, c] - m) / (v + eps) ** 0.5)
    return torch.stack(columns, 1)


@pytest.mark.parametrize("right", [batch_norm, by_functional, by_einsum, by_loop])
def test_right_answers_written_in_another_way_pass(right):
    check_batch_norm(right)


def with_output(make):
    def answer(x, mean, var, training, momentum, eps):
        batch_norm(x, mean, var, training, momentum, eps)
        m, v = (x.mean(0), x.var(0, correction=0)) if training else (mean, var)
        return make(x, m, v, eps)
    return answer


def keeps_the_graph(x, mean, var, training, momentum, eps):
    if training:
        mean.lerp_(x.mean(0), momentum)
        var.lerp_(x.var(0), momentum)
        return (x - x.mean(0)) / (x.var(0, correction=0) + eps).sqrt()
    return batch_norm(x, mean, var, training, momentum, eps)


def statistics_of_the_batch(x, mean, var, training, momentum, eps):
    out = batch_norm(x, mean.clone(), var.clone(), True, momentum, eps)
    if training:
        batch_norm(x, mean, var, training, momentum, eps)
    return out


def always_updated(x, mean, var, training, momentum, eps):
    out = batch_norm(x, mean, var, training, momentum, eps)
    if not training:
        mean.add_(1)
    return out


def variance_left(x, mean, var, training, momentum, eps):
    return batch_norm(x, mean, var.clone() if training else var, training, momentum, eps)


@pytest.mark.parametrize(("wrong", "message"), [
    (with_output(lambda x, m, v, eps: (x - m) / (v.sqrt() + eps)), "eps stands outside"),
    (with_output(lambda x, m, v, eps: (x - m) / (v + eps)), "take its square root"),
    (with_output(lambda x, m, v, eps: F.layer_norm(x, (2,), eps=eps)), "dim=0"),
    (with_output(lambda x, m, v, eps: (x - m.detach()) / (v.detach() + eps).sqrt()),
     "gradient in training: it must go through"),
    (with_output(lambda x, m, v, eps: x), "output in training: .* for "),
    (lambda x, m, v, training, *rest: batch_norm(x, m, v, False, *rest), "are for eval"),
    (keeps_the_graph, "memory grows"),
    (statistics_of_the_batch, "does not depend on its batch"),
    (always_updated, "leave them as they are"),
    (variance_left, "running variance: it did not change"),
])
def test_wrong_answers_are_rejected_with_their_cause(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_batch_norm(wrong)


@pytest.mark.parametrize("name", ["one_variance", "biased_in_both", "momentum_of_the_old",
                                  "new_names"])
def test_the_wrong_answers_of_the_page_are_right_in_eval(name):
    """So what is wrong are the statistics that they kept."""
    x, mean, var = torch.randn(5, 3), torch.randn(3), torch.rand(3)
    got = getattr(wrong_batch_norm_by_hand, name)(x, mean, var, False)
    torch.testing.assert_close(got, F.batch_norm(x, mean, var))


def test_half_precision_and_a_batch_of_one_are_refused():
    statistics = torch.zeros(3), torch.ones(3)
    with pytest.raises(TypeError, match="float16"):
        batch_norm(torch.zeros(2, 3).half(), *statistics, True)
    with pytest.raises(ValueError, match="one sample"):
        batch_norm(torch.zeros(1, 3), *statistics, True)
