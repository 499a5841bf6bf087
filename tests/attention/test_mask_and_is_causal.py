import pytest
import torch
import torch.nn.functional as F

from snippets.attention.mask_and_is_causal import causal_padding_mask
from tests.awkward import Case

AWKWARD = [
    Case(causal_padding_mask, lambda f, x: f(x > 0), like=lambda x: (
        (x > 0).unsqueeze(1).expand(-1, x.shape[1], -1).tril().unsqueeze(1))),
]


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_each_sample_comes_out_as_alone(device, left, dtype):
    x = torch.randn(3, 2, 5, 8, device=device).to(dtype)
    n = torch.tensor([[5], [3], [1]], device=device)
    place = torch.arange(5, device=device)
    keep = place >= 5 - n if left else place < n
    out = F.scaled_dot_product_attention(x, x, x, attn_mask=causal_padding_mask(keep))
    for sample, one, mask in zip(out, x, keep, strict=True):
        real = one[None, :, mask]
        alone = F.scaled_dot_product_attention(real, real, real, is_causal=True)
        torch.testing.assert_close(sample[:, mask], alone[0], atol=2e-2, rtol=0)


def test_right_padding_needs_no_mask_under_a_triangle(device):
    x = torch.randn(1, 1, 5, 8, device=device)
    keep = torch.tensor([[True, True, True, False, False]], device=device)
    ours = F.scaled_dot_product_attention(x, x, x, attn_mask=causal_padding_mask(keep))
    plain = F.scaled_dot_product_attention(x, x, x, is_causal=True)
    torch.testing.assert_close(ours[:, :, :3], plain[:, :, :3])


@pytest.mark.skipif(torch.__version__ >= "2.14", reason="all calls raise")
def test_dropout_needs_the_plain_backend_on_the_cpu():
    q = torch.zeros(1, 1, 3, 8, device="cpu")
    keep = torch.ones(3, 3, dtype=torch.bool, device="cpu")
    assert F.scaled_dot_product_attention(q, q, q, keep, is_causal=True).shape == q.shape
    with pytest.raises(RuntimeError, match="Explicit attn_mask"):
        F.scaled_dot_product_attention(q, q, q, keep, dropout_p=0.1, is_causal=True)


def test_what_does_not_fit_is_refused(device):
    keep = torch.ones(2, 3, dtype=torch.bool, device=device)
    for wrong in [keep.long(), keep.float(), keep[0], keep[None]]:
        with pytest.raises(ValueError, match="must be booleans"):
            causal_padding_mask(wrong)
    assert causal_padding_mask(keep[:0]).shape == (0, 1, 3, 3)
    assert causal_padding_mask(keep[:, :0]).shape == (2, 1, 0, 0)
