import itertools
import warnings

import pytest
import torch

from snippets.indexing.expand_and_write import assert_own_memory, mask_first_sample
from snippets.indexing.wrong_expand_and_write import mask_first_sample_only
from tests import populations
from tests.awkward import Case, Guard


def slowly(x):
    rows = torch.stack([x, x, x])
    return torch.cat([rows[:1, :2], x.new_zeros(1, 3), rows[1:].flatten()[None]], 1).view(3, 5)


AWKWARD = [
    Case(mask_first_sample, lambda mask, x: mask(x, 3), like=slowly, shape=(5,), batch=None),
    Guard(assert_own_memory, right=lambda guard, x: guard(x.clone().contiguous()),
          wrong=lambda guard, x: guard(x.new_zeros(1, 4).expand(len(x) + 2, 4))),
    Guard(assert_own_memory, right=lambda guard, x: guard(x.contiguous().T),
          wrong=lambda guard, x: guard(x.new_zeros(5).unfold(0, 3, 1))),
]


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_write_to_an_expanded_row_reaches_every_row_and_the_original(device, batch):
    mask = torch.ones(6, device=device)
    assert mask_first_sample_only(mask, batch).sum() == 3 * batch
    assert mask.sum() == 3


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("dtype", [torch.bool, torch.float16, torch.int64])
def test_a_clone_can_be_written_to(device, batch, dtype):
    mask = torch.ones(6, device=device, dtype=dtype)
    assert mask_first_sample(mask, batch).sum() == 6 * batch - 3
    assert mask.sum() == 6


def test_the_guard_lets_transposes_slices_and_empty_tensors_pass(device):
    x = torch.ones(4, 6, device=device)
    for view in [x, x.T, x[:, ::2], x[1:2], x[:0].expand(0, 6), x.sum()]:
        assert_own_memory(view)
    for view in [x[0].expand(2, 6), x.unsqueeze(2).expand(-1, -1, 3)]:
        with pytest.raises(AssertionError, match="stride 0"):
            assert_own_memory(view)


