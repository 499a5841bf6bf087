"""What happens to a code that is nearest to no encoding."""

import torch

from snippets.generative.vector_quantisation import quantize


def test_a_code_without_encodings_stays_where_it_is(device):
    z = torch.randn(16, 2, device=device) + 3
    far = torch.tensor([[3.0, 3.0], [99.0, 99.0]], device=device)
    codes = far.clone().requires_grad_()
    optimizer = torch.optim.Adam([codes], 0.1)
    for _ in range(3):
        _, loss, index = quantize(z, codes)
        assert index.eq(0).all()
        optimizer.zero_grad()
        loss.backward()
        assert codes.grad is not None
        assert codes.grad[1].eq(0).all()
        optimizer.step()
    assert codes[1].equal(far[1])
    assert not codes[0].equal(far[0])


def test_weight_decay_pulls_a_dead_code_to_zero(device):
    z = torch.zeros(4, 2, device=device)
    codes = torch.tensor([[0.0, 0.0], [50.0, 50.0]], device=device,
                         requires_grad=True)
    optimizer = torch.optim.AdamW([codes], 0.1, weight_decay=1.0)
    quantize(z, codes)[1].backward()
    optimizer.step()
    assert codes[1].lt(50).all()
