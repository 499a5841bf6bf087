import math

import pytest
import torch
import torch.nn.functional as F

from snippets.numerics.masked_softmax import masked_softmax
from tests.awkward import Case

DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
KEEP = torch.tensor([[True, True, False, True], [False, False, False, False],
                     [True, True, True, True]])


def by_torch(x):
    """The softmax of torch.masked, with zeros where nothing is kept."""
    if not x.is_floating_point():
        raise TypeError("no softmax of integers")
    keep = KEEP[:len(x)].to(x.device)
    found = torch.masked.softmax(x, 1, mask=keep)
    return torch.where(keep.any(1, keepdim=True), found, torch.zeros_like(found))


AWKWARD = [Case(masked_softmax, lambda f, x: f(x, KEEP[:len(x)].to(x.device)), like=by_torch)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [-1, 1, 0])
def test_masked_softmax_equals_softmax_of_what_is_kept(device, dtype, dim):
    logits = torch.tensor([[1000.0, 1.0, -1000.0], [2.0, -3.0, 0.5], [0.0, 0.0, 7.0]],
                          dtype=dtype, device=device)
    keep = torch.tensor([[True, True, False], [False, True, True], [False, False, False]],
                        device=device)
    weights = masked_softmax(logits, keep, dim)
    for row, kept, got in zip(*(x.unbind(1 if dim == 0 else 0) for x in (logits, keep, weights)),
                              strict=True):
        torch.testing.assert_close(got[kept], F.softmax(row[kept], 0))
        assert (got[~kept] == 0).all()


def test_masked_softmax_is_zero_where_nothing_is_kept_and_so_is_its_gradient(device):
    keep = torch.zeros(2, 3, dtype=torch.bool, device=device)
    keep[1, 1:] = True
    logits = torch.tensor([[math.inf, math.nan, 0.0], [math.nan, 1.0, 2.0]], device=device)
    logits = logits.requires_grad_()
    with torch.autograd.set_detect_anomaly(True):
        weights = masked_softmax(logits, keep)
        weights.square().sum().backward()
    assert (weights[0] == 0).all()
    assert (logits.grad[~keep] == 0).all()
    assert (logits.grad[keep] != 0).all()


def test_masked_softmax_broadcasts_its_mask(device):
    logits = torch.arange(24.0, device=device).view(2, 3, 4)
    keys = torch.tensor([[True, True, False, False], [False] * 4], device=device)[:, None]
    queries = torch.tensor([[True, False, True]] * 2, device=device)[..., None]
    torch.testing.assert_close(masked_softmax(logits, keys),
                               masked_softmax(logits, keys.expand(2, 3, 4)))
    torch.testing.assert_close(masked_softmax(logits, queries),
                               masked_softmax(logits, queries.expand(2, 3, 4)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_attention_with_masked_softmax_equals_torch_in_rows_masked_whole(device, dtype):
    keep = torch.ones(4, 4, dtype=torch.bool, device=device).tril()
    keep[:, :2] = False
    q, k, v = torch.linspace(-2, 2, 192, device=device).view(3, 1, 2, 4, 8).to(dtype)
    weights = masked_softmax(q @ k.mT / math.sqrt(8), keep)
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
    torch.testing.assert_close(weights @ v, expected, atol=2e-2, rtol=2e-2)
    assert (expected[..., :2, :] == 0).all()


def test_the_lowest_number_as_a_mask_is_uniform_over_what_it_hides(device):
    scores = torch.tensor([3.0, 1.0, 2.0], device=device)
    mask = torch.full((3,), torch.finfo(torch.float32).min, device=device)
    assert torch.equal(F.softmax(scores + mask, 0), F.softmax(torch.zeros(3, device=device), 0))
    assert F.softmax(scores + mask + mask, 0).isnan().all()


@pytest.mark.parametrize(("logits", "keep"), [
    (torch.zeros(2, dtype=torch.int64), torch.ones(2, dtype=torch.bool)),
    (torch.zeros(2, dtype=torch.complex64), torch.ones(2, dtype=torch.bool)),
    (torch.zeros(2), torch.ones(2)), (torch.zeros(2), torch.ones(2, dtype=torch.uint8))])
def test_integers_and_masks_of_numbers_raise(logits, keep):
    with pytest.raises(TypeError, match="mask"):
        masked_softmax(logits, keep)


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3)])
def test_the_one_line_equals_the_function_in_value_and_gradient(device, shape):
    scores = torch.randn(shape, device=device, dtype=torch.float64).requires_grad_()
    keep = torch.tensor([[True, False, True], [False, False, False]], device=device)
    weights = [masked_softmax(scores, keep),
               scores.masked_fill(~keep, -math.inf).softmax(-1).masked_fill(~keep, 0)]
    torch.testing.assert_close(*weights)
    torch.testing.assert_close(*(torch.autograd.grad(w.square().sum(), scores) for w in weights))


@pytest.mark.filterwarnings("ignore:Anomaly", "ignore:Error detected")
def test_anomaly_detection_stops_in_the_one_line():
    scores, keep = torch.zeros(1, 2, requires_grad=True), torch.zeros(1, 2, dtype=torch.bool)
    with torch.autograd.set_detect_anomaly(True, check_nan=True):
        weights = scores.masked_fill(~keep, -math.inf).softmax(-1).masked_fill(~keep, 0)
        with pytest.raises(RuntimeError, match="returned nan values"):
            weights.sum().backward()


def test_the_fast_path_of_attention_gives_nan_without_weights_too():
    attend = torch.nn.MultiheadAttention(4, 2, batch_first=True).eval()
    x, hide = torch.ones(2, 2, 4), torch.tensor([[True, True], [True, False]])

    def rows_with_nan():
        return attend(x, x, x, attn_mask=hide, need_weights=False)[0].isnan().any(-1)[0].tolist()

    assert rows_with_nan() == [False, False]
    with torch.no_grad():
        assert rows_with_nan() == [True, False]