def test_no_sample_and_an_odd_length(device):
    mask = torch.ones(5, device=device)
    assert mask_first_sample(mask, 0).shape == (0, 5)
    assert mask_first_sample(mask, 2).tolist() == [[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]


def test_the_guard_finds_windows_that_overlap(device):
    x = torch.arange(6.0, device=device)
    assert_own_memory(x.unfold(0, 2, 2))
    with pytest.raises(AssertionError, match="overlap"):
        assert_own_memory(x.unfold(0, 3, 1))


def test_expand_takes_the_sizes_that_broadcasting_takes(device):
    x = torch.ones(2, device=device)
    assert x[:, None].expand(2, 3).shape == (2, 3)
    for old in itertools.product([1, 2, 3], repeat=2):
        for new in itertools.product([1, 2, 3], repeat=3):
            fits = all(size in (1, wanted) for size, wanted in zip(old, new[1:], strict=True))
            if fits:
                assert torch.ones(old, device=device).expand(new).shape == new
            else:
                with pytest.raises(RuntimeError, match="must match the existing size"):
                    torch.ones(old, device=device).expand(new)


@pytest.mark.parametrize("shape", list(itertools.product([0, 1, 2, 3], repeat=2)))
def test_the_guard_agrees_with_a_list_of_places(shape):
    for strides in itertools.product(range(5), repeat=2):
        x = torch.zeros(20).as_strided(shape, strides)
        places = [i * strides[0] + j * strides[1]
                  for i in range(shape[0]) for j in range(shape[1])]
        if len(set(places)) < len(places):
            with pytest.raises(AssertionError, match="before writing"):
                assert_own_memory(x)
        else:
            assert_own_memory(x)


def test_the_guard_lists_no_places_where_strides_nest(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "unique", None)
    x = torch.empty(64, 1000, 1000, device="meta")
    for view in (x, x.mT, x[:, ::3], x.permute(2, 0, 1)[5:]):
        assert_own_memory(view)


INDEX, ONE, ONES = torch.tensor([0]), torch.ones(1, 3), torch.ones(3, 3)
PARTS = torch.ones(3, 3, 3)
ARGUMENTS = {
    "addbmm_": (PARTS, PARTS), "addcdiv_": (ONES, ONES), "addcmul_": (ONES, ONES),
    "addmm_": (ONES, ONES), "addmv_": (ONES, ONES[0]), "addr_": (ONES[0], ONES[0]),
    "baddbmm_": (PARTS, PARTS), "clamp_": (1.0,), "clamp_max_": (1.0,), "clamp_min_": (1.0,),
    "clip_": (1.0,), "copy_": (ONES,), "cumprod_": (0,), "cumsum_": (0,), "fill_": (1.0,),
    "fill_diagonal_": (5.0,), "float_power_": (2,), "geometric_": (0.5,),
    "index_add_": (0, INDEX, ONE), "index_copy_": (0, INDEX, ONE), "index_fill_": (0, INDEX, 1.0),
    "index_put_": ((INDEX,), torch.ones(3)), "index_reduce_": (0, INDEX, ONE, "prod"),
    "lerp_": (ONES, 0.5), "masked_fill_": (ONES > 0, 1.0), "masked_scatter_": (ONES > 0, ONES),
    "mvlgamma_": (1,), "polygamma_": (1,), "put_": (INDEX, torch.ones(1)),
    "renorm_": (2, 0, 1.0), "scatter_": (0, INDEX[None], 1.0),
    "scatter_add_": (0, INDEX[None], ONE), "scatter_reduce_": (0, INDEX[None], ONE, "sum"),
}
SILENT = {"fill_", "zero_", "fill_diagonal_", "tril_", "triu_", "addmv_", "baddbmm_"}
WARN = {"masked_fill_", "index_fill_", "index_put_"}
CHANGE_NO_ELEMENT = {
    "as_strided_", "detach_", "rename_", "requires_grad_", "resize_", "resize_as_",
    "resize_as_sparse_", "set_", "sparse_resize_", "sparse_resize_and_clear_", "squeeze_",
    "swapaxes_", "swapdims_", "t_", "transpose_", "unsqueeze_"}


def after_a_write(name):
    """What a method says when it writes to expanded rows, of the first dtype that it takes."""
    for dtype in (torch.float64, torch.int64, torch.bool, torch.complex128):
        for given in [ARGUMENTS[name]] if name in ARGUMENTS else [(), (ONES,), (1,)]:
            x = torch.full((1, 3), 2, dtype=dtype, device="cpu").expand(3, 3)
            x = x[:, 0] if name == "addmv_" else x.expand(3, 3, 3) if name == "baddbmm_" else x
            given = tuple(each.to(dtype) if isinstance(each, torch.Tensor)
                          and each.is_floating_point() else each for each in given)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    getattr(x, name)(*given)
                except (RuntimeError, TypeError, NotImplementedError) as error:
                    if "more than one element of the written-to tensor" in str(error):
                        return "raises"
                    continue
            if any("on expanded tensors is deprecated" in str(each.message) for each in caught):
                return "warns"
            if dtype == torch.complex128 or name != "conj_physical_":  # of reals it does nothing
                return "silent"
    return "not tried"


@pytest.mark.parametrize("name", sorted(set(populations.in_place()) - CHANGE_NO_ELEMENT))
def test_what_a_write_to_expanded_rows_says(name):
    with torch.random.fork_rng():
        wanted = "silent" if name in SILENT else "warns" if name in WARN else "raises"
        assert after_a_write(name) == wanted


@pytest.mark.parametrize("write", [
    lambda x: x.apply_(lambda v: v + 1), lambda x: x.map_(torch.ones(3), lambda a, b: a + b),
    lambda x: x.map2_(torch.ones(3), torch.ones(3), lambda a, b, c: a + b + c)])
def test_a_python_function_writes_to_the_one_element_in_silence(write):
    one = torch.zeros(1, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(one.expand(3))
    assert one.item() >= 3


def test_contiguous_returns_a_batch_of_1_as_it_is(device):
    mask = torch.ones(4, device=device)
    mask.expand(1, 4).contiguous().zero_()
    assert mask.sum() == 0
    mask.expand(1, 4).clone().fill_(1)
    mask.expand(3, 4).contiguous().fill_(1)
    assert mask.sum() == 0
