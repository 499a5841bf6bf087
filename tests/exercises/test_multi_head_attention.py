import pytest
import torch
import torch.nn.functional as F

from snippets.attention.split_heads import MultiHeadAttention
from snippets.exercises import wrong_multi_head_attention
from snippets.exercises.multi_head_attention import check_multi_head_attention
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_multi_head_attention, "it makes its own tokens")]


class ByEinsum(MultiHeadAttention):
    def forward(self, x):
        B, L, _ = x.shape
        q, k, v = self.in_proj(x).view(B, L, 3, self.num_heads, self.head_dim).unbind(2)
        weights = torch.einsum("blhd,bmhd->bhlm", q, k).div(self.head_dim ** 0.5).softmax(-1)
        return self.out_proj(torch.einsum("bhlm,bmhd->blhd", weights, v).flatten(2))


class HeadAfterHead(MultiHeadAttention):
    def forward(self, x):
        q, k, v = self.in_proj(x).chunk(3, dim=-1)
        size = self.head_dim
        heads = [F.scaled_dot_product_attention(*(part[..., i:i + size] for part in (q, k, v)))
                 for i in range(0, q.shape[-1], size)]
        return self.out_proj(torch.cat(heads, dim=-1))


@pytest.mark.parametrize("right", [MultiHeadAttention, ByEinsum, HeadAfterHead])
def test_right_answers_written_in_another_way_pass(right):
    check_multi_head_attention(right)


class Unscaled(MultiHeadAttention):
    def forward(self, x):
        state = {name: value.clone() for name, value in self.state_dict().items()}
        self.in_proj.weight.data[:12] *= 2
        self.in_proj.bias.data[:12] *= 2
        out = super().forward(x)
        self.load_state_dict(state)
        return out


class HeadsFirst(MultiHeadAttention):
    """Read the rows of the projection as (h, 3, d)."""

    def forward(self, x):
        rows = torch.arange(36).view(3, 3, 4).transpose(0, 1).flatten()
        state = {name: value.clone() for name, value in self.state_dict().items()}
        self.in_proj.weight.data = self.in_proj.weight.data[rows]
        out = super().forward(x)
        self.load_state_dict(state)
        return out


class Truncated(MultiHeadAttention):
    def forward(self, x):
        return super().forward(x)[:, :, 1:]


class WithoutBias(MultiHeadAttention):
    part = "in_proj"

    def forward(self, x):
        bias = getattr(self, self.part).bias
        kept = bias.detach().clone()
        bias.data.zero_()
        out = super().forward(x)
        bias.data.copy_(kept)
        return out


class WithoutBiasAtTheEnd(WithoutBias):
    part = "out_proj"


class WithoutBiasOfQueries(MultiHeadAttention):
    def forward(self, x):
        kept = self.in_proj.bias.detach().clone()
        self.in_proj.bias.data[:12] = 0
        out = super().forward(x)
        self.in_proj.bias.data.copy_(kept)
        return out


class OverHeads(MultiHeadAttention):
    """Attend on (B, L, h, d), without the first permute."""

    def forward(self, x):
        B, L, _ = x.shape
        qkv = self.in_proj(x).reshape(B, L, 3 * self.num_heads, self.head_dim)
        return self.out_proj(F.scaled_dot_product_attention(*qkv.chunk(3, dim=2)).flatten(2))


class Causal(MultiHeadAttention):
    def forward(self, x):
        B, L, _ = x.shape
        qkv = self.in_proj(x).reshape(B, L, -1, self.head_dim).permute(0, 2, 1, 3)
        heads = F.scaled_dot_product_attention(*qkv.chunk(3, dim=1), is_causal=True)
        return self.out_proj(heads.permute(0, 2, 1, 3).flatten(2))


@pytest.mark.parametrize(("wrong", "message"), [
    (OverHeads, "attend over tokens, not over heads"),
    (Causal, "hide no token"),
    (WithoutBias, "both biases"),
    (WithoutBiasAtTheEnd, "both biases"),
    (WithoutBiasOfQueries, "bias of queries"),
    (wrong_multi_head_attention.RowsHeadByHead, "one token alone"),
    (wrong_multi_head_attention.HeadsSplitByView, "before you permute"),
    (wrong_multi_head_attention.MergeWithoutPermute, "merge is not"),
    (Unscaled, "weights differ"),
    (HeadsFirst, "lie as"),
    (Truncated, "is .2, 5, 12. here, not .2, 5, 11."),
])
def test_wrong_answers_of_the_right_shape_are_rejected(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_multi_head_attention(wrong)
